import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.errors import IsthmusError
from isthmus.models import BatchTopK, Code, Deterministic, GaussianCode, JumpReLU, TopK
from isthmus.models.codes.kth_largest import kth_largest, kth_largest_of_all

KEY = jax.random.key(0)
FAMILY = [
    Deterministic(),
    TopK(2),
    BatchTopK(2).sized(4),
    JumpReLU(2).sized(4),
    GaussianCode(),
    GaussianCode(beta=4.0, free_bits=0.1),
]


def drawn(code, n_rows=6, n_components=4):
    shape = (n_rows, code.n_parameters(n_components))
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


def test_family_is_whole():
    assert {type(code) for code in FAMILY} == set(Code.members().values())


@pytest.mark.parametrize("code", FAMILY, ids=repr)
def test_codes_have_their_shapes(code):
    parameters = drawn(code)
    z = code.sample(parameters, KEY)
    assert z.shape == code.mean(parameters).shape == (6, 4)
    assert code.cost(parameters).shape == code.log_ratio(parameters, z).shape == (6,)
    assert code.training_sample(parameters, jnp.ones(6), KEY).shape == (6, 4)
    assert code.training_cost(parameters, jnp.ones(6)).shape == ()


@pytest.mark.parametrize("code", FAMILY, ids=repr)
def test_rows_do_not_touch_each_other(code):
    parameters = drawn(code)
    changed = parameters.at[3:].set(7.0)
    np.testing.assert_array_equal(code.mean(parameters)[:3], code.mean(changed)[:3])
    np.testing.assert_array_equal(code.cost(parameters)[:3], code.cost(changed)[:3])


def test_top_k_keeps_the_largest_and_only_positive_ones():
    parameters = jnp.asarray([[3.0, -1.0, 2.0, 1.0], [-3.0, -1.0, 0.5, -2.0]])
    np.testing.assert_array_equal(TopK(2).mean(parameters), [[3, 0, 2, 0], [0, 0, 0.5, 0]])


def test_top_k_larger_than_the_code_is_refused():
    with pytest.raises(IsthmusError, match=r"TopK\(5\) cannot keep 5 of n_components=4"):
        TopK(5).n_parameters(4)


@pytest.mark.parametrize("code", FAMILY, ids=repr)
def test_rows_of_weight_zero_change_no_other_row_in_training(code):
    parameters, weights = drawn(code), jnp.asarray([1.0, 1, 1, 1, 0, 0])
    changed = parameters.at[4:].set(7.0)
    first, second = (code.training_sample(p, weights, KEY)[:4] for p in (parameters, changed))
    np.testing.assert_array_equal(first, second)
    costs = (code.training_cost(p, weights) for p in (parameters, changed))
    np.testing.assert_allclose(*costs, rtol=1e-6)


@pytest.mark.parametrize("k", [1, 3, 40])
def test_kth_largest_is_what_sorting_gives_to_the_bit(k):
    values = np.abs(np.random.default_rng(k).standard_cauchy((50, 40))).astype(np.float32)
    values[::2, ::3] = values[1, 1]  # ties
    values[::5] *= values[::5] > 1  # zeros
    values[7, :5], values[8] = np.float32(1e-42), 0
    expected = np.sort(values, axis=1)[:, [-k]]
    np.testing.assert_array_equal(jax.jit(kth_largest, static_argnums=1)(values, k), expected)
    every = kth_largest_of_all(jnp.asarray(values), jnp.asarray(50 * k))
    np.testing.assert_array_equal(every, np.sort(values, axis=None)[-50 * k])


def test_top_k_keeps_all_that_tie_for_the_last_place():
    parameters = jnp.asarray([[3.0, 1.0, 1.0, 0.5]])
    np.testing.assert_array_equal(TopK(2).mean(parameters), [[3, 1, 1, 0]])


def test_batch_top_k_gives_a_row_that_needs_more_units_more():
    parameters = jnp.asarray([[4.0, 3.0, 2.0, -1.0], [1.0, 0.5, -2.0, 0.0]])
    z = BatchTopK(2).sized(4).training_sample(parameters, jnp.ones(2), KEY)
    np.testing.assert_array_equal(z, [[4, 3, 2, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize("kind", [BatchTopK, JumpReLU])
def test_thresholds_start_where_k_units_are_active_on_average(kind):
    parameters = np.random.default_rng(0).normal(size=(500, 40)).astype(np.float32)
    code = kind(5).sized(40).starting_at(parameters)
    assert (code.mean(parameters) > 0).sum(axis=1).mean() == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("kind", [BatchTopK, JumpReLU])
@pytest.mark.parametrize("k", [3, 10])
def test_thresholds_move_towards_k_active_units(kind, k):
    """They have to rise where more than k units are active, to fall where fewer are."""
    parameters = np.random.default_rng(0).normal(size=(500, 40)).astype(np.float32)
    code = kind(5).sized(40).starting_at(parameters)
    code = eqx.tree_at(lambda code: code.thresholds, kind(k).sized(40), code.thresholds)
    gradient = jax.grad(lambda c: c.training_cost(parameters, jnp.ones(500)))(code)
    assert jnp.all(jnp.sign(gradient.thresholds) == (1 if k > 5 else -1))


def test_only_activations_near_its_threshold_move_a_unit_of_jump_relu():
    code = JumpReLU(1).sized(3)  # thresholds of 1
    parameters = jnp.asarray([[1.05, 5.0, 0.1]])
    gradient = jax.grad(lambda c: jnp.sum(c.training_sample(parameters, jnp.ones(1), KEY)))(code)
    assert gradient.thresholds[0] < -1
    np.testing.assert_allclose(gradient.thresholds[1:], 0, atol=1e-4)


def test_a_high_threshold_comes_down_where_its_unit_is_silent():
    code = JumpReLU(1).sized(3)
    code = eqx.tree_at(lambda code: code.thresholds, code, np.array([0.0, 0.1, 0.1], np.float32))
    parameters = jnp.asarray([[50.0, 90.0, 0.1]])  # the last unit is silent
    gradient = jax.grad(lambda c: c.training_cost(parameters, jnp.ones(1)))(code)
    np.testing.assert_allclose(gradient.thresholds[:2], 0, atol=1e-2)
    assert gradient.thresholds[2] > 0.1
    # The loss stays what it was: two units are active where one is wanted.
    assert code.training_cost(parameters, jnp.ones(1)) == 50**2 + 90**2


def test_gaussian_kl_matches_monte_carlo():
    code, parameters = GaussianCode(), drawn(GaussianCode())
    draws = jax.vmap(lambda key: code.sample(parameters, key))(jax.random.split(KEY, 40_000))
    ratios = jax.vmap(lambda z: code.log_ratio(parameters, z))(draws)
    error = ratios.std(axis=0) / len(ratios) ** 0.5
    assert jnp.all(jnp.abs(ratios.mean(axis=0) - code.cost(parameters)) < 5 * error)


def test_gaussian_draws_have_the_mean_and_deviation_that_the_encoder_gives():
    code, parameters = GaussianCode(), drawn(GaussianCode())
    draws = jax.vmap(lambda key: code.sample(parameters, key))(jax.random.split(KEY, 20_000))
    np.testing.assert_allclose(draws.mean(axis=0), code.mean(parameters), atol=0.06)
    np.testing.assert_allclose(draws.std(axis=0), code.std(parameters), rtol=0.03)


def test_reparameterized_gradient_matches_finite_differences_of_the_expectation():
    """E[sin z + z³/5], z ~ N(μ, σ²), by Gauss-Hermite quadrature, differentiated numerically."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()

    def expectation(mean, log_variance):
        z = mean + np.exp(log_variance / 2) * nodes
        return np.sum(weights * (np.sin(z) + z**3 / 5))

    def estimate(parameters, key):
        z = GaussianCode().sample(parameters[None], key)[0, 0]
        return jnp.sin(z) + z**3 / 5

    at, step = np.array([0.4, -0.8]), 1e-5
    differences = [
        (expectation(*(at + step * axis)) - expectation(*(at - step * axis))) / (2 * step)
        for axis in np.eye(2)
    ]
    keys = jax.random.split(KEY, 100_000)
    gradients = jax.vmap(jax.grad(estimate), (None, 0))(jnp.asarray(at, jnp.float32), keys)
    error = gradients.std(axis=0) / len(keys) ** 0.5
    assert np.all(np.abs(gradients.mean(axis=0) - np.array(differences)) < 5 * error)


def test_beta_scales_the_cost_and_free_bits_are_its_floor():
    parameters = drawn(GaussianCode())
    np.testing.assert_allclose(
        GaussianCode(beta=3.0).cost(parameters), 3 * GaussianCode().cost(parameters), rtol=1e-6
    )
    collapsed = jnp.zeros((2, 8))
    assert jnp.all(GaussianCode().cost(collapsed) == 0)
    np.testing.assert_allclose(GaussianCode(free_bits=0.25).cost(collapsed), 1.0)
