"""What every likelihood offers."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self

import equinox as eqx
import jax
import numpy as np

from isthmus.family import Family
from isthmus.prepare import ColumnLayout, Support


class Likelihood(Family, eqx.Module):
    """How the decoder's output is read as a distribution over rows.

    A likelihood may hold parameters of its own, which are learned with the network's.

    Attributes
    ----------
    supports : tuple of {"binary", "unit", "real", "mixed"}
        The kinds of prepared data it is made for.
    needs : str
        What data are of these kinds, to tell a user whose data are not.
    """

    supports: ClassVar[tuple[Support, ...]]
    needs: ClassVar[str] = "values in [0, 1]"

    def sized(self, n_features: int) -> Self:
        """Give the likelihood with parameters of its own, where it has any, for `n_features`."""
        return self

    def for_columns(self, layout: ColumnLayout) -> Self:
        """Give the likelihood for tables whose columns lie so."""
        return self

    @abstractmethod
    def n_parameters(self, n_features: int) -> int:
        """Numbers that the decoder gives for one row of `n_features`."""

    @abstractmethod
    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        """Give each row's log-likelihood in nats: ``(batch, …), (batch, features) -> (batch,)``."""

    def score(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        """Give how well each row is explained: ``(batch, …), (batch, features) -> (batch,)``.

        Higher is better, whatever the row. It is the log-likelihood where that has an upper
        bound; where it has none, what takes its place.
        """
        return self.log_prob(parameters, x)

    @abstractmethod
    def mean(self, parameters: jax.Array) -> jax.Array:
        """Give the reconstruction: ``(batch, parameters) -> (batch, features)``."""

    @abstractmethod
    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        """Give parameters whose `mean` is this row: ``(features,) -> (parameters,)``."""

    def starting_at(self, variance: float) -> Self:
        """Give the likelihood whose own variance, where it has one, starts as this."""
        return self

    @abstractmethod
    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        """Draw rows: ``(batch, parameters) -> (batch, features)``."""
