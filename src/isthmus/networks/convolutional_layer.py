"""One convolution and the transposed convolution back."""

from __future__ import annotations

from typing import final

import equinox as eqx
import jax

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import Disturbance, Network, undisturbed
from isthmus.networks.convolution import Pair, convolve, convolve_back
from isthmus.networks.dense import Affine


@final
class ConvolutionalLayer(Network):
    """A convolution whose decoder is its own transpose, over flattened maps.

    Parameters
    ----------
    encoder, decoder : tuple of one Affine
        The decoder's `weight` is None: it uses the encoder's, transposed.
    size, coarse_size : pair of int
        Height and width of its inputs and of its outputs.
    n_channels : int
        Channels of its inputs.
    kernel, stride : pair of int
        Along height and width.
    activation : str
        A name in `ACTIVATIONS`.

    References
    ----------
    Masci, Meier, Cireşan & Schmidhuber (2011), Stacked convolutional auto-encoders for
    hierarchical feature extraction.
    """

    encoder: tuple[Affine]
    decoder: tuple[Affine]
    size: Pair = eqx.field(static=True)
    coarse_size: Pair = eqx.field(static=True)
    n_channels: int = eqx.field(static=True)
    kernel: Pair = eqx.field(static=True)
    stride: Pair = eqx.field(static=True)
    activation: str = eqx.field(static=True)

    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        if not n_layers:
            return x
        (layer,) = self.encoder
        x = x.reshape(-1, *self.size, self.n_channels)
        x = convolve(x, layer.weight, self.kernel, self.stride) + layer.bias
        return ACTIVATIONS[self.activation](x).reshape(len(x), -1)

    def decode(self, z: jax.Array) -> jax.Array:
        weight, bias = self.encoder[0].weight.T, self.decoder[0].bias
        z = z.reshape(len(z), *self.coarse_size, -1)
        x = convolve_back(z, weight, self.kernel, self.stride, self.size) + bias
        return x.reshape(len(x), -1)
