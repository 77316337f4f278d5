import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.models import Gaussian, GaussianCode, Model
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import Objective
from isthmus.training import score_rows_alone
from isthmus.training.devices import random_key
from isthmus.training.inference import _score_alone
from isthmus.training.layout import Layout


@pytest.fixture(scope="module")
def model():
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense((64,)).build((32,), 4, 8, 64, initialize)
    return Model(network, GaussianCode(), Gaussian())


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).normal(size=(32, 32)).astype(np.float32)


def test_scores_of_rows_alone_are_means_over_the_same_draws(model, x):
    keys = jax.random.split(random_key(0), 3)
    expected = [
        np.mean([-Objective().row_losses(model, row[None], jnp.ones(1), key)[0] for key in keys])
        for row in x[:3]
    ]
    np.testing.assert_allclose(score_rows_alone(model, x, Objective(), 3)[:3], expected, rtol=1e-5)


def test_memory_for_scores_does_not_grow_with_the_draws(model, x):
    layout = Layout.of(model)
    settings = {"layout": layout, "objective": Objective()}

    def n_bytes(n_draws):
        lowered = _score_alone.lower(
            layout.flatten(model), x, random_key(0), n_draws=n_draws, **settings
        )
        return lowered.compile().memory_analysis().temp_size_in_bytes

    assert n_bytes(64) < 2 * n_bytes(2)
