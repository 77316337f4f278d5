"""A network for rows with gaps, which is told of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import final

import equinox as eqx
import jax
import numpy as np

from isthmus.networks.base import AroundLayers, Disturbance, Network, undisturbed
from isthmus.networks.gaps import filled


@final
class TableNetwork(AroundLayers):
    """Layers around which gaps are filled, and that are told where they were.

    NaN in a row is a gap. It becomes 0, the mean of a standardized column, and for every place in
    `told` the layers get one more number: 1 where there was a gap, else 0.

    Parameters
    ----------
    layers : LayeredNetwork
        What takes the filled rows and these numbers.
    told : tuple of int
        Features of whose gaps the layers are told.
    """

    told: tuple[int, ...] = eqx.field(static=True)

    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        return self.layers.activations(filled(x, self.told), n_layers, disturb)

    def decode(self, z: jax.Array) -> jax.Array:
        return self.layers.decode(z)

    def starting_at(self, mean: np.ndarray, output: np.ndarray) -> TableNetwork:
        """Give the network whose output is a mean one at first."""
        *others, last = self.layers.decoder
        last = replace(last, bias=np.asarray(output, np.float32))
        return replace(self, layers=replace(self.layers, decoder=(*others, last)))

    def without_decoder(self) -> TableNetwork:
        return replace(self, layers=self.layers.without_decoder())

    def single_layers(self) -> tuple[Network, ...]:
        first, *others = self.layers.single_layers()
        # The first layer gives back what it takes, not the parameters of a likelihood.
        start = np.zeros(len(first.encoder[0].weight), np.float32)
        decoder = (replace(first.decoder[0], bias=start),)
        return (replace(first, decoder=decoder), *others)

    def unrolled(self, layers: Sequence[Network]) -> TableNetwork:
        """Give the network made of such layers, whose output is no mirror image of its input."""
        unrolled = self.layers.unrolled(layers)
        decoder = (*unrolled.decoder[:-1], self.layers.decoder[-1])
        return replace(self, layers=replace(unrolled, decoder=decoder))
