import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from isthmus.models import Mixed
from isthmus.prepare import ColumnLayout

# Two numbers, a boolean, two categories of two levels and one of three.
LAYOUT = ColumnLayout((0, 1), (2,), ((3, 2), (4, 2), (5, 3)), 6)
MIXED = Mixed().for_columns(LAYOUT)
X = np.array([[0.5, -1, 1, 1, 0, 0, 1, 0, 0, 1]], np.float32)
GENERATOR = np.random.default_rng(0)
PARAMETERS = GENERATOR.normal(size=(1, MIXED.n_parameters(10))).astype(np.float32)


def log_softmax(values):
    return values - np.log(np.exp(values).sum())


def test_every_column_has_the_log_likelihood_of_its_distribution():
    p = PARAMETERS[0].astype(float)
    expected = [
        norm.logpdf(0.5, p[0], np.exp(p[10] / 2)),
        norm.logpdf(-1, p[1], np.exp(p[11] / 2)),
        -np.log1p(np.exp(-p[2])),
        log_softmax(p[3:5])[0],
        log_softmax(p[5:7])[1],
        log_softmax(p[7:10])[2],
    ]
    np.testing.assert_allclose(MIXED.log_probs(PARAMETERS, X)[0], expected, rtol=1e-5)
    np.testing.assert_allclose(MIXED.log_prob(PARAMETERS, X)[0], sum(expected), rtol=1e-5)


@pytest.mark.parametrize("column", range(6))
def test_missing_values_cost_nothing_and_teach_nothing(column):
    x = X.copy()
    x[:, LAYOUT.places[column]] = np.nan
    whole, left = (np.asarray(MIXED.log_probs(PARAMETERS, each)[0]) for each in (X, x))
    part = LAYOUT.parts.index(column)
    assert left[part] == 0
    np.testing.assert_array_equal(np.delete(left, part), np.delete(whole, part))
    gradient = np.asarray(jax.grad(lambda p: MIXED.log_prob(p, x).sum())(jnp.asarray(PARAMETERS)))
    assert np.isfinite(gradient).all()
    assert (gradient[0, LAYOUT.places[column]] == 0).all()


def test_the_mean_of_the_parameters_of_a_row_is_that_row():
    shares = np.array([0.5, -1, 0.3, 0.2, 0.8, 0.5, 0.5, 0.1, 0.3, 0.6], np.float32)
    back = MIXED.mean(MIXED.parameters_at(shares)[None])
    np.testing.assert_allclose(back[0], shares, atol=1e-5)


def test_draws_are_possible_values_and_average_to_the_mean():
    drawn = np.asarray(MIXED.sample(np.repeat(PARAMETERS, 20_000, axis=0), jax.random.key(0)))
    assert set(np.unique(drawn[:, 2:])) == {0.0, 1.0}
    for place in (slice(3, 5), slice(5, 7), slice(7, 10)):
        assert (drawn[:, place].sum(axis=1) == 1).all()
    error = drawn.std(axis=0) / 20_000**0.5
    assert (np.abs(drawn.mean(axis=0) - MIXED.mean(PARAMETERS)[0]) < 5 * error).all()


def test_numbers_that_repeat_gain_no_more_than_a_few_nats():
    parameters = PARAMETERS.copy()
    parameters[0, :2], parameters[0, 10:] = X[0, :2], -100
    assert (MIXED.log_probs(parameters, X)[0, :2] < 2.1).all()


def test_the_mean_learns_also_where_the_variance_is_large():
    parameters = PARAMETERS.copy()
    parameters[0, 10:] = 4
    gradient = jax.grad(lambda p: MIXED.log_prob(p, X).sum())(jnp.asarray(parameters))
    assert (np.abs(gradient[0, :2]) > np.abs(X[0, :2] - parameters[0, :2])).all()
