import jax
import jax.numpy as jnp
import numpy as np

from isthmus.models import Deterministic, Mixed, Model
from isthmus.networks import ResidualTableNetwork, glorot_uniform
from isthmus.networks.architectures.residual_table import N_KNOTS, ResidualTable
from isthmus.objectives import Imputation, Minibatch
from isthmus.prepare import ColumnLayout, normal_scores

# Two numbers, a boolean, a category of two levels.
LAYOUT = ColumnLayout((0, 1), (2,), ((3, 2),), 4)
LOSS = Imputation(LAYOUT.columns, LAYOUT.parts)
KEY = jax.random.key(0)


def make_model():
    likelihood = Mixed().for_columns(LAYOUT)
    design = ResidualTable(2, LAYOUT.first_places)
    initialize = glorot_uniform(np.random.default_rng(0))
    network = design.build((5,), 8, 8, likelihood.n_parameters(5), initialize)
    rows = np.random.default_rng(1).normal(size=(200, 2))
    ranks = normal_scores(rows, N_KNOTS)
    output = np.zeros(likelihood.n_parameters(5), np.float32)
    return Model(network.starting_at(output, *ranks), Deterministic(), likelihood)


def rows(n=64):
    generator = np.random.default_rng(2)
    levels = np.eye(2)[generator.integers(2, size=n)]
    truth = generator.integers(2, size=(n, 1))
    return np.concatenate([generator.normal(size=(n, 2)), truth, levels], 1).astype(np.float32)


def loss_of(model, x):
    batch = Minibatch(jnp.asarray(x), jnp.ones(len(x)))
    return LOSS.update_loss(model, batch, KEY, jnp.zeros(()), None)[0]


def test_missing_cells_cost_nothing_and_teach_nothing():
    model, x = make_model(), rows()
    x[:, 1] = np.nan
    gradient = jax.grad(loss_of)(model, x)
    bias = np.asarray(gradient.network.decoder[0].bias)
    assert np.isfinite(bias).all()
    assert bias[1] == 0 != bias[0]
    assert np.isfinite(loss_of(model, np.full_like(x, np.nan)))


def test_hidden_cells_count_ten_times_as_much_as_those_that_are_seen():
    _, weights = LOSS._cells(make_model(), jnp.asarray(rows(4000)), KEY)
    np.testing.assert_array_equal(np.unique(weights), np.float32([0.1, 1]))
    assert abs(float(np.mean(weights == 1)) - 0.35) < 0.02


def test_ranks_teach_the_layers_but_do_not_move():
    gradient = jax.grad(loss_of)(make_model(), rows())
    assert not np.any(gradient.network.knots)
    assert not np.any(gradient.network.scores)
    assert np.any(gradient.network.encoder[0].weight)


def test_ranks_of_a_network_are_those_of_the_training_rows():
    network = make_model().network
    assert isinstance(network, ResidualTableNetwork)
    x = np.random.default_rng(1).normal(size=(200, 2)).astype(np.float32)
    found = np.asarray(network._normal_scores(jnp.asarray(x)))
    np.testing.assert_array_equal(np.argsort(found, 0), np.argsort(x, 0))
    assert abs(found.mean()) < 0.05
    assert abs(found.std() - 1) < 0.05
