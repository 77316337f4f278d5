"""In what precision matrix products are computed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

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


def product(x: jax.Array, weight: jax.Array) -> jax.Array:
    """Give ``x @ weight``, in which the numbers of both and of their slopes are rounded.

    Parameters
    ----------
    x : array, shape (..., inputs)
    weight : array, shape (inputs, outputs)

    Returns
    -------
    array, shape (..., outputs), float32
    """
    if _chosen.get() == "float32":
        return x @ weight
    y = _of_rounded(x.reshape(-1, x.shape[-1]), weight)
    return y.reshape(*x.shape[:-1], -1)


@jax.custom_vjp
def _of_rounded(x: jax.Array, weight: jax.Array) -> jax.Array:
    return _multiply(_short(x), _short(weight))


def _forward(x: jax.Array, weight: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    x, weight = _short(x), _short(weight)
    return _multiply(x, weight), (x, weight)


def _backward(
    factors: tuple[jax.Array, jax.Array], slopes: jax.Array
) -> tuple[jax.Array, jax.Array]:
    (x, weight), slopes = factors, _short(slopes)
    # The smaller of two is transposed.
    if weight.size < slopes.size:
        of_x = _multiply(slopes, _transposed(weight))
    else:
        of_x = _multiply(weight, _transposed(slopes)).T
    if x.size < slopes.size:
        of_weight = _multiply(_transposed(x), slopes)
    else:
        of_weight = _multiply(_transposed(slopes), x).T
    return of_x, of_weight


_of_rounded.defvjp(_forward, _backward)


def _short(x: jax.Array) -> jax.Array:
    return x.astype(jnp.bfloat16)


def _multiply(a: jax.Array, b: jax.Array) -> jax.Array:
    multiply = partial(jnp.dot, preferred_element_type=jnp.float32)
    if jax.default_backend() != "cpu":
        return multiply(a, b)
    # XLA's CPU compiler has a product of bfloat16 for factors that lie row by row, and must not
    # draw a transposition into it once it has decided so.
    return lax.optimization_barrier(multiply(*lax.optimization_barrier((a, b))))


def _transposed(x: jax.Array) -> jax.Array:
    if jax.default_backend() != "cpu":
        return x.T
    # In memory too, not only in name: adding an axis asks for the usual order.
    return lax.optimization_barrier(x.T[:, :, None])[:, :, 0]
