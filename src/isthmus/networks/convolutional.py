"""Convolutional layers, the encoder mirrored by the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import final

import equinox as eqx
import jax

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import (
    Disturbance,
    LayeredNetwork,
    Network,
    undisturbed,
)
from isthmus.networks.convolution import Pair, convolve, convolve_back
from isthmus.networks.convolutional_layer import ConvolutionalLayer
from isthmus.networks.dense import Affine, DenseNetwork, unroll


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
