import jax
import jax.numpy as jnp
import numpy as np

from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import Deterministic, Model, Objective, SquaredError, WeightDecay

KEY = jax.random.key(0)


def make_model():
    initialize = glorot_uniform(np.random.default_rng(0))
    return Model(Dense((5,)).build((4,), 2, 2, 4, initialize), Deterministic(), SquaredError())


def test_loss_is_the_weighted_mean_of_row_losses():
    model, objective = make_model(), Objective()
    x = jnp.asarray(np.random.default_rng(1).normal(size=(6, 4)), jnp.float32)
    weights = jnp.asarray([1.0, 1, 1, 1, 0, 0])
    rows = objective.row_losses(model, x, weights, KEY)
    np.testing.assert_allclose(objective(model, x, weights, KEY, 0), rows[:4].mean(), rtol=1e-6)
    expected = jnp.sum((model.decode(model.encode(x)) - x) ** 2, axis=1)
    np.testing.assert_allclose(rows, expected, rtol=1e-5)


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
