"""Fully connected layers, the encoder mirrored by the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import equinox as eqx
import jax
import numpy as np

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import Network
from isthmus.networks.initialization import Initializer

_FUNNEL_LAYERS = 3


def funnel(hidden: int | Sequence[int] | None, n_features: int, n_components: int) -> list[int]:
    """Give the widths of the encoder's hidden layers, from the data to the code.

    One number tapers: each of three layers is half as wide as the one before and no narrower
    than the code. None starts the taper at four times the number of features, between 128 and
    1,024.

    Examples
    --------
    >>> funnel(1000, n_features=784, n_components=30)
    [1000, 500, 250]
    >>> funnel([64, 32], n_features=784, n_components=30)
    [64, 32]
    """
    if hidden is None:
        hidden = min(max(4 * n_features, 128), 1024)
    if isinstance(hidden, Sequence):
        return [int(width) for width in hidden]
    return [max(int(hidden) >> layer, n_components, 1) for layer in range(_FUNNEL_LAYERS)]


class Affine(eqx.Module):
    """``x ↦ x W + b``, with ``W`` of shape ``(inputs, outputs)``."""

    weight: Any
    bias: Any

    def __call__(self, x: jax.Array) -> jax.Array:
        return x @ self.weight + self.bias


@final
class DenseNetwork(Network):
    """Layers of `Affine` maps with one activation between them; code and output are linear.

    Parameters
    ----------
    encoder : tuple of Affine
        From the data to the code.
    decoder : tuple of Affine
        From the code to the output. With tied weights their `weight` is None, and each layer
        uses the transposed weights of its mirror image in the encoder.
    activation : str
        A name in `ACTIVATIONS`.
    """

    encoder: tuple[Affine, ...]
    decoder: tuple[Affine, ...]
    activation: str = eqx.field(static=True)

    def encode(self, x: jax.Array) -> jax.Array:
        return self._chain(self.encoder, x)

    def decode(self, z: jax.Array) -> jax.Array:
        return self._chain(self._untied_decoder(), z)

    def _chain(self, layers: Sequence[Affine], x: jax.Array) -> jax.Array:
        for layer in layers[:-1]:
            x = ACTIVATIONS[self.activation](layer(x))
        return layers[-1](x)

    def _untied_decoder(self) -> list[Affine]:
        return [
            Affine(mirror.weight.T, layer.bias) if layer.weight is None else layer
            for layer, mirror in zip(self.decoder, reversed(self.encoder), strict=True)
        ]


@final
@dataclass(frozen=True)
class Dense:
    """The design of a network of fully connected layers.

    Parameters
    ----------
    hidden : int, sequence of int or None
        Widths of the encoder's hidden layers, mirrored in the decoder; see `funnel`.
    activation : str
        A name in `ACTIVATIONS`.
    tied_weights : bool
        Let the decoder use the encoder's weights, transposed.
    """

    hidden: int | tuple[int, ...] | None = None
    activation: str = "silu"
    tied_weights: bool = False

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> DenseNetwork:
        n_features = int(np.prod(row_shape))
        widths = funnel(self.hidden, n_features, n_components)
        down = [n_features, *widths, n_code_parameters]
        up = [n_components, *reversed(widths), n_outputs]
        tied = self.tied_weights
        if tied and up != down[::-1]:
            raise ValueError(
                "tied_weights=True needs one output per feature and one number per component of "
                "the code; this likelihood or code asks for more: set tied_weights=False."
            )
        return DenseNetwork(
            self._layers(down, initialize), self._layers(up, initialize, tied), self.activation
        )

    def _layers(
        self, sizes: Sequence[int], initialize: Initializer, tied: bool = False
    ) -> tuple[Affine, ...]:
        layers = []
        for inputs, outputs in pairwise(sizes):
            before = self.activation if layers else "identity"
            weight = None if tied else initialize(inputs, outputs, before)
            layers.append(Affine(weight, np.zeros(outputs, np.float32)))
        return tuple(layers)
