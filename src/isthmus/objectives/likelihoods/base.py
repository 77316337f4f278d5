"""What every likelihood offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import jax

from isthmus.prepare import Support


@dataclass(frozen=True)
class Likelihood(ABC):
    """How the decoder's output is read as a distribution over rows.

    Attributes
    ----------
    supports : tuple of {"binary", "unit", "real"}
        The kinds of prepared data it is made for.
    """

    supports: ClassVar[tuple[Support, ...]]

    @abstractmethod
    def n_parameters(self, n_features: int) -> int:
        """Numbers that the decoder gives for one row of `n_features`."""

    @abstractmethod
    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        """Give each row's log-likelihood in nats: ``(batch, …), (batch, features) -> (batch,)``."""

    @abstractmethod
    def mean(self, parameters: jax.Array) -> jax.Array:
        """Give the reconstruction: ``(batch, parameters) -> (batch, features)``."""
