"""An encoder that chooses among landmarks, and a decoder that sees a spot by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import Disturbance, Network, undisturbed
from isthmus.networks.dense import Affine
from isthmus.networks.gaps import filled
from isthmus.networks.precision import product

LEAST_VARIANCE = 1e-5
# How far landmarks reach when the likeliest spot is looked for, and when it is averaged, as
# multiples of how far they reach, squared, in the decoder.
REACH_OF_SEARCH, REACH_OF_MEAN = 32.0, 4.0
# Landmarks that are tried as the likeliest spot: beyond so many they lie closer than that matters.
_MOST_CANDIDATES = 500


class Normalization(eqx.Module):
    """Bring every row to mean 0 and variance 1, then to a learned scale.

    References
    ----------
    Ba, Kiros & Hinton (2016), Layer normalization, equation 4.
    """

    scale: Any
    shift: Any

    def __call__(self, x: jax.Array) -> jax.Array:
        x = x - jnp.mean(x, axis=-1, keepdims=True)
        variance = jnp.mean(x**2, axis=-1, keepdims=True)
        return x * lax.rsqrt(variance + LEAST_VARIANCE) * self.scale + self.shift


@final
class LandmarkNetwork(Network):
    """Dense layers from rows to one number for each landmark, and from a spot back to rows.

    A row lies where most of what is likely for it is near: at the mean of the landmarks around
    that spot, weighted by how likely each is. So rows jump from one group to another, where a
    continuous map would smear some in between. Two opinions of how likely a landmark is are
    multiplied: that of the layers, and how near the row is to the mean of the landmark's rows.
    The decoder sees a spot z by each landmark's share of it, the softmax over k of
    ``−sharpness · ‖z − landmark k‖²``.

    Parameters
    ----------
    encoder : tuple of Affine
        From the data to the landmarks.
    normalizations : tuple of Normalization
        One for each hidden layer of the encoder, before its activation.
    comparison : tuple of Affine
        From the data to their principal components, and from there to the landmarks: what the
        squared distance from the mean of each landmark's rows takes from its logarithm. Not
        trained.
    decoder : tuple of Affine
        From the landmarks to the output.
    landmarks : array of shape (n_landmarks, n_components)
        Where they lie; not trained.
    sharpness : array of shape (1,)
        How fast they fade with the squared distance; not trained.
    activation : str
        A name in `ACTIVATIONS`.
    told : tuple of int
        Features of whose gaps the encoder is told.
    """

    encoder: tuple[Affine, ...]
    normalizations: tuple[Normalization, ...]
    comparison: tuple[Affine, Affine]
    decoder: tuple[Affine, ...]
    landmarks: Any
    sharpness: Any
    activation: str = eqx.field(static=True)
    told: tuple[int, ...] = eqx.field(static=True, default=())

    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        rows, hidden = x, self.encoder[:-1][:n_layers]
        x = filled(x, self.told)
        for i, (layer, normalize) in enumerate(zip(hidden, self.normalizations, strict=False)):
            x = disturb(i, ACTIVATIONS[self.activation](normalize(layer(x))))
        if n_layers < self.n_layers:
            return x
        project, compare = self.comparison
        return self._place(self.encoder[-1](x) + compare(project(filled(rows, ()))))

    def log_likelihoods(self, x: jax.Array) -> jax.Array:
        """Give the logarithm of how likely the layers find each landmark: ``(batch, landmarks)``.

        Without the comparison: rows that the layers learn from would agree with it too well.
        """
        before = self.activations(x, self.n_layers - 1)
        return jax.nn.log_softmax(self.encoder[-1](before), axis=-1)

    def decode(self, z: jax.Array) -> jax.Array:
        x = jnp.exp(self.log_shares(z))
        for layer in self.decoder[:-1]:
            x = ACTIVATIONS[self.activation](layer(x))
        return self.decoder[-1](x)

    def log_shares(self, z: jax.Array) -> jax.Array:
        """Give the logarithm of each landmark's share of a spot: ``(batch, landmarks)``."""
        return jax.nn.log_softmax(-self._fading(z), axis=-1)

    def starting_at(
        self,
        landmarks: np.ndarray,
        sharpness: float,
        comparison: tuple[Affine, Affine],
        output: np.ndarray,
    ) -> LandmarkNetwork:
        """Give the network with these landmarks, this comparison, and a mean output at first."""
        last = replace(self.decoder[-1], bias=np.asarray(output, np.float32))
        return replace(
            self,
            landmarks=np.asarray(landmarks, np.float32),
            sharpness=np.full(1, sharpness, np.float32),
            comparison=comparison,
            decoder=(*self.decoder[:-1], last),
        )

    @property
    def candidate_every(self) -> int:
        """Of how many landmarks one is tried as the likeliest spot."""
        return max(len(self.landmarks) // _MOST_CANDIDATES, 1)

    def _place(self, logits: jax.Array) -> jax.Array:
        """Give where rows lie: ``(batch, landmarks) -> (batch, components)``."""
        landmarks = lax.stop_gradient(self.landmarks)
        candidates = landmarks[:: self.candidate_every]
        near = jnp.exp(-self._fading(candidates) / REACH_OF_SEARCH)  # (candidates, landmarks)
        masses = product(jax.nn.softmax(logits, axis=-1), near.T)
        spots = candidates[jnp.argmax(masses, axis=-1)]
        weights = jax.nn.softmax(logits - self._fading(spots) / REACH_OF_MEAN, axis=-1)
        return weights @ landmarks

    def _fading(self, z: jax.Array) -> jax.Array:
        """Give how far landmarks are from spots, squared, in their own units."""
        landmarks, sharpness = lax.stop_gradient((self.landmarks, self.sharpness))
        # Not by a product: near a landmark that is far from 0, rounding would be all there is.
        differences = z[:, None, :] - landmarks  # (batch, landmarks, components)
        return sharpness * jnp.sum(differences**2, axis=-1)
