"""What every code offers."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus.family import Family
from isthmus.networks import Network


class Code(Family, eqx.Module):
    """How the encoder's output becomes a code, and what that costs.

    A code may hold parameters of its own, which are learned with the network's.

    Attributes
    ----------
    draws : bool
        Whether `sample` takes random numbers; where it does not, its key may be None.
    """

    draws: ClassVar[bool] = True

    def check(self, network: Network) -> None:
        """Raise IsthmusError if what this network's encoder gives cannot be read as the code."""

    def sized(self, n_components: int) -> Self:
        """Give the code with parameters of its own, where it has any, for `n_components`."""
        return self

    def starting_at(self, parameters: np.ndarray) -> Self:
        """Give the code with its own parameters, where it has any, as suits some rows.

        `parameters` are what the encoder gives for them: ``(rows, parameters)``.
        """
        return self

    @abstractmethod
    def n_parameters(self, n_components: int) -> int:
        """Numbers that the encoder gives for one code of `n_components`."""

    @abstractmethod
    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        """Draw a code: ``(batch, parameters) -> (batch, components)``."""

    @abstractmethod
    def mean(self, parameters: jax.Array) -> jax.Array:
        """Give the expected code: ``(batch, parameters) -> (batch, components)``."""

    @abstractmethod
    def cost(self, parameters: jax.Array) -> jax.Array:
        """Give what each row's code costs, in nats: ``(batch, parameters) -> (batch,)``."""

    @abstractmethod
    def log_ratio(self, parameters: jax.Array, z: jax.Array) -> jax.Array:
        """Give ``log q(z | x) − log p(z)`` of each row: ``(batch, …), (batch, …) -> (batch,)``."""

    def training_sample(
        self, parameters: jax.Array, weights: jax.Array, key: jax.Array
    ) -> jax.Array:
        """Draw a code while training, where it may hang on the other rows of the minibatch.

        `weights` are 0 for rows that only fill up the minibatch: ``(batch,)``.
        """
        return self.sample(parameters, key)

    def training_cost(self, parameters: jax.Array, weights: jax.Array) -> jax.Array:
        """Give what the code adds to the loss of a minibatch, a scalar, to learn its own."""
        return jnp.zeros(())
