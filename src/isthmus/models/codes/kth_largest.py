"""The k-th largest of some numbers, without sorting them."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

_N_BITS = 31


def kth_largest(values: jax.Array, k: int) -> jax.Array:
    """Give each row's `k`-th largest value: ``(batch, units) -> (batch, 1)``.

    The values are not negative. No gradient passes through.
    """
    values = lax.stop_gradient(values)
    return lax.platform_dependent(
        values,
        # Inside a loop XLA sorts whole rows on a CPU, and takes most of a training step for it.
        cpu=lambda values: _bisected(values, k),
        default=lambda values: lax.top_k(values, k)[0][:, -1:],
    )


def kth_largest_of_all(values: jax.Array, k: jax.Array) -> jax.Array:
    """Give the `k`-th largest of all values together: ``(batch, units) -> (1, 1)``."""
    return _bisected(lax.stop_gradient(values), k, over_rows=True)


def _bisected(values: jax.Array, k: jax.Array | int, over_rows: bool = False) -> jax.Array:
    """Find the largest number that at least `k` values reach, bit by bit.

    Numbers that are not negative have the order of their bits, read as integers.
    """
    bits = lax.bitcast_convert_type(values, jnp.int32)
    ones = jnp.ones((values.shape[1], 1), jnp.float32)

    def try_bit(i: jax.Array, found: jax.Array) -> jax.Array:
        candidate = found | (jnp.int32(1) << (_N_BITS - 1 - i))
        # Counting by a product takes half the time of a sum of integers.
        counts = jnp.dot((bits >= candidate).astype(jnp.float32), ones)  # (batch, 1)
        if over_rows:
            counts = jnp.sum(counts.astype(jnp.int32), axis=0, keepdims=True)
        return jnp.where(counts >= k, candidate, found)

    start = jnp.zeros((1 if over_rows else len(values), 1), jnp.int32)
    return lax.bitcast_convert_type(lax.fori_loop(0, _N_BITS, try_bit, start), jnp.float32)
