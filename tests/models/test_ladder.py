from dataclasses import replace

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
from isthmus.models.ladder import Groups
from isthmus.networks import Affine, Dense, Shortcut, glorot_uniform

X = np.random.default_rng(1).normal(2, 3, size=(40, 6)).astype(np.float32)
ONES = np.ones(40, np.float32)
ALL = Groups(ONES, ONES)
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


def repeated(times):
    ones = np.repeat(ONES, times)
    return Groups(ones, ones)


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
    clean = network.encode(X, ALL)
    plain = network.folded(*jax.tree.map(lambda each: each[0], (clean.means, clean.deviations)))
    np.testing.assert_allclose(plain.outputs(X), clean.outputs, rtol=1e-4, atol=1e-4)


def test_every_layer_is_normalized_by_the_rows_that_count():
    network, half = ladder(), ONES.copy()
    half[20:] = 0
    clean = network.encode(X, Groups(half, ONES))
    for z in clean.normalized[1:]:
        np.testing.assert_allclose(z[:20].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(z[:20].std(axis=0), 1, atol=1e-3)
    alone = network.encode(X[:20], Groups(ONES[:20], ONES[:20]))
    np.testing.assert_allclose(clean.outputs[:20], alone.outputs, rtol=1e-4, atol=1e-5)


def test_labelled_and_unlabelled_rows_are_normalized_apart():
    network, labelled = ladder(), np.zeros(40, np.float32)
    labelled[:15] = 1
    outputs = network.encode(X, Groups(ONES, labelled)).outputs
    for part in (slice(15), slice(15, 40)):
        alone = network.encode(X[part], Groups(ONES[part], ONES[part])).outputs
        np.testing.assert_allclose(outputs[part], alone, rtol=1e-4, atol=1e-5)


def test_noise_has_its_deviation_in_every_layer():
    network = ladder()
    rows, groups = np.repeat(X, 500, axis=0), repeated(500)
    noisy = network.encode(rows, groups, 0.5, KEY)
    np.testing.assert_allclose(np.std(noisy.normalized[0] - rows, axis=0), 0.5, rtol=0.05)
    for z in noisy.normalized[1:]:
        np.testing.assert_allclose(np.var(z, axis=0), 1 + 0.5**2, rtol=0.05)


def test_denoising_starts_at_an_estimate_of_nothing():
    """Then the error is the mean square of the clean row, or of how it differs from its scale."""
    initialize = glorot_uniform(np.random.default_rng(0))
    network = LadderNetwork.around(ladder().predictor, initialize)
    clean, noisy = network.encode(X, ALL), network.encode(X, ALL, 0.5, KEY)
    rows, *layers = network.denoising_errors(noisy, clean, ALL)
    np.testing.assert_allclose(rows, np.square(X).mean(axis=1), rtol=1e-5)
    assert len(layers) == 4
    for error, z, mean, deviation in zip(
        layers, clean.normalized[1:], clean.means, clean.deviations, strict=True
    ):
        expected = np.square(z + mean / deviation).mean(axis=1)
        np.testing.assert_allclose(error, expected, rtol=1e-3)


def test_denoising_that_knows_means_and_deviations_leaves_everything_as_it_is():
    network = ladder()
    clean = network.encode(X, ALL)
    nothing = (np.zeros(6), np.ones(6))
    exact = []
    for mean, deviation in [
        nothing,
        *((m[0], d[0]) for m, d in zip(clean.means, clean.deviations, strict=True)),
    ]:
        a = np.zeros((10, len(mean)), np.float32)
        # (z − a₅) a₁₀ + a₅ is then deviation · z + mean.
        a[4], a[9] = mean / np.where(deviation == 1, 1, 1 - deviation), deviation
        exact.append(a.ravel())
    network = replace(network, lateral=tuple(exact))
    errors = jnp.stack(network.denoising_errors(clean, clean, ALL))
    np.testing.assert_allclose(errors, 0, atol=1e-6)


def test_denoising_learns_what_a_linear_estimate_would():
    """Of values without a pattern the best estimate shrinks them: error v / (1 + v)."""
    noise = 0.5
    network = ladder(Dense((), activation="identity"))
    rows = np.random.default_rng(0).normal(size=(20_000, 6)).astype(np.float32)
    ones = np.ones(len(rows), np.float32)
    groups = Groups(ones, ones)
    noisy, clean = network.encode(rows, groups, noise, KEY), network.encode(rows, groups)
    shrunk = np.zeros((10, 6), np.float32)
    shrunk[9] = 1 / (1 + noise**2)
    lateral = (shrunk.ravel(), *network.lateral[1:])
    network = LadderNetwork(network.predictor, network.scales, network.downward, lateral)
    error = network.denoising_errors(noisy, clean, groups)[0]
    assert float(error.mean()) == pytest.approx(noise**2 / (1 + noise**2), rel=0.05)
