"""The contractive autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import NOT_NEGATIVE, POSITIVE, DenseParameters
from isthmus.fitting.pretrained import PretrainedAutoencoder
from isthmus.networks import ACTIVATIONS, Architecture, Dense
from isthmus.objectives import Contractive, Objective


@final
@estimator
class ContractiveAutoencoder(DenseParameters, PretrainedAutoencoder):
    """Contractive autoencoder: a code that moves little when the input does.

    Adds ``strength · ‖J‖²`` to the loss, the squared Frobenius norm of the encoder's Jacobian:
    exactly for an encoder of one layer, by an unbiased estimate for deeper ones.

    Parameters
    ----------
    n_components : int
        Size of the code.
    strength : float
        Weight of the penalty in the mean loss per row.
    code_activation : str
        Nonlinearity of the code.

    References
    ----------
    Rifai, Vincent, Muller, Glorot & Bengio (2011), Contractive auto-encoders: explicit
    invariance during feature extraction.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import ContractiveAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> ContractiveAutoencoder(64, max_epochs=5, random_state=0).fit_transform(X).shape
    (500, 64)
    """

    n_components: int = parameter(POSITIVE, default=32, kw_only=False)
    strength: float = parameter(NOT_NEGATIVE, default=0.1)
    hidden: int | Sequence[int] | None = parameter(POSITIVE, list, tuple, None, default=())
    activation: str = parameter(Named(*ACTIVATIONS), default="sigmoid")
    code_activation: str = parameter(Named(*ACTIVATIONS), default="sigmoid")

    def default_architecture(self) -> Architecture:
        return Dense(self.hidden, self.activation, code_activation=self.code_activation)

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        return Objective(penalties=(Contractive(self.strength),))
