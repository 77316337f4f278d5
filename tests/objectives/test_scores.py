import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.models import Gaussian, GaussianCode, Model
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import Objective, mean_row_scores, scores
from isthmus.training import over_rows


@pytest.fixture(scope="module")
def model():
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense((64,)).build((32,), 4, 8, 64, initialize)
    return Model(network, GaussianCode(), Gaussian())


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)


def test_mean_row_scores_averages_over_the_same_draws_for_every_row(model, x):
    keys = jax.random.split(jax.random.key(0), scores.N_DRAWS)
    expected = [
        np.mean([-Objective().row_losses(model, row[None], jnp.ones(1), key)[0] for key in keys])
        for row in x[:3]
    ]
    np.testing.assert_allclose(over_rows(mean_row_scores, model, x)[:3], expected, rtol=1e-5)


def test_memory_for_scores_does_not_grow_with_the_draws(model, x, monkeypatch):
    def n_bytes(n_draws):
        monkeypatch.setattr(scores, "N_DRAWS", n_draws)
        lowered = jax.jit(lambda model, x: mean_row_scores(model, x)).lower(model, x)
        return lowered.compile().memory_analysis().temp_size_in_bytes

    assert n_bytes(64) < 2 * n_bytes(2)
