"""The deep autoencoder."""

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
class Autoencoder(TrainedAutoencoder):
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
    network : Architecture or None, default=None
        Another network than the dense one described by `hidden`, `activation` and
        `tied_weights`, such as ``Convolutional()``.
    code : Code or None, default=None
        Another code than the encoder's output itself, such as ``TopK(10)``.
    corruption : {"gaussian", "masking", "salt_and_pepper", "swap"}, Corruption or None, \
            default=None
        Noise on the encoder's input, such as ``Masking(0.25)``; the loss is against the clean
        rows. A name takes the level 0.3.
    penalty : Penalty, sequence of Penalty or None, default=None
        Added to the loss, beside what the model itself adds, such as ``L1(0.01)``.
    pretrain : {"autoencoder", "denoising", "rbm"} or None, default=None
        Let each layer learn first, on the codes of the layer below it: as an autoencoder with
        tied weights, as one that denoises (by `corruption`, or a quarter of the
        inputs masked), or as a restricted Boltzmann machine (sigmoid units).
    n_pretraining_epochs : int or None, default=None
        Passes over the data for each layer; None makes about 2,000 updates.
    likelihood : str or Likelihood, default="auto"
        What reconstructions are judged by: "squared_error", "bernoulli", "gaussian",
        "discretized_logistic" or a part such as ``Gaussian("shared")``. "auto" takes Bernoulli
        for data in [0, 1], squared error for all others.
    scaling : {"auto", "standardize", "range", "center", "none"}, default="auto"
        How columns or pixels are brought to scale; `inverse_transform` undoes it. "auto"
        divides 8- and 16-bit integer arrays by their range, leaves floats in [0, 1] alone and
        standardizes all others.
    batch_size : int, default=128
        Rows in a minibatch.
    max_epochs : int or None, default=None
        Passes over the data; None makes about 9,000 updates, in 10 to 400 epochs.
    learning_rate : float, default=0.002
        Peak of the learning rate.
    learning_rate_schedule : {"cosine", "constant"}, default="cosine"
        "cosine" rises over the first twentieth of the updates and then falls to nothing;
        "constant" keeps the rate throughout.
    weight_decay : float, default=0.0001
        Decoupled weight decay of AdamW.
    early_stopping : bool, default=True
        Stop after `patience` epochs without a better loss on the held-out rows.
    validation_fraction : float, default=0.1
        Share of the rows held out. The parameters that do best on them are kept; 0 holds out
        none and keeps the last.
    patience : int, default=30
        Epochs that early stopping waits.
    precision : {"float32", "bfloat16"}, default="float32"
        Of the numbers that go into matrix products while training; parameters stay float32.
    random_state : int, RandomState instance or None, default=None
        Fixes the held-out rows, the initial weights and the order of the rows: the same number
        on the same machine gives the same result, bit by bit.
    warm_start : bool, default=False
        Start a further `fit` from the weights of the last one.
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
        hidden: int | Sequence[int] | None = None,
        activation: str = "silu",
        tied_weights: bool = False,
        network: Architecture | None = None,
        code: Code | None = None,
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
