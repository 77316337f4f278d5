"""What every code offers."""

from __future__ import annotations

from abc import abstractmethod

import jax

from isthmus.family import Family
from isthmus.networks import Network


class Code(Family):
    """How the encoder's output becomes a code, and what that costs."""

    def check(self, network: Network) -> None:
        """Raise IsthmusError if what this network's encoder gives cannot be read as the code."""

    @abstractmethod
    def n_parameters(self, n_components: int) -> int:
        """Numbers that the encoder gives for one code of `n_components`."""

    @abstractmethod
    def sample(
        self, parameters: jax.Array, key: jax.Array, warmth: jax.Array | float = 1.0
    ) -> jax.Array:
        """Draw a code: ``(batch, parameters) -> (batch, components)``.

        `warmth` rises from 0 to 1 while the objective warms up; at 1 the code is as it is used.
        """

    @abstractmethod
    def mean(self, parameters: jax.Array) -> jax.Array:
        """Give the expected code: ``(batch, parameters) -> (batch, components)``."""

    @abstractmethod
    def cost(self, parameters: jax.Array) -> jax.Array:
        """Give what each row's code costs, in nats: ``(batch, parameters) -> (batch,)``."""

    @abstractmethod
    def log_ratio(self, parameters: jax.Array, z: jax.Array) -> jax.Array:
        """Give ``log q(z | x) − log p(z)`` of each row: ``(batch, …), (batch, …) -> (batch,)``."""
