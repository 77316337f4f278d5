import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.decomposition import PCA

from isthmus.errors import IsthmusError
from isthmus.networks import Convolutional, Dense, Linear, Shortcut, glorot_uniform

DESIGNS = {
    "dense": Dense((9, 6)),
    "tied": Dense((9, 6), "tanh", tied_weights=True),
    "sigmoid": Dense((9,), "sigmoid"),
    "convolutional": Convolutional((4, 5)),
    "convolutional, then dense": Convolutional((4,), hidden=[7]),
}


def build(design, row_shape=(12,)):
    return Shortcut(design).build(row_shape, 3, 3, 12, glorot_uniform(np.random.default_rng(0)))


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(1, 2, size=(50, 12)).astype(np.float32)


def started(design, rows):
    pca = PCA(3).fit(rows.astype(np.float64))
    encode, decode = pca.components_.T / 2, pca.components_ * 2
    network = build(design).starting_at(encode, -pca.mean_ @ encode, decode, pca.mean_)
    return network, pca


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_start_is_the_linear_model_alone(design, rows):
    network, pca = started(design, rows)
    codes = network.encode(rows)
    np.testing.assert_allclose(codes, pca.transform(rows) / 2, atol=1e-5)
    np.testing.assert_allclose(
        network.decode(codes), pca.inverse_transform(pca.transform(rows)), atol=1e-4
    )


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_every_layer_learns_from_there_sooner_or_later(design, rows):
    network, _ = started(design, rows)

    def loss(network):
        return jnp.mean((network.decode(network.encode(rows)) - rows) ** 2)

    for _ in range(3):
        gradient = jax.grad(loss)(network)
        network = jax.tree.map(lambda leaf, slope: leaf - 0.1 * slope, network, gradient)
    assert all(np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(gradient))


def test_hidden_layers_and_codes_are_those_of_the_layers_and_the_sum(rows):
    network = build(Dense((9,)))
    hidden = network.activations(rows, 1)
    np.testing.assert_array_equal(hidden, network.layers.activations(rows, 1))
    np.testing.assert_allclose(
        network.encode(rows), network.layers.encode(rows) + network.shortcuts[0](rows), atol=1e-5
    )


def test_codes_need_no_decoder(rows):
    network = build(Dense((9,)))
    alone = network.without_decoder()
    np.testing.assert_array_equal(alone.encode(rows), network.encode(rows))
    assert len(jax.tree.leaves(alone)) == len(jax.tree.leaves(network)) - 6


def test_fewer_components_leave_units_at_nothing(rows):
    network = build(Dense((9,)))
    few = np.eye(12)[:2]
    network = network.starting_at(few.T, np.zeros(2), few, np.zeros(12))
    codes = np.asarray(network.encode(rows))
    np.testing.assert_allclose(codes, np.c_[rows[:, :2], np.zeros(len(rows))], atol=1e-5)


@pytest.mark.parametrize(
    "design",
    [
        Linear(),
        Dense(()),
        Dense((8,), "sigmoid", tied_weights=True),
        Dense((8,), code_activation="relu"),
        Dense((8,), unit_norm_decoder=True),
        Shortcut(Dense((8,))),
    ],
)
def test_what_shortcuts_cannot_lead_around_is_refused(design):
    with pytest.raises(IsthmusError, match="shortcuts cannot lead around"):
        Shortcut(design)
