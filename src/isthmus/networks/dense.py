"""Fully connected layers, the encoder mirrored by the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus.errors import IsthmusError
from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import (
    Disturbance,
    LayeredNetwork,
    Network,
    undisturbed,
)
from isthmus.networks.initialization import Initializer
from isthmus.networks.precision import product


class Affine(eqx.Module):
    """``x ↦ x W + b``, with ``W`` of shape ``(inputs, outputs)``."""

    weight: Any
    bias: Any

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.without_bias(x) + self.bias

    def without_bias(self, x: jax.Array) -> jax.Array:
        """Give ``x W``."""
        return product(x, self.weight)


def affine_layers(
    widths: Sequence[int], activation: str, initialize: Initializer
) -> tuple[Affine, ...]:
    """Make layers from each width to the next, with this activation between them."""
    return tuple(
        Affine(
            initialize(inputs, outputs, activation if i else "identity"),
            np.zeros(outputs, np.float32),
        )
        for i, (inputs, outputs) in enumerate(pairwise(widths))
    )


def unroll(
    layers: Sequence[Network], decoder: Sequence[Affine]
) -> tuple[tuple[Affine, ...], tuple[Affine, ...]]:
    """Give the encoder and the decoder that trained single layers make.

    Where the weights of `decoder` are tied, they stay so.
    """
    encoder = tuple(layer.encoder[0] for layer in layers)
    mirrored = []
    for layer, old in zip(reversed(layers), decoder, strict=True):
        weight = None if old.weight is None else np.ascontiguousarray(layer.encoder[0].weight.T)
        mirrored.append(Affine(weight, layer.decoder[0].bias))
    return encoder, tuple(mirrored)


@final
class DenseNetwork(LayeredNetwork):
    """Layers of `Affine` maps with one activation between them; the output is linear.

    Parameters
    ----------
    encoder : tuple of Affine
        From the data to the code.
    decoder : tuple of Affine
        From the code to the output. With tied weights their `weight` is None, and each layer
        uses the transposed weights of its mirror image in the encoder.
    activation : str
        A name in `ACTIVATIONS`.
    code_activation : str
        The same, for the code.
    unit_norm_decoder : bool
        Let every unit of the code write into the decoder's first layer with weights of norm 1.
    centre : array of shape (features,) or None
        Taken from every row before it is encoded; not trained.
    encoding_share : float
        Share of the gradient that comes back to the weights of the code's layer from encoding.
    """

    encoder: tuple[Affine, ...]
    decoder: tuple[Affine, ...]
    activation: str = eqx.field(static=True)
    code_activation: str = eqx.field(static=True, default="identity")
    unit_norm_decoder: bool = eqx.field(static=True, default=False)
    centre: Any = None
    encoding_share: float = eqx.field(static=True, default=1.0)

    def encode(self, x: jax.Array) -> jax.Array:
        if self.encoding_share == 1:
            return super().encode(x)
        *hidden, code = self.encoder
        held = jax.lax.stop_gradient(code.weight)
        code = Affine(held + self.encoding_share * (code.weight - held), code.bias)
        return replace(self, encoder=(*hidden, code)).activations(x, self.n_layers)

    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        *hidden, code = self.encoder
        x = self.centre_rows(x)
        for i, layer in enumerate(hidden[:n_layers]):
            x = disturb(i, ACTIVATIONS[self.activation](layer(x)))
        return x if n_layers < self.n_layers else ACTIVATIONS[self.code_activation](code(x))

    def decode(self, z: jax.Array) -> jax.Array:
        layers = self._untied_decoder()
        if self.unit_norm_decoder:
            # Dividing here projects the gradient as Gao et al. (2024) do after every step.
            norms = jnp.linalg.norm(layers[0].weight, axis=1, keepdims=True)
            layers[0] = Affine(layers[0].weight / norms, layers[0].bias)
        for layer in layers[:-1]:
            z = ACTIVATIONS[self.activation](layer(z))
        return layers[-1](z)

    def centre_rows(self, x: jax.Array) -> jax.Array:
        """Take the centre from rows, where the network has one."""
        return x if self.centre is None else x - jax.lax.stop_gradient(self.centre)

    def starting_at(self, mean: np.ndarray, output: np.ndarray) -> DenseNetwork:
        """Give the network with the mean row as its centre, if any, and a mean output.

        So that training need not first learn what all rows have in common.
        """
        last = self.decoder[-1]
        decoder = (*self.decoder[:-1], Affine(last.weight, np.asarray(output, np.float32)))
        centre = None if self.centre is None else np.asarray(mean, np.float32)
        return replace(self, decoder=decoder, centre=centre)

    @property
    def hidden_activation(self) -> str:
        return self.activation

    def single_layers(self) -> tuple[DenseNetwork, ...]:
        if self.unit_norm_decoder:
            raise IsthmusError(
                "a decoder whose weights have norm 1 cannot be made of transposed layers: "
                "leave pretraining away."
            )
        last = len(self.encoder) - 1
        return tuple(
            DenseNetwork(
                (layer,),
                (Affine(None, mirror.bias),),
                self.activation,
                self.activation if i < last else self.code_activation,
                centre=None if i else self.centre,
            )
            for i, (layer, mirror) in enumerate(
                zip(self.encoder, reversed(self.decoder), strict=True)
            )
        )

    def unrolled(self, layers: Sequence[Network]) -> DenseNetwork:
        encoder, decoder = unroll(layers, self.decoder)
        return replace(self, encoder=encoder, decoder=decoder)

    def _untied_decoder(self) -> list[Affine]:
        return [
            Affine(mirror.weight.T, layer.bias) if layer.weight is None else layer
            for layer, mirror in zip(self.decoder, reversed(self.encoder), strict=True)
        ]
