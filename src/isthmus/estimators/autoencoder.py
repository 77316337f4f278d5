"""The deep autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from isthmus.errors import IsthmusError
from isthmus.estimators.base import BaseAutoencoder
from isthmus.estimators.fitting import default_epochs, train_one_pass, train_whole
from isthmus.io import Dataset
from isthmus.networks import ACTIVATIONS, Architecture, Dense, glorot_uniform
from isthmus.objectives import LIKELIHOODS, Bernoulli, Likelihood, Objective, SquaredError
from isthmus.prepare import SCALINGS, Preparation
from isthmus.training import Settings


class Autoencoder(BaseAutoencoder):
    """Deep autoencoder: a nonlinear encoder to a small code, and a decoder back.

    Parameters
    ----------
    n_components : int, default=2
        Size of the code.
    hidden : int, sequence of int or None, default=None
        Widths of the encoder's hidden layers from the data to the code, mirrored in the
        decoder. One number tapers: that wide, half as wide, a quarter as wide. None tapers
        from four times the number of features, between 128 and 1,024.
    activation : str, default="silu"
        Nonlinearity between layers: "elu", "gelu", "identity", "relu", "selu", "sigmoid",
        "silu", "softplus" or "tanh".
    tied_weights : bool, default=False
        Let the decoder use the encoder's weights, transposed.
    likelihood : {"auto", "squared_error", "bernoulli"} or Likelihood, default="auto"
        What reconstructions are judged by. "auto" takes Bernoulli for data in [0, 1], squared
        error for all others.
    scaling : {"auto", "standardize", "range", "center", "none"}, default="auto"
        How columns or pixels are brought to scale; `inverse_transform` undoes it. "auto"
        divides 8- and 16-bit integer arrays by their range, leaves floats in [0, 1] alone and
        standardizes all others.
    batch_size : int, default=128
        Rows in a minibatch.
    max_epochs : int or None, default=None
        Passes over the data; None makes about 6,000 updates, in 10 to 400 epochs.
    learning_rate : float, default=0.002
        Peak of the learning rate, which rises over the first twentieth of the updates and then
        falls to nothing along a cosine.
    weight_decay : float, default=0.0001
        Decoupled weight decay of AdamW.
    early_stopping : bool, default=True
        Stop after `patience` epochs without a better loss on the held-out rows.
    validation_fraction : float, default=0.1
        Share of the rows held out. The parameters that do best on them are kept; 0 holds out
        none and keeps the last.
    patience : int, default=30
        Epochs that early stopping waits.
    random_state : int, RandomState instance or None, default=None
        Fixes the held-out rows, the initial weights and the order of the rows: the same number
        on the same machine gives the same result, bit by bit.
    verbose : bool or None, default=None
        Show a progress bar; None shows it on a terminal only.

    Attributes
    ----------
    n_components_ : int
        Size of the code.
    history_ : dict of str to list of float
        "loss", "validation_loss" and "seconds", one entry per epoch.
    best_epoch_ : int
        The epoch whose parameters were kept, counted from 1.
    validation_rows_ : ndarray of int
        Positions of the held-out rows in X.
    preparation_ : Preparation
        The change of scale.
    model_ : Model
        Network, code and likelihood, an Equinox module.
    n_features_in_ : int
        Numbers in one row of X.
    feature_names_in_ : ndarray of str
        Column names of X, where it has any.

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

    _saved: ClassVar[tuple[str, ...]] = ("best_epoch_", "interrupted_")
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "hidden": [Interval(Integral, 1, None, closed="left"), list, tuple, None],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "tied_weights": ["boolean"],
        "likelihood": [StrOptions({"auto", *LIKELIHOODS}), Likelihood],
        "scaling": [StrOptions(set(SCALINGS))],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": ["boolean", None],
    }

    def __init__(
        self,
        n_components: int = 2,
        *,
        hidden: int | Sequence[int] | None = None,
        activation: str = "silu",
        tied_weights: bool = False,
        likelihood: str | Likelihood = "auto",
        scaling: str = "auto",
        batch_size: int = 128,
        max_epochs: int | None = None,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-4,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        patience: int = 30,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | None = None,
    ) -> None:
        self.n_components = n_components
        self.hidden = hidden
        self.activation = activation
        self.tied_weights = tied_weights
        self.likelihood = likelihood
        self.scaling = scaling
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn to encode and decode.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Rows of numbers; arrays may have more than two axes, ``(n_samples, *row_shape)``.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        DataError
            X holds something else than finite numbers.
        """
        self._validate_params()
        dataset = self._open(X, reset=True)
        seed = self._seed()
        matrix = self._prepare(dataset, seed)
        self.validation_rows_ = _hold_out(len(matrix), self.validation_fraction, seed)
        n_training_rows = len(matrix) - len(self.validation_rows_)
        settings = self._settings(n_training_rows, seed)
        training = train_whole(self, matrix, Objective(), settings, self.validation_rows_)
        self.best_epoch_, self.interrupted_ = training.best_epoch, training.interrupted
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from these rows in one pass, going on from what was learned before.

        The first call fixes scale, likelihood and network; the learning rate stays at its
        peak, and no rows are held out.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Some more rows.
        y : ignored

        Returns
        -------
        self
        """
        self._validate_params()
        first = not hasattr(self, "model_")
        dataset = self._open(X, reset=first)
        if first:
            self._start_passes()
            matrix = self._prepare(dataset, self._training_seed)
        else:
            matrix = self.preparation_.matrix(dataset)
        train_one_pass(self, matrix, Objective(), self.weight_decay)
        return self

    def _prepare(self, dataset: Dataset, seed: int) -> np.ndarray:
        self.preparation_ = Preparation.fit(dataset, self.scaling)
        self.n_components_ = int(self.n_components)
        initialize = glorot_uniform(np.random.default_rng(seed))
        row_shape = self.preparation_.schema.row_shape
        self.model_ = self._build(row_shape, self._choose_likelihood(), initialize)
        return self.preparation_.matrix(dataset)

    def _architecture(self) -> Architecture:
        hidden = self.hidden
        if isinstance(hidden, Sequence):
            hidden = tuple(hidden)
            if not all(isinstance(width, Integral) and int(width) >= 1 for width in hidden):
                raise IsthmusError(
                    f"hidden={list(hidden)!r} holds something else than positive whole numbers: "
                    "give the width of each hidden layer, such as [256, 64]."
                )
        return Dense(hidden, self.activation, self.tied_weights)

    def _choose_likelihood(self) -> Likelihood:
        support = self.preparation_.support
        if isinstance(self.likelihood, Likelihood):
            likelihood = self.likelihood
        elif self.likelihood == "auto":
            likelihood = SquaredError() if support == "real" else Bernoulli()
        else:
            likelihood = LIKELIHOODS[self.likelihood]()
        if support not in likelihood.supports:
            raise IsthmusError(
                f"likelihood={self.likelihood!r} needs values in [0, 1], but with "
                f"scaling={self.preparation_.scaling!r} X has others: "
                "use likelihood='squared_error', or bring X into [0, 1] first."
            )
        return likelihood

    def _settings(self, n_training_rows: int, seed: int) -> Settings:
        n_epochs = self.max_epochs
        if n_epochs is None:
            n_epochs = default_epochs(n_training_rows, self.batch_size, 6_000, 10, 400)
        return Settings(
            n_epochs,
            self.learning_rate,
            self.weight_decay,
            patience=self.patience if self.early_stopping else None,
            seed=seed,
        )


def _hold_out(n_rows: int, fraction: float, seed: int) -> np.ndarray:
    """Draw the positions of the held-out rows, in order."""
    n_held_out = min(round(n_rows * fraction), n_rows - 1)
    return np.sort(np.random.default_rng(seed).permutation(n_rows)[:n_held_out])
