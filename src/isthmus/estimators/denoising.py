"""The denoising autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar, final

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from isthmus.fitting.trained import (
    DENSE_CONSTRAINTS,
    PRETRAINING_CONSTRAINTS,
    SHARED_CONSTRAINTS,
    TrainedAutoencoder,
    checked_widths,
)
from isthmus.models import Likelihood
from isthmus.networks import Architecture, Dense
from isthmus.objectives import CORRUPTIONS, Corruption, Penalty


@final
class DenoisingAutoencoder(TrainedAutoencoder):
    """Denoising autoencoder: rebuilds clean rows from corrupted ones.

    The noise is drawn anew for every batch; the loss is against the clean rows.

    Parameters
    ----------
    n_components : int, default=32
        Size of the code.
    corruption : {"gaussian", "masking", "salt_and_pepper", "swap"} or Corruption, \
            default="gaussian"
        The kind of noise: added; values set to 0; values set to 0 or 1 (data in [0, 1] only);
        values replaced by another row's, for tables.
    level : float, default=0.3
        The noise's standard deviation in the prepared scale, or the share of values that it
        hits, where `corruption` is a name.
    hidden : int, sequence of int or None, default=None
        Widths of the hidden layers, as in `Autoencoder`.
    activation : str, default="silu"
        Nonlinearity between layers, as in `Autoencoder`.
    network : Architecture or None, default=None
        Another network, such as ``Convolutional()``.
    pretrain : {"autoencoder", "denoising", "rbm"} or None, default=None
        Let each layer learn first, on the codes of the layer below it: as an autoencoder with
        tied weights, as one that denoises, or as a restricted Boltzmann machine
        (sigmoid units).
    n_pretraining_epochs : int or None, default=None
        Passes over the data for each layer; None makes about 2,000 updates.
    penalty, likelihood, scaling, batch_size, max_epochs, learning_rate, \
    learning_rate_schedule, weight_decay, early_stopping, validation_fraction, patience, \
    precision, random_state, warm_start, verbose
        As in `Autoencoder`.

    References
    ----------
    Vincent, Larochelle, Bengio & Manzagol (2008), Extracting and composing robust features with
    denoising autoencoders; Vincent et al. (2010), Stacked denoising autoencoders.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import DenoisingAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> model = DenoisingAutoencoder(level=0.2, hidden=[32], max_epochs=5, random_state=0).fit(X)
    >>> model.denoise(X[:3]).shape
    (3, 64)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SHARED_CONSTRAINTS,
        **PRETRAINING_CONSTRAINTS,
        **DENSE_CONSTRAINTS,
        "corruption": [StrOptions(set(CORRUPTIONS)), Corruption],
        "level": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_components: int = 32,
        *,
        corruption: str | Corruption = "gaussian",
        level: float = 0.3,
        hidden: int | Sequence[int] | None = None,
        activation: str = "silu",
        network: Architecture | None = None,
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
        self.corruption = corruption
        self.level = level
        self.hidden = hidden
        self.activation = activation
        self.network = network
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

    def denoise(self, X: Any) -> Any:
        """Rebuild rows without their noise.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Noisy rows.

        Returns
        -------
        rows : array or frame
            Like X, in the scale, shape and dtypes of the data that the estimator was fitted on.
        """
        return self.reconstruct(X)

    def _default_architecture(self) -> Architecture:
        return Dense(checked_widths(self.hidden), self.activation)
