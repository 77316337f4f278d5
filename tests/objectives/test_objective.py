import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm

from isthmus.models import (
    BatchTopK,
    Code,
    Deterministic,
    Gaussian,
    GaussianCode,
    JumpReLU,
    Model,
    SquaredError,
    TopK,
)
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import (
    L1,
    AuxiliaryTopK,
    GaussianNoise,
    Objective,
    Penalty,
    SumOfLosses,
    TargetActivation,
    WeightDecay,
)

KEY, DETERMINISTIC = jax.random.key(0), Deterministic()


def make_model(code=DETERMINISTIC):
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense((5,)).build((4,), 2, code.n_parameters(2), 4, initialize)
    return Model(network, code.sized(2), SquaredError())


def test_loss_is_the_weighted_mean_of_row_losses():
    model, objective = make_model(), Objective()
    x = jnp.asarray(np.random.default_rng(1).normal(size=(6, 4)), jnp.float32)
    weights = jnp.asarray([1.0, 1, 1, 1, 0, 0])
    rows = objective.row_losses(model, x, weights, KEY)
    np.testing.assert_allclose(objective(model, x, weights, KEY, 0), rows[:4].mean(), rtol=1e-6)
    expected = jnp.sum((model.decode(model.encode(x)) - x) ** 2, axis=1)
    np.testing.assert_allclose(rows, expected, rtol=1e-5)


@pytest.mark.parametrize("k", [2, 7])
def test_importance_weighted_loss_is_minus_the_log_of_the_mean_importance_weight(k):
    """Burda, Grosse & Salakhutdinov (2016), equation 8, with the densities of SciPy."""
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense((5,)).build((4,), 2, 4, 4, initialize)
    model = Model(network, GaussianCode(), Gaussian(0.3))
    x = jnp.asarray(np.random.default_rng(1).normal(size=(6, 4)), jnp.float32)
    losses = Objective(n_importance_samples=k).row_losses(model, x, jnp.ones(6), KEY)
    parameters = network.encode(x)
    mean, log_variance = np.split(np.asarray(parameters, float), 2, axis=1)
    log_weights = []
    # The objective's own draws: the first half of its key is for corruption.
    for key in jax.random.split(jax.random.split(KEY)[1], k):
        z = model.code.sample(parameters, key)
        log_p_x = norm(network.decode(z), 0.3**0.5).logpdf(x).sum(axis=1)
        log_p_z = norm.logpdf(z).sum(axis=1)
        log_q = norm(mean, np.exp(log_variance / 2)).logpdf(z).sum(axis=1)
        log_weights.append(log_p_x + log_p_z - log_q)
    expected = np.log(k) - logsumexp(log_weights, axis=0)
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    assert np.ptp(log_weights, axis=0).min() > 0.1


WITHOUT_CHANCE = [
    (Deterministic(), L1(0.1)),
    (Deterministic(), TargetActivation(0.05)),
    (Deterministic(), WeightDecay(0.1)),
    (TopK(1), AuxiliaryTopK(1)),
    (BatchTopK(1), AuxiliaryTopK(1)),
    (JumpReLU(1), WeightDecay(0.1)),
]


@pytest.mark.parametrize(("code", "penalty"), WITHOUT_CHANCE, ids=repr)
def test_loss_that_draws_nothing_needs_no_key(code, penalty):
    model, objective = make_model(code), Objective(penalties=(penalty,))
    assert not SumOfLosses((objective, objective)).draws((model, model))
    x = jnp.asarray(np.random.default_rng(1).normal(size=(6, 4)), jnp.float32)
    losses = [objective(model, x, jnp.ones(6), key, 0) for key in (None, KEY)]
    assert losses[0] == losses[1]


def test_whatever_may_draw_gets_a_key():
    tried = {type(part) for parts in WITHOUT_CHANCE for part in parts}
    members = (*Code.members().values(), *Penalty.members().values())
    own = {kind for kind in members if kind.__module__.startswith("isthmus.")}
    assert {kind for kind in own if not kind.draws} == tried
    model = make_model()
    assert Objective(corruption=GaussianNoise(0.1)).draws(model)
    assert Objective(binarize=True).draws(model)
    assert Objective(n_importance_samples=2).draws(model)
    variational = make_model(GaussianCode())
    assert Objective().draws(variational)
    assert SumOfLosses((Objective(), Objective())).draws((model, variational))


def test_rows_of_weight_zero_change_neither_loss_nor_gradient():
    model, objective = make_model(), Objective()
    x = jnp.asarray(np.random.default_rng(1).normal(size=(6, 4)), jnp.float32)
    weights = jnp.asarray([1.0, 1, 1, 1, 0, 0])
    other = x.at[4:].set(100.0)
    gradient = jax.grad(objective)
    for a, b in zip(
        jax.tree.leaves(gradient(model, x, weights, KEY, 0)),
        jax.tree.leaves(gradient(model, other, weights, KEY, 0)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_weight_decay_counts_matrices_and_not_biases():
    model = make_model()
    x, weights = jnp.zeros((2, 4)), jnp.ones(2)
    matrices = [leaf for leaf in jax.tree.leaves(model) if leaf.ndim == 2]
    expected = 0.5 * sum(float(jnp.sum(jnp.asarray(w) ** 2)) for w in matrices)
    plain = Objective()(model, x, weights, KEY, 0)
    decayed = Objective(penalties=(WeightDecay(0.5),))(model, x, weights, KEY, 0)
    np.testing.assert_allclose(decayed - plain, expected, rtol=1e-5)
