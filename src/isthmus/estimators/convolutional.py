"""The convolutional autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np
from sklearn.utils._param_validation import StrOptions

from isthmus.fitting.trained import (
    POSITIVE,
    PRETRAINING_CONSTRAINTS,
    SHARED_CONSTRAINTS,
    TrainedAutoencoder,
    checked_sequence,
    checked_widths,
)
from isthmus.models import Code, Deterministic, Likelihood
from isthmus.networks import ACTIVATIONS, Architecture, Convolutional
from isthmus.objectives import Corruption, Penalty


@final
class ConvolutionalAutoencoder(TrainedAutoencoder):
    """Convolutional autoencoder, for images and signals.

    Strided convolutions lead to the code, transposed convolutions back; any height and width
    comes back exactly.

    Parameters
    ----------
    n_components : int, default=32
        Size of the code.
    channels : sequence of int, default=(32, 64)
        Channels of the encoder's convolutions, each with stride 2; mirrored in the decoder.
    kernel_size : int, default=3
        Side of the convolutions' kernels, in pixels.
    hidden : int, sequence of int or None, default=()
        Widths of dense layers between the last convolution and the code.
    activation : str, default="silu"
        Nonlinearity between layers, as in `Autoencoder`.
    code : Code or None, default=None
        Another code than the encoder's output itself, such as ``TopK(10)``.
    network : Architecture or None, default=None
        Another network than `channels`, `kernel_size` and `hidden` describe, such as
        ``Convolutional(signal=True)`` for signals of several channels.
    pretrain : {"autoencoder", "denoising"} or None, default=None
        Let each layer learn first, on the codes of the layer below it: as an autoencoder with
        tied weights, or as one that denoises (by `corruption`, or a quarter of the
        inputs masked).
    n_pretraining_epochs : int or None, default=None
        Passes over the data for each layer; None makes about 2,000 updates.
    corruption, penalty, likelihood, scaling, batch_size, max_epochs, learning_rate, \
    learning_rate_schedule, weight_decay, early_stopping, validation_fraction, patience, \
    precision, random_state, warm_start, verbose
        As in `Autoencoder`.

    Notes
    -----
    X has shape ``(n_samples, height, width)``, ``(n_samples, height, width, channels)`` or
    ``(n_samples, length)``; the last is taken for signals of one channel.

    References
    ----------
    Masci, Meier, Cireşan & Schmidhuber (2011), Stacked convolutional auto-encoders for
    hierarchical feature extraction.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import ConvolutionalAutoencoder
    >>> X = load_digits().images[:500] / 16
    >>> model = ConvolutionalAutoencoder(8, channels=(8,), max_epochs=2, random_state=0).fit(X)
    >>> model.reconstruct(X[:3]).shape
    (3, 8, 8)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SHARED_CONSTRAINTS,
        **PRETRAINING_CONSTRAINTS,
        "channels": [list, tuple],
        "kernel_size": [POSITIVE],
        "hidden": [POSITIVE, list, tuple, None],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "code": [Code, None],
    }

    def __init__(
        self,
        n_components: int = 32,
        *,
        channels: Sequence[int] = (32, 64),
        kernel_size: int = 3,
        hidden: int | Sequence[int] | None = (),
        activation: str = "silu",
        code: Code | None = None,
        corruption: str | Corruption | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        network: Architecture | None = None,
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
        self.channels = channels
        self.kernel_size = kernel_size
        self.hidden = hidden
        self.activation = activation
        self.code = code
        self.corruption = corruption
        self.penalty = penalty
        self.network = network
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
        return Convolutional(
            checked_sequence(self.channels, "channels"),
            self.kernel_size,
            checked_widths(self.hidden),
            self.activation,
        )

    def _code(self) -> Code:
        return Deterministic() if self.code is None else self.code
