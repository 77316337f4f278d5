import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.models import (
    Deterministic,
    GaussianCode,
    LadderNetwork,
    Model,
    Predictor,
    SquaredError,
)
from isthmus.networks import Affine, Dense, Shortcut, glorot_uniform

X = np.random.default_rng(1).normal(2, 3, size=(40, 6)).astype(np.float32)
ONES = np.ones(40, np.float32)
KEY = jax.random.key(0)
DENSE, PLAIN = Dense((5, 7)), Deterministic()


def ladder(architecture=DENSE, code=PLAIN, layer=None):
    generator = np.random.default_rng(0)
    initialize = glorot_uniform(generator)
    network = architecture.build((6,), 4, code.n_parameters(4), 6, initialize)
    n_units = 4 if layer is None else network.without_shortcuts.encoder[layer - 1].weight.shape[1]
    head = Affine(initialize(n_units, 3, "identity"), np.zeros(3, np.float32))
    predictor = Predictor(Model(network, code, SquaredError()), head, layer).without_decoder()
    network = LadderNetwork.around(predictor, initialize)
    # As training may leave it.
    draw = jax.tree.map(lambda leaf: leaf + generator.normal(0, 0.3, leaf.shape), network)
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float32), draw)


@pytest.mark.parametrize(
    "network",
    [
        ladder(),
        ladder(Dense((5,), "relu", code_activation="tanh", centred=True)),
        ladder(Shortcut(Dense((5,)))),
        ladder(Shortcut(Dense((5,))), layer=1),
        ladder(Dense((5, 7)), layer=2),
        ladder(code=GaussianCode()),
    ],
    ids=["dense", "centred", "shortcut", "shortcut under the code", "layer", "variational"],
)
def test_plain_predictor_gives_what_the_clean_pass_does(network):
    clean = network.encode(X, ONES)
    plain = network.folded(clean.means, clean.deviations)
    np.testing.assert_allclose(plain.outputs(X), clean.outputs, rtol=1e-4, atol=1e-4)


def test_every_layer_is_normalized_by_the_rows_that_count():
    network, half = ladder(), ONES.copy()
    half[20:] = 0
    clean = network.encode(X, half)
    for z in clean.normalized[1:]:
        np.testing.assert_allclose(z[:20].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(z[:20].std(axis=0), 1, atol=1e-3)
    alone = network.encode(X[:20], ONES[:20])
    np.testing.assert_allclose(clean.outputs[:20], alone.outputs, rtol=1e-4, atol=1e-5)


def test_noise_has_its_deviation_in_every_layer():
    network = ladder()
    rows, weights = np.repeat(X, 500, axis=0), np.repeat(ONES, 500)
    noisy = network.encode(rows, weights, 0.5, KEY)
    np.testing.assert_allclose(np.std(noisy.normalized[0] - rows, axis=0), 0.5, rtol=0.05)
    for z in noisy.normalized[1:]:
        np.testing.assert_allclose(np.var(z, axis=0), 1 + 0.5**2, rtol=0.05)


def test_denoising_starts_by_leaving_everything_as_it_is():
    """Then the error is the variance of the noise in the rows, the first ones to get it."""
    initialize = glorot_uniform(np.random.default_rng(0))
    network = LadderNetwork.around(ladder().predictor, initialize)
    rows, weights = np.repeat(X, 500, axis=0), np.repeat(ONES, 500)
    clean, noisy = network.encode(rows, weights), network.encode(rows, weights, 0.5, KEY)
    errors = network.denoising_errors(noisy, clean, weights)
    assert len(errors) == 5
    assert float(errors[0].mean()) == pytest.approx(0.25, rel=0.05)
    exact = network.denoising_errors(clean, clean, weights)
    np.testing.assert_allclose(jnp.stack(exact), 0, atol=1e-8)


def test_denoising_learns_what_a_linear_estimate_would():
    """Of values without a pattern the best estimate shrinks them: error v / (1 + v)."""
    noise = 0.5
    network = ladder(Dense((), activation="identity"))
    rows = np.random.default_rng(0).normal(size=(20_000, 6)).astype(np.float32)
    weights = np.ones(len(rows), np.float32)
    noisy = network.encode(rows, weights, noise, KEY)
    clean = network.encode(rows, weights)
    shrunk = np.zeros((10, 6), np.float32)
    shrunk[9] = 1 / (1 + noise**2)
    lateral = (shrunk.ravel(), *network.lateral[1:])
    network = LadderNetwork(network.predictor, network.scales, network.downward, lateral)
    error = network.denoising_errors(noisy, clean, weights)[0]
    assert float(error.mean()) == pytest.approx(noise**2 / (1 + noise**2), rel=0.05)
