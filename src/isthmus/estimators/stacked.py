"""The stacked autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np

from isthmus.fitting.trained import (
    DENSE_CONSTRAINTS,
    PRETRAINING_CONSTRAINTS,
    SHARED_CONSTRAINTS,
    TrainedAutoencoder,
    checked_widths,
)
from isthmus.models import Code, Deterministic, Likelihood
from isthmus.networks import Architecture, Dense
from isthmus.objectives import Corruption, Penalty


@final
class StackedAutoencoder(TrainedAutoencoder):
    """Stacked autoencoder: layers learn one after the other, then all together.

    An `Autoencoder` whose weights start where greedy pretraining leads.

    Parameters
    ----------
    n_components : int, default=2
        Size of the code.
    pretrain : {"autoencoder", "denoising", "rbm"} or None, default="autoencoder"
        What each layer is while it learns on the codes of the layer below it: an autoencoder
        with tied weights, one that denoises (by `corruption`, or a quarter of the inputs
        masked), or a restricted Boltzmann machine (sigmoid units).
    n_pretraining_epochs : int or None, default=None
        Passes over the data for each layer; None makes about 2,000 updates.
    hidden, activation, tied_weights, network, code, corruption, penalty, likelihood, scaling, \
    batch_size, max_epochs, learning_rate, learning_rate_schedule, weight_decay, early_stopping, \
    validation_fraction, patience, precision, random_state, warm_start, verbose
        As in `Autoencoder`; code and penalty matter to the whole only.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SHARED_CONSTRAINTS,
        **PRETRAINING_CONSTRAINTS,
        **DENSE_CONSTRAINTS,
        "tied_weights": ["boolean"],
        "code": [Code, None],
    }

    def __init__(
        self,
        n_components: int = 2,
        *,
        pretrain: str | None = "autoencoder",
        n_pretraining_epochs: int | None = None,
        hidden: int | Sequence[int] | None = None,
        activation: str = "silu",
        tied_weights: bool = False,
        network: Architecture | None = None,
        code: Code | None = None,
        corruption: str | Corruption | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
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
        self.hidden = hidden
        self.activation = activation
        self.tied_weights = tied_weights
        self.network = network
        self.code = code
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
        return Dense(checked_widths(self.hidden), self.activation, self.tied_weights)

    def _code(self) -> Code:
        return Deterministic() if self.code is None else self.code
