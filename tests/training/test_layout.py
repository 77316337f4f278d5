import jax
import numpy as np
import pytest

from isthmus.models import Bernoulli, Deterministic, Model
from isthmus.networks import Dense, glorot_uniform
from isthmus.training.layout import Layout


def make_model(seed=0, widths=(5, 3)):
    initialize = glorot_uniform(np.random.default_rng(seed))
    network = Dense(widths).build((7,), 2, 2, 7, initialize)
    return Model(network, Deterministic(), Bernoulli())


@pytest.mark.parametrize("widths", [(5, 3), (200, 100)])
def test_unflatten_undoes_flatten(widths):
    model = make_model(widths=widths)
    layout = Layout.of(model)
    parameters = layout.flatten(model)
    assert sum(array.size for array in parameters) == layout.n_parameters
    again = layout.unflatten(parameters)
    assert jax.tree.structure(again) == jax.tree.structure(model)
    for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(model), strict=True):
        np.testing.assert_array_equal(a, b)


def test_small_parameters_share_a_vector_and_large_matrices_stand_alone():
    vector, *large = Layout.of(make_model()).flatten(make_model())
    assert vector.ndim == 1
    assert not large
    wide = make_model(widths=(200, 100))
    vector, *large = Layout.of(wide).flatten(wide)
    assert [matrix.shape for matrix in large] == [(200, 100), (100, 200)]
    assert vector.size == sum(leaf.size for leaf in jax.tree.leaves(wide)) - 40_000


@pytest.mark.parametrize("widths", [(5, 3), (200, 100)])
def test_only_matrices_decay(widths):
    model = make_model(widths=widths)
    layout = Layout.of(model)
    shapes = [array.shape for array in layout.flatten(model)]
    whole = tuple(np.broadcast_to(d, shape) for d, shape in zip(layout.decays, shapes, strict=True))
    for leaf in jax.tree.leaves(layout.unflatten(whole)):
        assert (leaf == (leaf.ndim > 1)).all()


def test_models_of_one_shape_share_one_layout_and_so_one_compiled_program():
    first, second = Layout.of(make_model(0)), Layout.of(make_model(1))
    assert first == second
    assert hash(first) == hash(second)
