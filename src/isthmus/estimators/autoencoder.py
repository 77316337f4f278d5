"""The deep autoencoder."""

from __future__ import annotations

from typing import final

from isthmus.fitting.declaration import estimator, parameter
from isthmus.fitting.parameters import POSITIVE, DenseParameters
from isthmus.fitting.pretrained import PretrainedAutoencoder
from isthmus.models import Code, Deterministic
from isthmus.networks import Architecture, Dense


@final
@estimator
class Autoencoder(DenseParameters, PretrainedAutoencoder):
    """Deep autoencoder: a nonlinear encoder to a small code, and a decoder back.

    Parameters
    ----------
    n_components : int
        Size of the code.
    tied_weights : bool
        Let the decoder use the encoder's weights, transposed.
    code : Code or None
        Another code than the encoder's output itself, such as ``TopK(10)``.

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
    tied_weights: bool = parameter("boolean", default=False)
    code: Code | None = parameter(Code, None, default=None)

    def default_architecture(self) -> Architecture:
        return Dense(self.hidden, self.activation, self.tied_weights)

    def _code(self) -> Code:
        return Deterministic() if self.code is None else self.code
