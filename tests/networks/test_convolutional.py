import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.errors import IsthmusError
from isthmus.networks import (
    Convolutional,
    convolution,
    glorot_uniform,
    precision,
    products_in,
    shapes_for,
)
from isthmus.networks.convolution import convolve, convolve_back


def build(shape, channels=(3, 4), n_components=5, per_feature=1, **settings):
    initialize = glorot_uniform(np.random.default_rng(0))
    n_outputs = per_feature * int(np.prod(shape))
    design = Convolutional(channels, **settings)
    return design.build(shape, n_components, n_components, n_outputs, initialize)


def rows(shape, n_rows=3):
    size = (n_rows, int(np.prod(shape)))
    return jnp.asarray(np.random.default_rng(1).normal(size=size), jnp.float32)


SHAPES = [(8, 8), (7, 9), (28, 28), (1, 5), (1, 1), (5, 4, 3), (13,), (1,)]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("kernel_size", [2, 3, 5])
def test_any_size_is_restored(shape, kernel_size):
    network = build(shape, kernel_size=kernel_size)
    z = jax.eval_shape(network.encode, rows(shape))
    assert z.shape == (3, 5)
    assert jax.eval_shape(network.decode, z).shape == (3, int(np.prod(shape)))


@pytest.mark.parametrize("channels", [(1, 4), (4, 1), (3, 3)], ids=str)
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (2, 1)], ids=str)
@pytest.mark.parametrize("kernel", [(2, 2), (3, 3), (4, 5), (3, 1)], ids=str)
def test_matrix_products_and_native_convolutions_agree(channels, stride, kernel):
    generator = np.random.default_rng(0)
    n_in, n_out = channels
    x = generator.normal(size=(2, 7, 6, n_in)).astype(np.float32)
    weight = generator.normal(size=(kernel[0] * kernel[1] * n_in, n_out)).astype(np.float32)

    def results(native):
        def forward(x, weight):
            return convolve(x, weight, kernel, stride, native=native)

        @jax.jit
        def program(x, weight):
            y, backward = jax.vjp(forward, x, weight)
            return y, *backward(jnp.cos(jnp.arange(y.size, dtype=jnp.float32)).reshape(y.shape))

        return program(x, weight)

    for ours, native in zip(results(False), results(True), strict=True):
        np.testing.assert_allclose(ours, native, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(7, 9), (6, 5, 3), (13,)])
def test_networks_agree_on_any_backend(shape, monkeypatch):
    network, x = build(shape), rows(shape)

    def results(backend):
        def loss(network):
            return jnp.mean((network.decode(network.encode(x)) - x) ** 2)

        monkeypatch.setattr(convolution.jax, "default_backend", lambda: backend)
        monkeypatch.setattr(precision, "_MANY_MULTIPLICATIONS", 1)
        return jax.tree.leaves(jax.jit(jax.value_and_grad(loss))(network))

    for ours, native in zip(results("cpu"), results("gpu"), strict=True):
        np.testing.assert_allclose(ours, native, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        # 3·3·1·3 + 3, 3·3·3·4 + 4, 2·2·4·5 + 5 | 5·16 + 16, 3·3·4·3 + 3, 3·3·3·1 + 1
        ((8, 8), 30 + 112 + 85 + 96 + 111 + 28),
        # 3·1·3 + 3, 3·3·4 + 4, 4·4·5 + 5 | 5·16 + 16, 3·4·3 + 3, 3·3·1 + 1
        ((13,), 12 + 40 + 85 + 96 + 39 + 10),
    ],
)
def test_number_of_parameters(shape, expected):
    leaves = jax.tree.leaves(build(shape))
    assert sum(leaf.size for leaf in leaves) == expected
    assert {leaf.ndim for leaf in leaves} == {1, 2}


def test_shapes_are_known_without_weights():
    design = Convolutional((3, 4))
    whole = build((7, 9))
    network = design.build((7, 9), 5, 5, 63, shapes_for(jax.tree.leaves(whole)))
    drawn = jax.tree.map(lambda leaf: leaf.shape, whole)
    assert jax.tree.map(lambda leaf: leaf.shape, network) == drawn


def test_outputs_that_do_not_divide_into_features_are_refused():
    initialize = glorot_uniform(np.random.default_rng(0))
    with pytest.raises(ValueError, match="as many numbers for every feature"):
        Convolutional((3,)).build((4, 4), 2, 2, 17, initialize)


def test_convolution_is_the_sum_over_what_lies_under_the_kernel():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(1, 5, 4, 2)).astype(np.float32)
    kernel = generator.normal(size=(3, 3, 2, 1)).astype(np.float32)
    found = convolve(jnp.asarray(x), jnp.asarray(kernel.reshape(18, 1)), (3, 3), (1, 1))
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    expected = [
        [np.sum(padded[0, i : i + 3, j : j + 3] * kernel[..., 0]) for j in range(4)]
        for i in range(5)
    ]
    np.testing.assert_allclose(found[0, :, :, 0], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("size", [(6, 6), (7, 5), (1, 4)])
@pytest.mark.parametrize("native", [False, True])
def test_transposed_convolution_is_the_adjoint(size, native):
    """⟨convolve(x), y⟩ = ⟨x, convolve_back(y)⟩ for every x and y."""
    generator = np.random.default_rng(0)
    weight = jnp.asarray(generator.normal(size=(9 * 2, 3)), jnp.float32)
    x = jnp.asarray(generator.normal(size=(2, *size, 2)), jnp.float32)
    there = convolve(x, weight, (3, 3), (2, 2), native=native)
    y = jnp.asarray(generator.normal(size=there.shape), jnp.float32)
    back = convolve_back(y, weight.T, (3, 3), (2, 2), size, native=native)
    assert back.shape == x.shape
    np.testing.assert_allclose(jnp.vdot(there, y), jnp.vdot(x, back), rtol=1e-4)


def test_a_shift_by_the_stride_shifts_what_comes_out():
    weight = jnp.asarray(np.random.default_rng(0).normal(size=(9, 2)), jnp.float32)
    x = jnp.zeros((1, 12, 12, 1)).at[0, 4:6, 4:6].set(1.0)
    moved = jnp.roll(x, 2, axis=1)
    here, there = (convolve(image, weight, (3, 3), (2, 2)) for image in (x, moved))
    np.testing.assert_allclose(jnp.roll(here, 1, axis=1), there, atol=1e-6)


def test_several_numbers_per_feature_come_one_after_the_other():
    shape = (4, 3, 2)
    network, z = build(shape, per_feature=2), jnp.ones((1, 5))
    single = network.decode(z).reshape(2, *shape)
    # The last layer's outputs of a pixel are ordered (parameter, channel).
    bias = network.decoder[-1].bias + np.array([0, 0, 1, 1], np.float32)
    moved = eqx.tree_at(lambda n: n.decoder[-1].bias, network, bias).decode(z).reshape(2, *shape)
    np.testing.assert_allclose(moved[0], single[0], atol=1e-6)
    np.testing.assert_allclose(moved[1], single[1] + 1, atol=1e-5)


def test_signals_of_several_channels_need_to_be_named():
    assert build((6, 2), signal=True).channels[0] == 2
    assert build((6, 2)).channels[0] == 1


@pytest.mark.parametrize("shape", [(2, 2, 2, 2), ()])
def test_other_shapes_are_refused(shape):
    with pytest.raises(IsthmusError, match="neither pictures"):
        build(shape)


@pytest.mark.parametrize("native", [True, False])
def test_convolutions_take_rounded_numbers_and_give_float32(native):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2, 6, 6, 3)).astype(np.float32)
    weight = generator.normal(size=(27, 4)).astype(np.float32)
    exact = convolve(x, weight, (3, 3), (2, 2), native=native)
    with products_in("bfloat16"):
        y = convolve(x, weight, (3, 3), (2, 2), native=native)
        back = convolve_back(y, weight.T, (3, 3), (2, 2), (6, 6), native=native)
    assert y.dtype == back.dtype == np.float32
    assert 0 < np.abs(y - exact).max() < 0.2
    assert back.shape == x.shape
