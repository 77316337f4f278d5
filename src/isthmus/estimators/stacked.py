"""The stacked autoencoder."""

from __future__ import annotations

from typing import final

from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import POSITIVE, CodeParameters, MirroredParameters
from isthmus.fitting.pretrained import PretrainedAutoencoder
from isthmus.training import PRETRAININGS


@final
@estimator
class StackedAutoencoder(CodeParameters, MirroredParameters, PretrainedAutoencoder):
    """Stacked autoencoder: layers learn one after the other, then all together.

    An `Autoencoder` whose weights start where greedy pretraining leads.

    Parameters
    ----------
    n_components : int
        Size of the code.

    Attributes
    ----------
    history_ : dict of str to list of float
        "loss", "validation_loss" and "seconds" of the whole, one entry per epoch; the same of
        each layer as "layer_1_loss" and so on.

    Notes
    -----
    Other attributes are those of `Autoencoder`. The codes of one layer for all rows are held in
    memory while the next one learns.

    References
    ----------
    Hinton & Salakhutdinov (2006), Reducing the dimensionality of data with neural networks;
    Bengio, Lamblin, Popovici & Larochelle (2007), Greedy layer-wise training of deep networks;
    Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked denoising autoencoders.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import StackedAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> model = StackedAutoencoder(
    ...     4, hidden=[32], n_pretraining_epochs=2, max_epochs=2, random_state=0
    ... )
    >>> model.fit_transform(X).shape
    (500, 4)
    >>> len(model.history_["layer_2_loss"])
    2
    """

    n_components: int = parameter(POSITIVE, default=2, kw_only=False)
    pretrain: str | None = parameter(Named(*PRETRAININGS), None, default="autoencoder")
