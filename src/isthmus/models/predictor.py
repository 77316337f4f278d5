"""An encoder with an output layer in place of its decoder."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import equinox as eqx
import jax
import numpy as np

from isthmus.models.model import Model
from isthmus.networks import Affine, Disturbance, Initializer, undisturbed
from isthmus.runs.computing import computing


@final
class Predictor(eqx.Module):
    """What tells classes or numbers from the code, or from a layer under it.

    Parameters
    ----------
    autoencoder : Model
        Where the code comes from; its decoder is needed only while it learns too.
    head : Affine
        From the code to the outputs.
    layer : int or None
        The hidden layer, counted from 1, whose activations the head takes; None for the code.
    frozen : bool
        Whether only the head learns.
    """

    autoencoder: Model
    head: Affine
    layer: int | None = eqx.field(static=True, default=None)
    frozen: bool = eqx.field(static=True, default=False)

    def features(self, x: jax.Array, disturb: Disturbance = undisturbed) -> jax.Array:
        """Give what the head takes: ``(batch, features) -> (batch, components)``."""
        network, layer = self.autoencoder.network, self.layer
        n_layers = network.n_layers if layer is None else layer
        features = network.activations(x, n_layers, disturb)
        if layer is None:
            features = disturb(n_layers - 1, self.autoencoder.code.mean(features))
        features = features.reshape(len(x), -1)
        return jax.lax.stop_gradient(features) if self.frozen else features

    def outputs(self, x: jax.Array, disturb: Disturbance = undisturbed) -> jax.Array:
        """Give the head's outputs: ``(batch, features) -> (batch, outputs)``."""
        return self.head(self.features(x, disturb))

    def with_head(self, n_features: int, n_outputs: int, initialize: Initializer) -> Predictor:
        """Give the same with a head of its own, for rows of so many features."""
        row = jax.ShapeDtypeStruct((1, n_features), np.float32)
        with computing():
            features = jax.eval_shape(Predictor.features, self, row)
        weight = initialize(int(features.shape[1]), n_outputs, "identity")
        return replace(self, head=Affine(weight, np.zeros(n_outputs, np.float32)))

    def without_decoder(self) -> Predictor:
        """Drop what predicting does not need."""
        network = self.autoencoder.network.without_decoder()
        return replace(self, autoencoder=replace(self.autoencoder, network=network))
