import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.errors import IsthmusError
from isthmus.models import Code, Deterministic, GaussianCode, TopK

KEY = jax.random.key(0)
FAMILY = [Deterministic(), TopK(2), GaussianCode(), GaussianCode(beta=4.0, free_bits=0.1)]


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
