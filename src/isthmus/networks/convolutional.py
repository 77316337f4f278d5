"""Convolutional layers, the encoder mirrored by the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import final

import equinox as eqx
import jax
import numpy as np

from isthmus.errors import IsthmusError
from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import (
    Architecture,
    Disturbance,
    LayeredNetwork,
    Network,
    undisturbed,
)
from isthmus.networks.convolution import Pair, convolve, convolve_back
from isthmus.networks.convolutional_layer import ConvolutionalLayer
from isthmus.networks.dense import Affine, DenseNetwork, funnel, unroll
from isthmus.networks.initialization import Initializer

_STRIDE = 2


@final
class ConvolutionalNetwork(LayeredNetwork):
    """Strided convolutions, then dense layers, to the code; the same backwards from it.

    Parameters
    ----------
    encoder : tuple of Affine
        One for each convolution, then the dense layers.
    decoder : tuple of Affine
        The dense layers, then one for each transposed convolution.
    sizes : tuple of (height, width)
        Of the image and of what each convolution leaves of it.
    channels : tuple of int
        Of the image and of what each convolution gives.
    kernel, stride : pair of int
        Along height and width.
    activation, code_activation : str
        Names in `ACTIVATIONS`.
    """

    encoder: tuple[Affine, ...]
    decoder: tuple[Affine, ...]
    sizes: tuple[Pair, ...] = eqx.field(static=True)
    channels: tuple[int, ...] = eqx.field(static=True)
    kernel: Pair = eqx.field(static=True)
    stride: Pair = eqx.field(static=True)
    activation: str = eqx.field(static=True)
    code_activation: str = eqx.field(static=True, default="identity")

    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        n_convolutions = len(self.sizes) - 1
        *hidden, code = self.encoder
        x = x.reshape(-1, *self.sizes[0], self.channels[0])
        for i, layer in enumerate(hidden[:n_layers]):
            if i < n_convolutions:
                x = convolve(x, layer.weight, self.kernel, self.stride) + layer.bias
            else:
                x = layer(x.reshape(len(x), -1))
            x = disturb(i, self._activate(x))
        x = x.reshape(len(x), -1)
        return x if n_layers < self.n_layers else ACTIVATIONS[self.code_activation](code(x))

    def decode(self, z: jax.Array) -> jax.Array:
        n_convolutions = len(self.sizes) - 1
        x = z
        for layer in self.decoder[:-n_convolutions]:
            x = self._activate(layer(x))
        x = x.reshape(-1, *self.sizes[-1], self.channels[-1])
        for i, layer in enumerate(self.decoder[-n_convolutions:]):
            x = self._activate(x) if i else x
            size = self.sizes[-2 - i]
            x = convolve_back(x, layer.weight, self.kernel, self.stride, size) + layer.bias
        # All features' first parameters come first, then their second ones.
        x = x.reshape(*x.shape[:3], -1, self.channels[0]).transpose(0, 3, 1, 2, 4)
        return x.reshape(len(x), -1)

    @property
    def hidden_activation(self) -> str:
        return self.activation

    def single_layers(self) -> tuple[Network, ...]:
        n_convolutions, last = len(self.sizes) - 1, len(self.encoder) - 1
        layers: list[Network] = []
        for i, (layer, mirror) in enumerate(zip(self.encoder, reversed(self.decoder), strict=True)):
            decoder = (Affine(None, mirror.bias),)
            if i < n_convolutions:
                sizes = self.sizes[i], self.sizes[i + 1]
                shape = (*sizes, self.channels[i], self.kernel, self.stride, self.activation)
                layers.append(ConvolutionalLayer((layer,), decoder, *shape))
            else:
                activation = self.activation if i < last else self.code_activation
                layers.append(DenseNetwork((layer,), decoder, self.activation, activation))
        return tuple(layers)

    def unrolled(self, layers: Sequence[Network]) -> ConvolutionalNetwork:
        encoder, decoder = unroll(layers, self.decoder)
        return replace(self, encoder=encoder, decoder=decoder)

    def _activate(self, x: jax.Array) -> jax.Array:
        return ACTIVATIONS[self.activation](x)


@final
@dataclass(frozen=True)
class Convolutional(Architecture):
    """The design of a convolutional network for images and signals of any size.

    Parameters
    ----------
    channels : tuple of int
        Channels that each convolution gives; each halves the sides of its input. Mirrored in
        the decoder.
    kernel_size : int
        Side of the kernels.
    hidden : int, tuple of int or None
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

    channels: tuple[int, ...] = (32, 64)
    kernel_size: int = 3
    hidden: int | tuple[int, ...] | None = ()
    activation: str = "silu"
    code_activation: str = "identity"
    signal: bool = False

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> ConvolutionalNetwork:
        if not self.channels:
            raise IsthmusError("channels=() leaves no convolution: give one number or more.")
        size, n_channels, is_signal = self._read_shape(row_shape)
        kernel = (self.kernel_size, 1 if is_signal else self.kernel_size)
        stride = (_STRIDE, 1 if is_signal else _STRIDE)
        sizes = [size]
        for _ in self.channels:
            sizes.append((-(-sizes[-1][0] // stride[0]), -(-sizes[-1][1] // stride[1])))
        per_feature, rest = divmod(n_outputs, int(np.prod(row_shape)))
        if rest:
            raise ValueError(
                f"a convolutional network gives as many numbers for every feature, not {n_outputs} "
                f"for {int(np.prod(row_shape))}: choose another likelihood."
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
