import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.objectives import LIKELIHOODS, Bernoulli, SquaredError


@pytest.mark.parametrize("likelihood", LIKELIHOODS.values())
def test_mean_of_the_best_parameters_is_the_data(likelihood):
    likelihood = likelihood()
    x = jnp.asarray([[0.1, 0.5, 0.9]])
    parameters = jnp.zeros((1, likelihood.n_parameters(3)))
    gradient = jax.jit(jax.grad(lambda p: likelihood.log_prob(p, x).sum()))
    for _ in range(2000):
        parameters = parameters + 0.4 * gradient(parameters)
    np.testing.assert_allclose(likelihood.mean(parameters), x, atol=1e-3)


@pytest.mark.parametrize("likelihood", LIKELIHOODS.values())
def test_rows_are_judged_one_by_one(likelihood):
    likelihood = likelihood()
    generator = np.random.default_rng(0)
    x = jnp.asarray(generator.uniform(size=(4, 3)), jnp.float32)
    parameters = jnp.asarray(generator.normal(size=(4, 3)), jnp.float32)
    together = likelihood.log_prob(parameters, x)
    alone = [likelihood.log_prob(parameters[i : i + 1], x[i : i + 1])[0] for i in range(4)]
    assert together.shape == (4,)
    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_bernoulli_is_the_logarithm_of_the_probability():
    logits = jnp.asarray([[-2.0, 0.0, 3.0]])
    p = jax.nn.sigmoid(logits)
    for x in ([[0.0, 1.0, 1.0]], [[1.0, 0.0, 0.0]]):
        x = jnp.asarray(x)
        expected = jnp.log(jnp.prod(jnp.where(x == 1, p, 1 - p)))
        np.testing.assert_allclose(Bernoulli().log_prob(logits, x)[0], expected, rtol=1e-5)


def test_bernoulli_stays_finite_far_out():
    logits = jnp.asarray([[-500.0, 500.0]])
    assert Bernoulli().log_prob(logits, jnp.asarray([[0.0, 1.0]]))[0] == 0
    assert jnp.isfinite(Bernoulli().log_prob(logits, jnp.asarray([[1.0, 0.0]]))).all()


def test_squared_error_is_the_negative_sum_of_squares():
    value = SquaredError().log_prob(jnp.asarray([[1.0, 2.0]]), jnp.asarray([[0.0, 4.0]]))
    assert value[0] == -5
