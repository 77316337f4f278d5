"""What every code offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

import jax


class Code(ABC):
    """How the encoder's output becomes a code, and what that costs."""

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
