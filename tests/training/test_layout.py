import jax
import numpy as np

from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import Bernoulli, Deterministic, Model
from isthmus.training.layout import Layout


def make_model(seed=0):
    initialize = glorot_uniform(np.random.default_rng(seed))
    network = Dense((5, 3)).build((7,), 2, 2, 7, initialize)
    return Model(network, Deterministic(), Bernoulli())


def test_unflatten_undoes_flatten():
    model = make_model()
    layout = Layout.of(model)
    vector = layout.flatten(model)
    assert vector.shape == (layout.n_parameters,)
    again = layout.unflatten(vector)
    assert jax.tree.structure(again) == jax.tree.structure(model)
    for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_matrices_come_first_so_that_only_they_decay():
    model = make_model()
    layout = Layout.of(model)
    matrices = [leaf for leaf in jax.tree.leaves(model) if leaf.ndim == 2]
    assert layout.n_decayed == sum(leaf.size for leaf in matrices)
    assert (layout.flatten(model)[layout.n_decayed :] == 0).all()  # biases start at zero


def test_models_of_one_shape_share_one_layout_and_so_one_compiled_program():
    first, second = Layout.of(make_model(0)), Layout.of(make_model(1))
    assert first == second
    assert hash(first) == hash(second)
