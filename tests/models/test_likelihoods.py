import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from isthmus.errors import IsthmusError
from isthmus.models import Bernoulli, DiscretizedLogistic, Gaussian, Likelihood, Mixed, SquaredError

FAMILY = [
    SquaredError(),
    Bernoulli(),
    Gaussian("code"),
    Gaussian("faithful"),
    Gaussian("feature"),
    Gaussian("shared"),
    Gaussian(0.3),
    DiscretizedLogistic(),
]
X = np.array([[0.1, 0.5, 0.9, 0.25]], np.float32)


def test_family_is_whole():
    # What mixed columns are judged by has tests of its own.
    assert {type(likelihood) for likelihood in FAMILY} | {Mixed} == set(
        Likelihood.members().values()
    )


@pytest.mark.parametrize("likelihood", FAMILY, ids=repr)
def test_mean_of_the_best_parameters_is_the_data(likelihood):
    likelihood = likelihood.sized(4)
    best = likelihood.parameters_at(X[0])[None]
    assert best.shape == (1, likelihood.n_parameters(4))
    np.testing.assert_allclose(likelihood.mean(best), X, atol=1e-6)
    gradient = jax.grad(lambda p: likelihood.log_prob(p, X).sum())(jnp.asarray(best))
    np.testing.assert_allclose(gradient[:, :4], 0, atol=1e-3)
    for shift in (-0.1, 0.1):
        moved = jnp.asarray(best).at[:, :4].add(shift)
        assert likelihood.log_prob(moved, X)[0] < likelihood.log_prob(best, X)[0]


@pytest.mark.parametrize("likelihood", FAMILY, ids=repr)
def test_rows_are_judged_one_by_one(likelihood):
    likelihood = likelihood.sized(3)
    generator = np.random.default_rng(0)
    x = jnp.asarray(generator.uniform(size=(4, 3)), jnp.float32)
    shape = (4, likelihood.n_parameters(3))
    parameters = jnp.asarray(generator.normal(size=shape), jnp.float32)
    together = likelihood.log_prob(parameters, x)
    alone = [likelihood.log_prob(parameters[i : i + 1], x[i : i + 1])[0] for i in range(4)]
    assert together.shape == (4,)
    np.testing.assert_allclose(together, alone, rtol=1e-5)


@pytest.mark.parametrize("likelihood", FAMILY, ids=repr)
def test_draws_average_to_the_mean(likelihood):
    likelihood = likelihood.sized(4)
    best = likelihood.parameters_at(X[0])[None]
    if isinstance(likelihood, DiscretizedLogistic):
        best[:, 4:] = -2  # narrow, so that the ends of the range cut nothing off
    draws = likelihood.sample(jnp.tile(best, (20_000, 1)), jax.random.key(0))
    error = np.asarray(draws.std(axis=0)) / 20_000**0.5
    assert np.all(np.abs(np.asarray(draws.mean(axis=0)) - X[0]) < 5 * error + 1e-3)


def test_gaussian_is_the_logarithm_of_its_density():
    x, mean, log_variance = np.random.default_rng(0).normal(size=(3, 2, 5)).astype(np.float32)
    expected = norm(mean, np.exp(log_variance / 2)).logpdf(x).sum(axis=1)
    per_code = Gaussian("code").log_prob(jnp.hstack([mean, log_variance]), x)
    np.testing.assert_allclose(per_code, expected, rtol=1e-4)
    fixed = Gaussian(0.5).log_prob(mean, x)
    np.testing.assert_allclose(fixed, norm(mean, 0.5**0.5).logpdf(x).sum(axis=1), rtol=1e-4)
    shared = Gaussian("shared", np.array([0.7], np.float32)).log_prob(mean, x)
    np.testing.assert_allclose(shared, norm(mean, np.exp(0.35)).logpdf(x).sum(axis=1), rtol=1e-4)


def test_shared_variance_is_best_at_the_mean_squared_error():
    """Rybkin et al. (2021): the calibrated variance has a closed form."""
    x, mean = np.random.default_rng(0).normal(size=(2, 50, 8)).astype(np.float32)

    def loss(log_variance):
        return -Gaussian("shared", log_variance).log_prob(mean, x).sum()

    best = np.log(np.mean((x - mean) ** 2)).astype(np.float32)
    assert abs(jax.grad(loss)(jnp.asarray([best]))[0]) < 0.05


def test_faithful_variance_is_a_density_whose_mean_learns_as_with_a_shared_one():
    """Stirn et al. (2023): the gradient of the mean is that of the homoscedastic model."""
    x, mean, ratio = np.random.default_rng(0).normal(size=(3, 4, 6)).astype(np.float32)
    shared = np.array([-0.4], np.float32)

    def faithful(mean, ratio, shared):
        return Gaussian("faithful", shared).log_prob(jnp.hstack([mean, ratio]), x).sum()

    log_variance = shared + 6 * np.tanh(ratio / 6)
    expected = norm(mean, np.exp(log_variance / 2)).logpdf(x).sum()
    assert faithful(mean, ratio, shared) == pytest.approx(expected, rel=1e-4)

    def homoscedastic(mean, shared):
        return Gaussian("shared", shared).log_prob(mean, x).sum()

    for own, plain in zip(
        jax.grad(faithful, (0, 2))(mean, ratio, shared),
        jax.grad(homoscedastic, (0, 1))(mean, shared),
        strict=True,
    ):
        np.testing.assert_allclose(own, plain, rtol=1e-4)
    free = jax.grad(lambda r: norm_log_density(x, mean, shared + 6 * jnp.tanh(r / 6)).sum())(
        jnp.asarray(ratio)
    )
    np.testing.assert_allclose(jax.grad(faithful, 1)(mean, ratio, shared), free, rtol=1e-3)


def norm_log_density(x, mean, log_variance):
    return jax.scipy.stats.norm.logpdf(x, mean, jnp.exp(log_variance / 2))


def test_faithful_variance_of_repeated_values_has_a_floor():
    likelihood = Gaussian("faithful", np.zeros(1, np.float32))
    lowest = likelihood.log_prob(jnp.asarray([[0.0, -1e6]]), jnp.zeros((1, 1)))[0]
    assert lowest == pytest.approx(3 - 0.5 * np.log(2 * np.pi), rel=1e-5)


def test_discretized_logistic_gives_all_levels_probability_one():
    levels = jnp.arange(256)[:, None] / 255
    for raw, log_scale in ((0.3, 0.0), (-4.0, -3.0), (5.0, 2.0)):
        parameters = jnp.tile(jnp.asarray([[raw, log_scale]]), (256, 1))
        total = jnp.exp(DiscretizedLogistic().log_prob(parameters, levels)).sum()
        np.testing.assert_allclose(total, 1.0, rtol=1e-4)


def test_discretized_logistic_stays_finite_far_out():
    parameters = jnp.asarray([[30.0, -30.0]])
    x = jnp.asarray([[0.0]])
    value, gradient = jax.value_and_grad(lambda p: DiscretizedLogistic().log_prob(p, x)[0])(
        parameters
    )
    assert jnp.isfinite(value)
    assert jnp.isfinite(gradient).all()


@pytest.mark.parametrize("variance", [0, -1.0, "unknown"])
def test_impossible_variances_are_refused(variance):
    with pytest.raises(IsthmusError, match="neither a positive number nor one of"):
        Gaussian(variance)


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


def test_score_of_shares_is_at_its_best_where_they_are_explained():
    likelihood = Bernoulli()
    p = np.array([[0.3, 0.6]], np.float32)
    parameters = jnp.asarray(np.log(p / (1 - p)))
    assert likelihood.score(parameters, p)[0] == pytest.approx(0, abs=1e-6)
    distances = np.array([-5, -1, -0.3, 0, 0.2, 0.4, 1, 5, 1e6])
    scores = [float(likelihood.score(parameters, p + d)[0]) for d in distances]
    assert scores == sorted(scores[:4]) + sorted(scores[4:], reverse=True)
    # Pinsker's bound, for two columns.
    assert np.all(scores <= -2 * 2 * distances**2 * (1 - 1e-6) + 1e-6)


def test_score_of_zeros_and_ones_is_the_log_likelihood():
    likelihood, generator = Bernoulli(), np.random.default_rng(0)
    x = generator.integers(0, 2, (20, 5)).astype(np.float32)
    parameters = jnp.asarray(generator.normal(size=(20, 5)), jnp.float32)
    np.testing.assert_array_equal(
        likelihood.score(parameters, x), likelihood.log_prob(parameters, x)
    )
