"""Matrix products: in what precision, and how their slopes are computed."""

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

# XLA's CPU compiler has a slower routine for sums over rows. Transposing a factor first pays where
# the number of rows, squared, exceeds that of the results so many times: it was measured.
_LONG_SUM = 2

# A GPU's matrix units read and write sixteen bytes at once, from where such sixteen begin; on other
# widths products take several times as long, which shows from so many multiplications on.
_ALIGNMENT, _MANY_MULTIPLICATIONS = 16, 2**26

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


def on_cpu() -> bool:
    """Tell whether programs are compiled for CPU, where XLA wants products written out."""
    return jax.default_backend() == "cpu"


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
    precision, n_outputs = _chosen.get(), weight.shape[1]
    rows = x.reshape(-1, x.shape[-1])
    if on_cpu() or len(rows) * weight.size < _MANY_MULTIPLICATIONS:
        y = _product(rows, weight, precision)
    else:
        y = _product(*_aligned(rows, weight, precision), precision)[:, :n_outputs]
    return y.reshape(*x.shape[:-1], n_outputs)


def _aligned(x: jax.Array, weight: jax.Array, precision: str) -> tuple[jax.Array, jax.Array]:
    """Fill widths up with zeros: compiled programs do so as they make the numbers."""
    step = _ALIGNMENT // jnp.dtype(PRECISIONS[precision]).itemsize
    n_inputs, n_outputs = (-size % step for size in weight.shape)
    return jnp.pad(x, [(0, 0), (0, n_inputs)]), jnp.pad(weight, [(0, n_inputs), (0, n_outputs)])


def _value(x: jax.Array, weight: jax.Array, precision: str) -> jax.Array:
    return _forward(x, weight, precision)[0]


def _forward(
    x: jax.Array, weight: jax.Array, precision: str
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    kind = PRECISIONS[precision]
    x, weight = x.astype(kind), weight.astype(kind)
    return _multiply(x, weight), (x, weight)


def _backward(
    precision: str, factors: tuple[jax.Array, jax.Array], slopes: jax.Array
) -> tuple[jax.Array, jax.Array]:
    x, weight = factors
    slopes = slopes.astype(PRECISIONS[precision])
    if precision == "bfloat16":
        return _over_columns(slopes, weight), _over_rows(x, slopes)
    long = len(x) ** 2 > _LONG_SUM * weight.size
    return slopes @ weight.T, _over_rows(x, slopes) if long else x.T @ slopes


_product = jax.custom_vjp(_value, nondiff_argnums=(2,))
_product.defvjp(_forward, _backward)


def _over_rows(a: jax.Array, b: jax.Array) -> jax.Array:
    """Give ``aᵀ b``, for which either factor or the result is transposed."""
    if a.size < b.size + a.shape[1] * b.shape[1]:
        return _multiply(_transposed(a), b)
    return _multiply(_transposed(b), a).T


def _over_columns(a: jax.Array, b: jax.Array) -> jax.Array:
    """Give ``a bᵀ``, for which either factor or the result is transposed."""
    if b.size < a.size + len(a) * len(b):
        return _multiply(a, _transposed(b))
    return _multiply(b, _transposed(a)).T


def _multiply(a: jax.Array, b: jax.Array) -> jax.Array:
    multiply = partial(jnp.dot, preferred_element_type=jnp.float32)
    if not on_cpu():
        return multiply(a, b)
    # XLA's CPU compiler has a product of bfloat16 for factors that lie row by row, and must not
    # draw a transposition into it once it has decided so.
    return lax.optimization_barrier(multiply(*lax.optimization_barrier((a, b))))


def _transposed(x: jax.Array) -> jax.Array:
    if not on_cpu():
        return x.T
    # In memory too, not only in name: adding an axis asks for the usual order.
    return lax.optimization_barrier(x.T[:, :, None])[:, :, 0]
