"""In what precision matrix products are computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp

PRECISIONS = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}
"""Kinds of number that go into products, by name."""

_chosen: ContextVar[str] = ContextVar("precision", default="float32")


@contextmanager
def products_in(precision: str) -> Iterator[None]:
    """Let the products of networks that are traced in here take numbers of this precision.

    Parameters, sums and everything else stay float32.

    References
    ----------
    Micikevicius et al. (2018), Mixed precision training; Kalamkar et al. (2019), A study of
    BFLOAT16 for deep learning training.
    """
    token = _chosen.set(precision)
    try:
        yield
    finally:
        _chosen.reset(token)


def rounded(x: jax.Array) -> jax.Array:
    """Give numbers as they go into a product."""
    return x.astype(PRECISIONS[_chosen.get()])
