"""The variational autoencoder against what theory knows exactly."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from isthmus import Gaussian, IsthmusError, Linear, VariationalAutoencoder, load

SPECTRUM = np.array([4.0, 2.0, 1.2, 0.7, 0.5, 0.3])


def rows_with_spectrum(spectrum, n_rows=1000, seed=0):
    """Draw rows whose sample covariance (over n) has exactly these eigenvalues, and mean 0."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(n_rows, len(spectrum)))
    orthonormal, _ = np.linalg.qr(noise - noise.mean(axis=0))
    rotation, _ = np.linalg.qr(generator.normal(size=(len(spectrum),) * 2))
    return orthonormal * np.sqrt(n_rows * np.array(spectrum)) @ rotation.T


def linear_model(n_components, variance, max_epochs=300, **settings):
    return VariationalAutoencoder(
        n_components,
        network=Linear(),
        likelihood=Gaussian(variance),
        scaling="center",
        learning_rate=0.02,
        weight_decay=0.0,
        max_epochs=max_epochs,
        validation_fraction=0,
        random_state=0,
        **settings,
    )


def decoder_of(model):
    (layer,) = model.model_.network.decoder
    return np.asarray(layer.weight, float), np.asarray(layer.bias, float)


def mean_elbo(model, x, n_draws=50):
    return np.mean([model.elbo(x, random_state=seed).mean() for seed in range(n_draws)])


@pytest.fixture(scope="module")
def x():
    return rows_with_spectrum(SPECTRUM)


@pytest.fixture(scope="module")
def trained(x):
    return linear_model(3, "shared").fit(x)


def test_linear_vae_learns_the_mean_of_the_discarded_eigenvalues(trained):
    """Lucas et al. (2019), and Tipping & Bishop (1999), equation 8."""
    variance = float(np.exp(trained.model_.likelihood.log_variance[0]))
    assert variance == pytest.approx(SPECTRUM[3:].mean(), rel=0.03)


def test_linear_vae_decoder_spans_the_components_of_probabilistic_pca(trained):
    singular = np.linalg.svd(decoder_of(trained)[0], compute_uv=False)
    np.testing.assert_allclose(singular**2, SPECTRUM[:3] - SPECTRUM[3:].mean(), rtol=0.05)


def test_linear_vae_bound_meets_the_likelihood_of_probabilistic_pca(trained, x):
    d = len(SPECTRUM)
    explained = np.log(SPECTRUM[:3]).sum() + 3 * np.log(SPECTRUM[3:].mean())
    best = -0.5 * (d * np.log(2 * np.pi) + explained + d)
    bound = mean_elbo(trained, x)
    assert bound == pytest.approx(best, abs=0.02)


def test_exactly_the_units_below_the_noise_collapse(x):
    noise = 0.6
    model = linear_model(len(SPECTRUM), noise).fit(x)
    n_alive = np.count_nonzero(noise < SPECTRUM)
    assert len(model.active_units(x)) == n_alive
    divergence = np.sort(model.divergence(x).mean(axis=0))[::-1]
    # An alive unit costs ½ log(λ / σ²) on average.
    expected = 0.5 * np.log(SPECTRUM[:n_alive] / noise)
    np.testing.assert_allclose(divergence[:n_alive], expected, atol=0.02)
    assert divergence[n_alive:].max() < 0.01
    squares = np.linalg.svd(decoder_of(model)[0], compute_uv=False) ** 2
    np.testing.assert_allclose(squares[:n_alive], SPECTRUM[:n_alive] - noise, atol=0.05)
    assert squares[n_alive:].max() < 0.01


def test_importance_weighted_bound_rises_to_the_exact_likelihood(x):
    model = linear_model(3, "shared", max_epochs=10).fit(x)
    rows = x[:200]
    decoder, bias = decoder_of(model)
    variance = float(np.exp(model.model_.likelihood.log_variance[0]))
    covariance = decoder.T @ decoder + variance * np.eye(len(SPECTRUM))
    centred = rows - x.mean(axis=0)
    exact = multivariate_normal(bias, covariance).logpdf(centred).mean()
    bounds = [model.log_likelihood(rows, n_samples=k).mean for k in (1, 5, 50, 5000)]
    assert all(np.diff(bounds) > 0), bounds
    assert bounds[0] < exact - 0.1
    assert bounds[-1] == pytest.approx(exact, abs=0.02)


def test_bound_with_one_sample_is_the_elbo(trained, x):
    bound = np.mean([trained.log_likelihood(x, 1, random_state=s).mean for s in range(20)])
    assert bound == pytest.approx(mean_elbo(trained, x), abs=0.05)


def test_standard_error_is_that_of_the_mean_over_rows(trained, x):
    estimate = trained.log_likelihood(x, n_samples=3)
    expected = estimate.rows.std(ddof=1) / len(x) ** 0.5
    assert estimate.standard_error == pytest.approx(expected)
    assert estimate.mean == pytest.approx(estimate.rows.mean(), rel=1e-5)


def test_importance_weighted_training_minimizes_the_tighter_bound(x):
    plain, weighted = (
        linear_model(3, "shared", max_epochs=1, n_importance_samples=k).fit(x) for k in (1, 20)
    )
    assert weighted.history_["loss"][0] < plain.history_["loss"][0] - 0.1


def test_transform_gives_means_and_deviations(trained, x):
    mean, std = trained.transform(x, return_std=True)
    assert mean.shape == std.shape == (len(x), 3)
    np.testing.assert_array_equal(mean, trained.transform(x))
    # σ_z² = σ² / λ for the components, in some basis of theirs.
    assert std.mean() == pytest.approx(np.sqrt(0.5 / SPECTRUM[:3]).mean(), rel=0.2)


def test_scores_of_a_row_do_not_depend_on_its_neighbours(trained, x):
    scores = trained.score_samples(x[:100])
    np.testing.assert_allclose(scores[::-1], trained.score_samples(x[:100][::-1]), rtol=1e-5)
    np.testing.assert_allclose(scores[:5], trained.score_samples(x[:5]), rtol=1e-5)
    assert trained.score(x) == pytest.approx(mean_elbo(trained, x), abs=0.15)


def test_default_starts_as_probabilistic_pca(x):
    """Lucas et al. (2019): with linear maps the bound is its likelihood."""
    model = VariationalAutoencoder(
        3, likelihood=Gaussian("shared"), hidden=8, scaling="center", learning_rate=1e-12,
        max_epochs=1, validation_fraction=0, random_state=0,
    ).fit(x)  # fmt: skip
    d = len(SPECTRUM)
    explained = np.log(SPECTRUM[:3]).sum() + 3 * np.log(SPECTRUM[3:].mean())
    best = -0.5 * (d * np.log(2 * np.pi) + explained + d)
    assert mean_elbo(model, x) == pytest.approx(best, abs=0.02)
    np.testing.assert_allclose(
        model.divergence(x).mean(axis=0), 0.5 * np.log(SPECTRUM[:3] / 0.5), atol=0.01
    )


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", ["gaussian", "noisy", "cancer"])
def test_default_is_never_far_behind_pca(name, seed):
    generator = np.random.default_rng(seed)
    if name == "gaussian":
        x = generator.normal(size=(300, 8))
    elif name == "noisy":
        factors = generator.normal(size=(300, 2)) @ generator.normal(size=(2, 8))
        x = factors + 0.5 * generator.normal(size=factors.shape)
    else:
        x = load_breast_cancer().data
    x = x[generator.permutation(len(x))]
    train, test = x[: 2 * len(x) // 3], x[2 * len(x) // 3 :]
    scaler = StandardScaler().fit(train)
    train, test = scaler.transform(train), scaler.transform(test)
    model = VariationalAutoencoder(3, hidden=16, max_epochs=60, random_state=seed).fit(train)
    pca = PCA(3).fit(train)
    theirs = np.square(pca.inverse_transform(pca.transform(test)) - test).sum()
    assert np.square(model.reconstruct(test) - test).sum() < 1.1 * theirs


def test_default_learns_where_rows_are_noisy():
    generator = np.random.default_rng(0)
    angle = generator.uniform(0, np.pi, 2000)
    noise = generator.normal(size=(2000, 2)) * (0.02 + 0.3 * (angle > np.pi / 2))[:, None]
    x = np.column_stack([np.cos(angle), np.sin(angle)]) * 3 + noise
    settings = {"hidden": 16, "max_epochs": 30, "random_state": 0}
    faithful = VariationalAutoencoder(1, **settings).fit(x)
    shared = VariationalAutoencoder(1, likelihood=Gaussian("shared"), **settings).fit(x)
    assert faithful.log_likelihood(x).mean > shared.log_likelihood(x).mean + 0.3


def test_beta_that_was_not_chosen_goes_by_the_likelihood_and_comes_back(x, tmp_path):
    settings = {"network": Linear(), "max_epochs": 1, "random_state": 0}
    for beta, likelihood, expected in (
        (None, "auto", 0.5),
        (1.0, "auto", 1.0),
        (None, Gaussian("shared"), 1.0),
    ):
        model = VariationalAutoencoder(2, beta=beta, likelihood=likelihood, **settings).fit(x)
        assert model.model_.code.beta == expected
        model.save(tmp_path / "model.isthmus")
        assert load(tmp_path / "model.isthmus").model_.code.beta == expected


def test_samples_follow_the_data(trained, x):
    drawn = trained.sample(20_000, noise=True, random_state=0)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(x.T), atol=0.35)
    np.testing.assert_array_equal(
        trained.sample(5, random_state=1), trained.sample(5, random_state=1)
    )


def test_interpolation_ends_at_both_reconstructions(trained, x):
    path = trained.interpolate(x[0], x[1], n_steps=5)
    assert path.shape == (5, len(SPECTRUM))
    np.testing.assert_allclose(path[[0, -1]], trained.reconstruct(x[:2]), atol=1e-5)


def test_interpolation_takes_rows_pairwise(trained, x):
    paths = trained.interpolate(x[:3], x[3:6], n_steps=4)
    assert paths.shape == (3, 4, len(SPECTRUM))
    for pair, path in enumerate(paths):
        alone = trained.interpolate(x[pair], x[3 + pair], n_steps=4)
        np.testing.assert_allclose(path, alone, atol=1e-5)


def test_interpolation_between_frames_gives_a_frame_pair_after_pair(x):
    frame = pd.DataFrame(x[:50], columns=list("abcdef"))
    model = linear_model(2, "shared", max_epochs=1).fit(frame)
    path = model.interpolate(frame[:2], frame[2:4], n_steps=3)
    assert list(path.columns) == list("abcdef")
    second = model.interpolate(frame[1:2], frame[3:4], n_steps=3)
    np.testing.assert_allclose(path.to_numpy()[3:], second.to_numpy(), atol=1e-6)
    assert len(path) == 6


def test_interpolation_refuses_unequal_numbers_of_rows(trained, x):
    with pytest.raises(IsthmusError, match="a has 2 rows and b has 3"):
        trained.interpolate(x[:2], x[:3])
    with pytest.raises(IsthmusError, match="n_steps=0 asks for nothing"):
        trained.interpolate(x[0], x[1], n_steps=0)


@pytest.mark.parametrize("n_importance_samples", [1, 3])
def test_history_shows_reconstruction_and_divergence_apart(x, n_importance_samples):
    model = linear_model(3, "shared", max_epochs=4, n_importance_samples=n_importance_samples)
    history = model.set_params(validation_fraction=0.2).fit(x).history_
    assert {len(values) for values in history.values()} == {4}
    for prefix in ("", "validation_"):
        parts = np.add(history[prefix + "reconstruction"], history[prefix + "divergence"])
        if n_importance_samples == 1:
            np.testing.assert_allclose(parts, history[prefix + "loss"], rtol=1e-5)
        else:
            assert np.all(parts > history[prefix + "loss"])
    held_out = x[model.validation_rows_]
    assert min(history["validation_divergence"]) > 0
    if n_importance_samples == 1:
        kept = history["validation_divergence"][model.best_epoch_ - 1]
        assert kept == pytest.approx(model.divergence(held_out).sum(axis=1).mean(), rel=1e-4)


def test_parts_of_the_loss_are_recorded_without_weights(x):
    history = linear_model(3, 1.0, max_epochs=3, beta=4.0).fit(x).history_
    parts = np.add(history["reconstruction"], 4 * np.array(history["divergence"]))
    np.testing.assert_allclose(parts, history["loss"], rtol=1e-5)


def test_divergence_follows_the_cycles_of_its_weight(x):
    """Fu et al. (2019), figure 4: it is high where a cycle begins and low where it ends."""
    model = linear_model(3, 1.0, max_epochs=24, n_cycle_epochs=8)
    model.set_params(learning_rate_schedule="constant").fit(x)
    cycles = np.reshape(model.history_["divergence"], (3, 8))[1:]
    assert np.all(cycles[:, 1] > 1.1 * cycles[:, 7])


def test_early_stopping_waits_for_a_whole_cycle(x):
    noise = np.random.default_rng(0).normal(size=(200, 6))
    model = linear_model(1, 1.0, n_cycle_epochs=12, patience=2)
    model.set_params(validation_fraction=0.2).fit(noise)
    assert len(model.history_["loss"]) == model.best_epoch_ + 12 < 300


def test_the_weight_rises_once_or_in_cycles_but_not_both(x):
    with pytest.raises(IsthmusError, match="n_warmup_epochs=3 lets"):
        linear_model(2, 1.0, n_warmup_epochs=3, n_cycle_epochs=4).fit(x)


def test_free_bits_and_beta_move_the_cost_the_way_they_should(x):
    costs = [
        linear_model(3, 1.0, max_epochs=60, **settings).fit(x).divergence(x).sum(axis=1).mean()
        for settings in ({"beta": 4.0}, {}, {"beta": 0.25})
    ]
    assert costs[0] < costs[1] < costs[2]
    charged, free = (
        linear_model(6, 1.0, max_epochs=60, free_bits=bits).fit(x).divergence(x).mean(axis=0)
        for bits in (0.0, 0.5)
    )
    assert free.min() > charged.min() + 0.1


def test_warm_up_starts_without_the_cost_of_the_code(x):
    cold = linear_model(3, 1.0, max_epochs=2).fit(x)
    warm = linear_model(3, 1.0, max_epochs=2, n_warmup_epochs=50).fit(x)
    assert warm.divergence(x).sum() > cold.divergence(x).sum()


@pytest.mark.parametrize("likelihood", ["gaussian", "discretized_logistic", "bernoulli"])
def test_digits_are_drawn_in_their_range(digits, likelihood):
    model = VariationalAutoencoder(
        4, hidden=[32], likelihood=likelihood, max_epochs=3, random_state=0
    ).fit(digits)
    drawn = model.sample(20, noise=likelihood != "gaussian", random_state=0)
    assert drawn.shape == (20, 64)
    if likelihood != "gaussian":
        assert drawn.min() >= 0
        assert drawn.max() <= 1


@pytest.mark.parametrize("settings", [{"beta": 4.0}, {"free_bits": 0.1}])
def test_importance_weighted_bound_takes_neither_beta_nor_free_bits(x, settings):
    with pytest.raises(IsthmusError, match="n_importance_samples=5 bounds"):
        linear_model(2, 1.0, n_importance_samples=5, **settings).fit(x)
