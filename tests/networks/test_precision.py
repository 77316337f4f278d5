"""Products of rounded numbers, and their slopes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.networks import precision as module
from isthmus.networks import products_in
from isthmus.networks.precision import product

# Which of two factors is smaller, and so transposed, differs.
SHAPES = [(64, 48, 8), (64, 8, 48), (8, 48, 40)]


def drawn(*shape):
    return jnp.asarray(np.random.default_rng(shape).normal(size=shape), jnp.float32)


def slopes(precision, x, weight):
    """Give the product, and the gradients of a function of it."""

    @jax.jit
    def value_and_slopes(x, weight):
        with products_in(precision):
            y, pull_back = jax.vjp(product, x, weight)
            return y, *pull_back(jnp.tanh(y))

    return value_and_slopes(x, weight)


def is_rounded(x):
    return bool(jnp.all(x == x.astype(jnp.bfloat16).astype(x.dtype)))


@pytest.mark.parametrize("shape", SHAPES)
def test_slopes_in_float32_are_those_that_jax_derives(shape):
    n_rows, n_inputs, n_outputs = shape
    x, weight = drawn(n_rows, n_inputs), drawn(n_inputs, n_outputs)
    y, pull_back = jax.vjp(jnp.matmul, x, weight)
    for one, other in zip((y, *pull_back(jnp.tanh(y))), slopes("float32", x, weight), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_rounded_products_and_slopes_are_close_and_sums_are_not_rounded(shape):
    n_rows, n_inputs, n_outputs = shape
    x, weight = drawn(n_rows, n_inputs), drawn(n_inputs, n_outputs)
    exact, rounded = (slopes(precision, x, weight) for precision in ("float32", "bfloat16"))
    for one, other in zip(exact, rounded, strict=True):
        assert other.dtype == jnp.float32
        assert not is_rounded(other)
        assert jnp.linalg.norm(one - other) < 0.01 * jnp.linalg.norm(one)


def test_what_is_exact_in_bfloat16_is_multiplied_exactly():
    x, weight = jnp.round(8 * drawn(64, 48)), jnp.round(8 * drawn(48, 8))
    with products_in("bfloat16"):
        np.testing.assert_array_equal(jax.jit(product)(x, weight), x @ weight)


def test_a_transposed_weight_and_axes_before_the_last_are_multiplied_too():
    x, weight = drawn(3, 5, 16), drawn(8, 16)

    @jax.jit
    def gradient(x, weight):
        with products_in("bfloat16"):
            return jax.grad(lambda x, weight: jnp.sum(product(x, weight.T) ** 2), (0, 1))(x, weight)

    exact = jax.grad(lambda x, weight: jnp.sum((x @ weight.T) ** 2), (0, 1))(x, weight)
    for one, other in zip(exact, gradient(x, weight), strict=True):
        assert one.shape == other.shape
        assert jnp.linalg.norm(one - other) < 0.02 * jnp.linalg.norm(one)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("shape", [(64, 30, 9), (64, 32, 250), (8, 7, 64)])
def test_widths_filled_up_for_a_gpu_change_neither_products_nor_slopes(
    precision, shape, monkeypatch
):
    n_rows, n_inputs, n_outputs = shape
    x, weight = drawn(n_rows, n_inputs), drawn(n_inputs, n_outputs)
    # Such numbers are multiplied and summed exactly, in whatever order.
    x, weight = jnp.round(4 * x), jnp.round(4 * weight)
    monkeypatch.setattr(module, "on_cpu", lambda: False)
    monkeypatch.setattr(module, "_MANY_MULTIPLICATIONS", 1)
    widths = []
    monkeypatch.setattr(module, "_multiply", spied(module._multiply, widths))
    with products_in(precision):
        y, pull_back = jax.vjp(product, x, weight)
    exact, exact_back = jax.vjp(jnp.matmul, x, weight)
    whole = jnp.sign(exact)
    for ours, theirs in zip((y, *pull_back(whole)), (exact, *exact_back(whole)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    step = 4 if precision == "float32" else 8
    assert widths
    assert all(width % step == 0 for width in widths)


def spied(multiply, widths):
    """Note the widths of weights that are multiplied by."""

    def call(a, b):
        widths.extend(b.shape)
        return multiply(a, b)

    return call
