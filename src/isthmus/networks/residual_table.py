"""A network that tells missing values from the others, with no narrow code in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import Disturbance, Network, undisturbed
from isthmus.networks.dense import Affine

# Standardized numbers beyond it count as no further away.
FARTHEST = 10.0


@final
class ResidualTableNetwork(Network):
    """Layers of one width, each added to what came before; numbers go in twice.

    NaN in a row is a gap. Values go in as they are, clipped at ±10, and numbers a second time by
    the normal scores of their ranks, a piecewise linear function of the value; both are 0 where
    there is a gap, and for every place in `told` one more number is 1 there.

    Parameters
    ----------
    encoder : tuple of Affine
        The layers.
    decoder : tuple of Affine
        From the last layer to the output.
    knots, scores : array of shape (numbers * n_knots,)
        Values of each number in ascending order, and their normal scores; not trained.
    told : tuple of int
        Features of whose gaps the layers are told.
    numbers : int
        How many of the features are numbers; they come first.

    References
    ----------
    He, Zhang, Ren & Sun (2016), Identity mappings in deep residual networks; Gorishniy et al.
    (2021), Revisiting deep learning models for tabular data, for normal scores of numbers.
    """

    encoder: tuple[Affine, ...]
    decoder: tuple[Affine, ...]
    knots: Any
    scores: Any
    told: tuple[int, ...] = eqx.field(static=True)
    numbers: int = eqx.field(static=True)
    activation: str = eqx.field(static=True, default="silu")

    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        activate = ACTIVATIONS[self.activation]
        first, *others = self.encoder
        h = activate(first(self._inputs(x)))  # (batch, width)
        for i, layer in enumerate(others[: n_layers - 1]):
            h = disturb(i, h)
            h = h + activate(layer(h))
        return h if n_layers == self.n_layers else disturb(n_layers - 1, h)

    def decode(self, z: jax.Array) -> jax.Array:
        (output,) = self.decoder
        return output(z)

    def starting_at(
        self, output: np.ndarray, knots: np.ndarray, scores: np.ndarray
    ) -> ResidualTableNetwork:
        """Give the network with this output at first, and these ranks of the numbers."""
        decoder = (replace(self.decoder[-1], bias=np.asarray(output, np.float32)),)
        return replace(self, decoder=decoder, knots=knots.ravel(), scores=scores.ravel())

    def _inputs(self, x: jax.Array) -> jax.Array:
        gaps = jnp.isnan(x)
        ranks = jnp.where(gaps[:, : self.numbers], 0.0, self._normal_scores(x[:, : self.numbers]))
        values = jnp.where(gaps, 0.0, jnp.clip(x, -FARTHEST, FARTHEST))
        told = gaps[:, np.array(self.told)].astype(x.dtype)
        return jnp.concatenate([values, ranks, told], axis=-1)

    def _normal_scores(self, x: jax.Array) -> jax.Array:
        """Give the normal scores of numbers, ``(batch, numbers)``, as sums of clipped ramps."""
        knots, scores = (
            jax.lax.stop_gradient(array).reshape(self.numbers, -1)
            for array in (self.knots, self.scores)
        )
        widths, rises = jnp.diff(knots), jnp.diff(scores)  # (numbers, knots - 1)
        # Numbers with few values repeat the last knot.
        slopes = jnp.where(widths > 0, rises / jnp.where(widths > 0, widths, 1.0), 0.0)
        ramps = jnp.clip(x[..., None] - knots[:, :-1], 0.0, widths)
        return scores[:, 0] + jnp.sum(slopes * ramps, axis=-1)
