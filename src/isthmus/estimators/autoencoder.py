"""The deep autoencoder."""

from __future__ import annotations

from typing import final

from isthmus.fitting.declaration import estimator, parameter
from isthmus.fitting.parameters import POSITIVE, CodeParameters, MirroredParameters
from isthmus.fitting.pretrained import PretrainedAutoencoder


@final
@estimator
class Autoencoder(CodeParameters, MirroredParameters, PretrainedAutoencoder):
    """Deep autoencoder: a nonlinear encoder to a small code, and a decoder back.

    Parameters
    ----------
    n_components : int
        Size of the code.

    References
    ----------
    Hinton & Salakhutdinov (2006), Reducing the dimensionality of data with neural networks.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import Autoencoder
    >>> X = load_iris().data
    >>> autoencoder = Autoencoder(n_components=2, hidden=[16], max_epochs=20, random_state=0)
    >>> codes = autoencoder.fit_transform(X)
    >>> codes.shape, autoencoder.inverse_transform(codes).shape
    ((150, 2), (150, 4))
    """

    n_components: int = parameter(POSITIVE, default=2, kw_only=False)
