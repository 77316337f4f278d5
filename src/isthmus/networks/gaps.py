"""How networks take rows with gaps."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np


def filled(x: jax.Array, told: tuple[int, ...]) -> jax.Array:
    """Fill gaps and tell where they were: ``(batch, features) -> (batch, features and told)``.

    NaN in a row is a gap. It becomes 0, the mean of a standardized column, and for every place in
    `told` there is one more number: 1 where there was a gap, else 0.
    """
    gaps = jnp.isnan(x)
    filled = jnp.where(gaps, 0.0, x)
    if not told:
        return filled
    return jnp.concatenate([filled, gaps[:, np.array(told)].astype(x.dtype)], axis=-1)
