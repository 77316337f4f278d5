"""Convolutional layers, the encoder mirrored by the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import final

import numpy as np

from isthmus.checks import check_choice, check_flag, check_number, check_whole_numbers
from isthmus.errors import IsthmusError
from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.architectures.base import Architecture
from isthmus.networks.architectures.hidden import check_hidden, funnel
from isthmus.networks.convolution import Pair
from isthmus.networks.convolutional import ConvolutionalNetwork
from isthmus.networks.dense import Affine
from isthmus.networks.initialization import Initializer

_STRIDE = 2


@final
@dataclass(frozen=True)
class Convolutional(Architecture):
    """The design of a convolutional network for images and signals of any size.

    Parameters
    ----------
    channels : sequence of int
        Channels that each convolution gives; each halves the sides of its input. Mirrored in
        the decoder.
    kernel_size : int
        Side of the kernels.
    hidden : int, sequence of int or None
        Widths of the dense layers between the last convolution and the code; see `funnel`.
    activation, code_activation : str
        Names in `ACTIVATIONS`, between layers and for the code.
    signal : bool
        Take rows of shape ``(length, channels)`` for signals, not for pictures. Rows of shape
        ``(length,)`` always are.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document
    recognition, for the convolutions; Masci, Meier, Cireşan & Schmidhuber (2011), Stacked
    convolutional auto-encoders for hierarchical feature extraction; Dumoulin & Visin (2016), A
    guide to convolution arithmetic for deep learning, for the decoder's transposed convolutions.
    """

    channels: Sequence[int] = (32, 64)
    kernel_size: int = 3
    hidden: int | Sequence[int] | None = ()
    activation: str = "silu"
    code_activation: str = "identity"
    signal: bool = False

    def __post_init__(self) -> None:
        check_whole_numbers(self, "channels")
        if not self.channels:
            raise IsthmusError("channels=() leaves no convolution: give one number or more.")
        check_number(self, "kernel_size", least=1, whole=True)
        check_hidden(self)
        check_choice(self, "activation", ACTIVATIONS)
        check_choice(self, "code_activation", ACTIVATIONS)
        check_flag(self, "signal")

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> ConvolutionalNetwork:
        size, n_channels, is_signal = self._read_shape(row_shape)
        kernel = (self.kernel_size, 1 if is_signal else self.kernel_size)
        stride = (_STRIDE, 1 if is_signal else _STRIDE)
        sizes = [size]
        for _ in self.channels:
            sizes.append((-(-sizes[-1][0] // stride[0]), -(-sizes[-1][1] // stride[1])))
        per_feature, rest = divmod(n_outputs, prod(row_shape))
        if rest:
            raise ValueError(
                f"a convolutional network gives as many numbers for every feature, not {n_outputs} "
                f"for {prod(row_shape)}: choose another likelihood."
            )
        channels = (n_channels, *self.channels)
        area = kernel[0] * kernel[1]
        flat = sizes[-1][0] * sizes[-1][1] * channels[-1]
        widths = funnel(self.hidden, flat, n_components)
        down = [(area * a, b, b) for a, b in pairwise(channels)]
        down += [(a, b, b) for a, b in pairwise([flat, *widths, n_code_parameters])]
        finest = [per_feature * n_channels, *self.channels[:-1]]
        up = [(a, b, b) for a, b in pairwise([n_components, *reversed(widths), flat])]
        up += [
            (a, area * b, b) for a, b in zip(reversed(self.channels), reversed(finest), strict=True)
        ]
        return ConvolutionalNetwork(
            self._layers(down, initialize),
            self._layers(up, initialize),
            tuple(sizes),
            channels,
            kernel,
            stride,
            self.activation,
            self.code_activation,
        )

    def _read_shape(self, row_shape: tuple[int, ...]) -> tuple[Pair, int, bool]:
        """Give height and width, channels, and whether the rows are signals."""
        if len(row_shape) == 1:
            return (row_shape[0], 1), 1, True
        if len(row_shape) == 2:
            is_signal = self.signal
            return ((row_shape[0], 1), row_shape[1], True) if is_signal else (row_shape, 1, False)
        if len(row_shape) == 3 and not self.signal:
            return row_shape[:2], row_shape[2], False
        raise IsthmusError(
            f"rows of shape {row_shape} are neither pictures (height, width) or (height, width, "
            "channels) nor signals (length,) or, with signal=True, (length, channels): "
            "bring X into one of these shapes."
        )

    def _layers(
        self, sizes: Sequence[tuple[int, int, int]], initialize: Initializer
    ) -> tuple[Affine, ...]:
        befores = ["identity"] + [self.activation] * (len(sizes) - 1)
        return tuple(
            Affine(initialize(inputs, outputs, before), np.zeros(n_biases, np.float32))
            for (inputs, outputs, n_biases), before in zip(sizes, befores, strict=True)
        )
