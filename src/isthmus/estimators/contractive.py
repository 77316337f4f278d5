"""The contractive autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np
from sklearn.utils._param_validation import StrOptions

from isthmus.fitting.trained import (
    DENSE_CONSTRAINTS,
    NOT_NEGATIVE,
    PRETRAINING_CONSTRAINTS,
    SHARED_CONSTRAINTS,
    TrainedAutoencoder,
    checked_widths,
)
from isthmus.models import Likelihood
from isthmus.networks import ACTIVATIONS, Architecture, Dense
from isthmus.objectives import Contractive, Corruption, Objective, Penalty


@final
class ContractiveAutoencoder(TrainedAutoencoder):
    """Contractive autoencoder: a code that moves little when the input does.

    Adds ``strength · ‖J‖²`` to the loss, the squared Frobenius norm of the encoder's Jacobian:
    exactly for an encoder of one layer, by an unbiased estimate for deeper ones.

    Parameters
    ----------
    n_components : int, default=32
        Size of the code.
    strength : float, default=0.1
        Weight of the penalty in the mean loss per row.
    hidden : int, sequence of int or None, default=()
        Widths of the hidden layers, as in `Autoencoder`; none by default.
    activation : str, default="sigmoid"
        Nonlinearity between layers.
    code_activation : str, default="sigmoid"
        Nonlinearity of the code.
    network : Architecture or None, default=None
        Another network, such as ``Convolutional()``.
    pretrain : {"autoencoder", "denoising", "rbm"} or None, default=None
        Let each layer learn first, on the codes of the layer below it: as an autoencoder with
        tied weights, as one that denoises (by `corruption`, or a quarter of the inputs
        masked), or as a restricted Boltzmann machine.
    n_pretraining_epochs : int or None, default=None
        Passes over the data for each layer; None makes about 2,000 updates.
    corruption, penalty, likelihood, scaling, batch_size, max_epochs, learning_rate, \
    learning_rate_schedule, weight_decay, early_stopping, validation_fraction, patience, \
    precision, random_state, warm_start, verbose
        As in `Autoencoder`.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SHARED_CONSTRAINTS,
        **PRETRAINING_CONSTRAINTS,
        **DENSE_CONSTRAINTS,
        "code_activation": [StrOptions(set(ACTIVATIONS))],
        "strength": [NOT_NEGATIVE],
    }

    def __init__(
        self,
        n_components: int = 32,
        *,
        strength: float = 0.1,
        hidden: int | Sequence[int] | None = (),
        activation: str = "sigmoid",
        code_activation: str = "sigmoid",
        network: Architecture | None = None,
        corruption: str | Corruption | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        pretrain: str | None = None,
        n_pretraining_epochs: int | None = None,
        likelihood: str | Likelihood = "auto",
        scaling: str = "auto",
        batch_size: int = 128,
        max_epochs: int | None = None,
        learning_rate: float = 2e-3,
        learning_rate_schedule: str = "cosine",
        weight_decay: float = 1e-4,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        patience: int = 30,
        precision: str = "float32",
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: bool | None = None,
    ) -> None:
        self.n_components = n_components
        self.strength = strength
        self.hidden = hidden
        self.activation = activation
        self.code_activation = code_activation
        self.network = network
        self.corruption = corruption
        self.penalty = penalty
        self.pretrain = pretrain
        self.n_pretraining_epochs = n_pretraining_epochs
        self.likelihood = likelihood
        self.scaling = scaling
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.precision = precision
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

    def _default_architecture(self) -> Architecture:
        widths = checked_widths(self.hidden)
        return Dense(widths, self.activation, code_activation=self.code_activation)

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        return Objective(penalties=(Contractive(self.strength),))
