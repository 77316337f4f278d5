import jax
import numpy as np
import pytest

from isthmus.models import Deterministic, Model, SquaredError
from isthmus.networks import Dense, glorot_uniform
from isthmus.training import over_rows


@pytest.fixture(scope="module")
def model():
    network = Dense((8,)).build((4,), 2, 2, 4, glorot_uniform(np.random.default_rng(0)))
    return Model(network, Deterministic(), SquaredError())


def noise(model, x, key, scale):
    return scale * jax.random.normal(key, x.shape)


@pytest.mark.parametrize("n_rows", [0, 1, 32, 33, 1025, 9000])
def test_every_row_gets_its_own_result_whatever_their_number(model, n_rows):
    x = np.random.default_rng(1).normal(size=(n_rows, 4)).astype(np.float32)
    found = over_rows(Model.encode, model, x)
    assert found.shape == (n_rows, 2)
    np.testing.assert_allclose(found, model.encode(x), atol=1e-5)


def test_chunks_give_what_the_whole_gives(model):
    x = np.random.default_rng(1).normal(size=(100, 4)).astype(np.float32)
    whole = over_rows(Model.encode, model, x)
    np.testing.assert_array_equal(over_rows(Model.encode, model, iter([x[:60], x[60:]])), whole)


def test_the_seed_fixes_what_is_drawn_and_arguments_reach_the_function(model):
    x = np.zeros((9000, 4), np.float32)
    first, again, other = (over_rows(noise, model, x, 2.0, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.99
    assert first.std() == pytest.approx(2.0, rel=0.05)
    # Batches have keys of their own.
    assert (first[:800] != first[8192:8992]).mean() > 0.99
