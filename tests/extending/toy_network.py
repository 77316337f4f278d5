"""A network of one's own: the encoder squares its inputs too."""

from dataclasses import dataclass
from math import prod

import jax.numpy as jnp
import numpy as np

from isthmus import Architecture
from isthmus.networks import Affine, Network, undisturbed


class QuadraticNetwork(Network):
    """``z = [x, x²] W + b``, and a linear decoder."""

    encoder: tuple[Affine, ...]
    decoder: tuple[Affine, ...]

    def activations(self, x, n_layers, disturb=undisturbed):
        return self.encoder[0](jnp.concatenate([x, x**2], axis=1))

    def decode(self, z):
        return self.decoder[0](z)


@dataclass(frozen=True)
class Quadratic(Architecture, part_name="toy"):
    """The design of it."""

    def build(self, row_shape, n_components, n_code_parameters, n_outputs, initialize):
        def affine(inputs, outputs):
            return Affine(initialize(inputs, outputs, "identity"), np.zeros(outputs, np.float32))

        encoder = affine(2 * prod(row_shape), n_code_parameters)
        return QuadraticNetwork((encoder,), (affine(n_components, n_outputs),))
