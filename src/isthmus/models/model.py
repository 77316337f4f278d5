"""The four parts of an autoencoder, put together."""

from __future__ import annotations

from typing import final

import equinox as eqx
import jax

from isthmus.models.codes import Code
from isthmus.models.likelihoods import Likelihood
from isthmus.networks import Network


@final
class Model(eqx.Module):
    """Network, code and likelihood: all that is needed to encode and to decode.

    Its arrays are the parameters of the network, and of code and likelihood where they have any.
    """

    network: Network
    code: Code
    likelihood: Likelihood

    def code_parameters(self, x: jax.Array) -> jax.Array:
        """Give what tells the code: ``(batch, features) -> (batch, code parameters)``."""
        return self.network.encode(x)

    def encode(self, x: jax.Array) -> jax.Array:
        """Give the expected code: ``(batch, features) -> (batch, components)``."""
        return self.code.mean(self.network.encode(x))

    def decode(self, z: jax.Array) -> jax.Array:
        """Give the reconstruction: ``(batch, components) -> (batch, features)``."""
        return self.likelihood.mean(self.network.decode(z))

    def reconstruct(self, x: jax.Array) -> jax.Array:
        """Encode and decode: ``(batch, features)`` to the same."""
        return self.decode(self.encode(x))

    def sample(self, z: jax.Array, key: jax.Array) -> jax.Array:
        """Draw rows from p(x | z): ``(batch, components) -> (batch, features)``."""
        return self.likelihood.sample(self.network.decode(z), key)
