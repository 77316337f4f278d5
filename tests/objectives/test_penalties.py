import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.models import Deterministic, Model, SquaredError, TopK
from isthmus.networks import Convolutional, Dense, glorot_uniform
from isthmus.objectives import (
    L1,
    AuxiliaryTopK,
    Contractive,
    Penalty,
    TargetActivation,
    WeightDecay,
)
from isthmus.objectives.penalties.base import EncodedMinibatch
from isthmus.objectives.penalties.contractive import (
    estimated_squared_norms,
    exact_squared_norms,
)

KEY = jax.random.key(0)
X = jnp.asarray(np.random.default_rng(0).normal(size=(6, 5)), jnp.float32)
WEIGHTS = jnp.asarray([1.0, 1, 1, 1, 0, 0])
FAMILY = [WeightDecay(0.1), L1(0.1), TargetActivation(0.1), Contractive(0.1), AuxiliaryTopK(2, 0.1)]


def make_model(code=None, hidden=(), **settings):
    code = code or Deterministic()
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense(hidden, "sigmoid", **settings).build((5,), 3, 3, 5, initialize)
    return Model(network, code, SquaredError())


def make_batch(model, x=X):
    return EncodedMinibatch(x, WEIGHTS, x, model.network.encode(x), KEY)


def test_family_is_whole():
    assert {type(penalty) for penalty in FAMILY} == set(Penalty.members().values())


@pytest.mark.parametrize("penalty", FAMILY, ids=repr)
def test_penalty_is_a_number_that_rows_of_weight_zero_do_not_touch(penalty):
    model = make_model(TopK(1), code_activation="sigmoid")
    value = penalty(model, make_batch(model))
    assert value.shape == ()
    other = penalty(model, make_batch(model, X.at[4:].set(9.0)))
    np.testing.assert_allclose(value, other, rtol=1e-6)


def jacobian_norms(model, x):
    jacobian = jax.vmap(jax.jacobian(lambda row: model.encode(row[None])[0]))(x)
    return jnp.sum(jacobian**2, axis=(1, 2))


@pytest.mark.parametrize("code_activation", ["sigmoid", "tanh", "silu"])
@pytest.mark.parametrize("centred", [False, True])
def test_contractive_closed_form_is_the_norm_of_the_exact_jacobian(code_activation, centred):
    model = make_model(code_activation=code_activation, centred=centred)
    expected = jacobian_norms(model, X)
    np.testing.assert_allclose(exact_squared_norms(model.network, X), expected, rtol=1e-5)
    penalty = Contractive(0.5)(model, make_batch(model))
    np.testing.assert_allclose(penalty, 0.5 * expected[:4].mean(), rtol=1e-5)


def make_convolutional_model():
    initialize = glorot_uniform(np.random.default_rng(0))
    design = Convolutional((2, 3), code_activation="sigmoid", activation="tanh")
    return Model(design.build((5,), 3, 3, 5, initialize), Deterministic(), SquaredError())


ENCODERS = {
    "one layer": make_model(code_activation="sigmoid"),
    "deep": make_model(hidden=(7,), code_activation="sigmoid"),
    "convolutional": make_convolutional_model(),
}


@pytest.mark.parametrize("kind", ENCODERS)
def test_contractive_estimate_is_unbiased(kind):
    model = ENCODERS[kind]
    keys = jax.random.split(KEY, 4000)
    estimates = jax.vmap(lambda key: estimated_squared_norms(model, X, key))(keys)
    error = estimates.std(axis=0) / len(keys) ** 0.5
    assert jnp.all(jnp.abs(estimates.mean(axis=0) - jacobian_norms(model, X)) < 5 * error + 1e-6)
    assert jnp.all(error < 0.05 * jacobian_norms(model, X))


@pytest.mark.parametrize("kind", ["deep", "convolutional"])
def test_contractive_penalty_of_other_encoders_is_the_estimate(kind):
    model = ENCODERS[kind]
    batch = make_batch(model)
    expected = estimated_squared_norms(model, X, KEY)[:4].mean()
    np.testing.assert_allclose(Contractive(2.0)(model, batch), 2 * expected, rtol=1e-6)


def test_l1_is_the_mean_sum_of_absolute_codes():
    model = make_model()
    expected = jnp.abs(model.encode(X))[:4].sum(axis=1).mean()
    np.testing.assert_allclose(L1(0.3)(model, make_batch(model)), 0.3 * expected, rtol=1e-6)


def test_relative_l1_grows_with_the_square_of_the_scale_as_squared_error_does():
    model, penalty = make_model(), L1(0.3, relative=True)
    batch = make_batch(model)
    tripled = batch._replace(x=3 * batch.x + 5, code_parameters=3 * batch.code_parameters)
    np.testing.assert_allclose(penalty(model, tripled), 9 * penalty(model, batch), rtol=1e-5)


def test_target_activation_is_zero_at_the_target_and_grows_away_from_it():
    model = make_model(code_activation="sigmoid")
    mean = np.asarray(model.encode(X)[:4].mean(axis=0))
    away = TargetActivation(1.0, 0.05)(model, make_batch(model))
    expected = np.sum(0.05 * np.log(0.05 / mean) + 0.95 * np.log(0.95 / (1 - mean)))
    np.testing.assert_allclose(away, expected, rtol=1e-5)
    flat = make_batch(model)._replace(code_parameters=jnp.full((6, 3), 0.05))
    np.testing.assert_allclose(TargetActivation(1.0, 0.05)(model, flat), 0.0, atol=1e-6)


def test_auxiliary_loss_moves_silent_units_and_no_others():
    model = make_model(TopK(1))
    # Unit 0 wins everywhere; units 1 and 2 are silent.
    biased = model.network.encoder[0].bias + np.array([100, 0, 0], np.float32)
    model = jax.tree.map(
        lambda leaf: biased if leaf is model.network.encoder[0].bias else leaf, model
    )
    penalty = AuxiliaryTopK(2, 1.0)

    def value(m):
        return penalty(m, EncodedMinibatch(X, WEIGHTS, X, m.network.encode(X), KEY))

    gradient = jax.grad(value)(model).network
    assert jnp.all(gradient.encoder[0].weight[:, 0] == 0)
    assert jnp.all(jnp.any(gradient.encoder[0].weight[:, 1:] != 0, axis=0))
