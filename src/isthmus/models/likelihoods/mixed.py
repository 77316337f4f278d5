"""A distribution for every kind of column."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import log, pi
from typing import ClassVar, Self, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus.models.likelihoods.base import Likelihood
from isthmus.models.likelihoods.bernoulli import logits
from isthmus.prepare import ColumnLayout, Support

# Standard deviations of standardized numbers, from a third to seven: values that repeat would
# otherwise draw a variance towards nothing, and all of the attention with it. Of -6, -3, -2 and -1
# the third brought back most of the columns of held-out rows (Adult and three tables with gaps).
_LEAST_LOG_VARIANCE, _GREATEST_LOG_VARIANCE = -2.0, 4.0


def _whole(numbers: object) -> tuple[int, ...]:
    return tuple(map(int, numbers))  # pyright: ignore


@final
class Mixed(Likelihood):
    """Gaussian numbers, Bernoulli booleans and categories, each value by itself given the code.

    A row's log-likelihood is the sum over the values that are not missing. Numbers have a
    variance that the decoder gives from z, clipped to what standardized columns bear; beside it
    their mean learns from half the squared error, as if the variance were 1, so that neither
    numbers that are hard to explain are given up nor a few easy ones get all of the attention.
    One number then counts about as much as a category of a few levels, in nats.

    Parameters
    ----------
    numbers, booleans : int
        Columns of the prepared matrix that hold numbers, and after them booleans.
    categories : tuple of int
        Levels of each category that follows, narrow ones first.

    References
    ----------
    Nazábal, Olmos, Ghahramani & Valera (2020), Handling incomplete heterogeneous data using VAEs,
    section 2.3; Stirn et al. (2023), Faithful heteroscedastic regression with neural networks.
    """

    supports: ClassVar[tuple[Support, ...]] = ("mixed",)
    needs: ClassVar[str] = "a table with categories or gaps"

    numbers: int = eqx.field(static=True, default=0)
    booleans: int = eqx.field(static=True, default=0)
    categories: tuple[int, ...] = eqx.field(static=True, default=(), converter=_whole)

    def for_columns(self, layout: ColumnLayout) -> Self:
        return type(self)(len(layout.numbers), len(layout.booleans), layout.widths)

    def n_parameters(self, n_features: int) -> int:
        return n_features + self.numbers

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        return jnp.sum(self.log_probs(parameters, x), axis=-1)

    def log_probs(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        """Give the log-likelihood of each number, boolean and category: ``(batch, parts)``.

        It is 0 where a value is missing.
        """
        gaps = jnp.isnan(x)
        x = jnp.where(gaps, 0.0, x)
        found = [self._of_numbers(parameters, x), self._of_booleans(parameters, x)]
        observed = [~gaps[:, : self.numbers + self.booleans]]
        for place, count, width in self._runs():
            shape = (-1, count, width)
            known = x[:, place].reshape(shape)
            log_shares = jax.nn.log_softmax(parameters[:, place].reshape(shape), axis=-1)
            found.append(jnp.sum(known * log_shares, axis=-1))
            observed.append(~gaps[:, place].reshape(shape)[..., 0])
        return jnp.where(jnp.concatenate(observed, -1), jnp.concatenate(found, -1), 0.0)

    def mean(self, parameters: jax.Array) -> jax.Array:
        first = self.numbers + self.booleans
        found = [parameters[:, : self.numbers], jax.nn.sigmoid(parameters[:, self.numbers : first])]
        for place, count, width in self._runs():
            shares = jax.nn.softmax(parameters[:, place].reshape(-1, count, width), axis=-1)
            found.append(shares.reshape(-1, count * width))
        return jnp.concatenate(found, axis=-1)

    def mode(self, parameters: jax.Array) -> jax.Array:
        """Give the likeliest row: ``(batch, features)``."""
        first = self.numbers + self.booleans
        found = [parameters[:, : self.numbers], 1.0 * (parameters[:, self.numbers : first] > 0)]
        for place, count, width in self._runs():
            likeliest = jnp.argmax(parameters[:, place].reshape(-1, count, width), axis=-1)
            found.append(jax.nn.one_hot(likeliest, width).reshape(-1, count * width))
        return jnp.concatenate(found, axis=-1)

    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        first = self.numbers + self.booleans
        # Levels that were never seen have some chance, and each level counts by itself.
        shares = np.log(np.clip(mean[first:], 1e-3, 1))
        start = [mean[: self.numbers], logits(mean[self.numbers : first]), shares]
        return np.concatenate([*start, np.zeros(self.numbers)]).astype(np.float32)

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        key, number_key, boolean_key = jax.random.split(key, 3)
        first = self.numbers + self.booleans
        numbers = parameters[:, : self.numbers]
        std = jnp.exp(0.5 * self._log_variance(parameters))
        chances = jax.nn.sigmoid(parameters[:, self.numbers : first])
        found = [
            numbers + std * jax.random.normal(number_key, numbers.shape),
            jax.random.bernoulli(boolean_key, chances).astype(parameters.dtype),
        ]
        for i, (place, count, width) in enumerate(self._runs()):
            given = parameters[:, place].reshape(-1, count, width)
            drawn = jax.random.categorical(jax.random.fold_in(key, i), given)
            found.append(jax.nn.one_hot(drawn, width).reshape(-1, count * width))
        return jnp.concatenate(found, axis=-1)

    def _of_numbers(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        squares = (x[:, : self.numbers] - parameters[:, : self.numbers]) ** 2
        log_variance = self._log_variance(parameters)
        log_density = -0.5 * (squares * jnp.exp(-log_variance) + log_variance + log(2 * pi))
        plain = -0.5 * squares
        # It adds a gradient, and nothing to the value.
        return log_density + jnp.where(jnp.isfinite(plain), plain - jax.lax.stop_gradient(plain), 0)

    def _of_booleans(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        place = slice(self.numbers, self.numbers + self.booleans)
        return x[:, place] * parameters[:, place] - jax.nn.softplus(parameters[:, place])

    def _log_variance(self, parameters: jax.Array) -> jax.Array:
        raw = parameters[:, parameters.shape[-1] - self.numbers :]
        return jnp.clip(raw, _LEAST_LOG_VARIANCE, _GREATEST_LOG_VARIANCE)

    def _runs(self) -> Iterator[tuple[slice, int, int]]:
        """Yield where categories of one width lie, how many they are, and the width."""
        start = self.numbers + self.booleans
        for width, group in groupby(self.categories):
            count = len(list(group))
            yield slice(start, start + count * width), count, width
            start += count * width
