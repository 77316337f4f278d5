"""The linear autoencoder is PCA (Baldi & Hornik 1989; Plaut 2018; Kunin et al. 2019)."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA, IncrementalPCA

from isthmus import IsthmusError, LinearAutoencoder


@pytest.fixture(scope="module")
def raw_digits():
    return load_digits().data


def decoder_matrix(estimator):
    return np.asarray(estimator.model_.network.decoder[0].weight, np.float64)  # (k, d)


def error(estimator, X):
    return float(np.sum((estimator.inverse_transform(estimator.transform(X)) - X) ** 2, 1).mean())


@pytest.mark.parametrize("n_components", [1, 16, 64])
def test_closed_form_agrees_with_scikit_learn_to_float_precision(raw_digits, n_components):
    ours = LinearAutoencoder(n_components).fit(raw_digits)
    theirs = PCA(n_components).fit(raw_digits)
    scale = np.abs(theirs.transform(raw_digits)).max()
    np.testing.assert_allclose(
        ours.transform(raw_digits), theirs.transform(raw_digits), atol=1e-6 * scale
    )
    np.testing.assert_allclose(
        ours.reconstruct(raw_digits),
        theirs.inverse_transform(theirs.transform(raw_digits)),
        atol=1e-6 * scale,
    )
    np.testing.assert_allclose(
        ours.explained_variance_ratio_, theirs.explained_variance_ratio_, atol=1e-12
    )


@pytest.mark.parametrize("offsets", [(0, 0, 0, 0, 0, 0), (0, 1_000, -1_000, 1, 0, 5_000)])
def test_means_far_from_zero_cost_no_digits(offsets):
    centred, _ = known_spectrum()
    rows = np.float32(centred)
    rows[:, 4] = 0  # a constant column
    rows = rows + np.float32(offsets)
    ours = LinearAutoencoder(3, scaling="none").fit(rows)
    theirs = PCA(3, svd_solver="full").fit(rows.astype(np.float64))
    np.testing.assert_allclose(
        ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-5
    )
    angles = subspace_angles(decoder_matrix(ours).T, theirs.components_.T)
    assert angles.max() < 1e-3


@pytest.mark.usefixtures("optimized")
@pytest.mark.parametrize("n_components", [5, 16])
@pytest.mark.parametrize("seed", [0, 1])
def test_training_by_gradient_finds_the_principal_subspace(raw_digits, n_components, seed):
    ours = LinearAutoencoder(n_components, solver="gradient", random_state=seed).fit(raw_digits)
    theirs = PCA(n_components).fit(raw_digits)
    assert error(ours, raw_digits) == pytest.approx(error(theirs, raw_digits), rel=1e-3)
    angles = subspace_angles(decoder_matrix(ours).T, theirs.components_.T)
    assert angles.max() < 0.01


def known_spectrum(n_rows=400):
    """Centred rows whose singular values are 20, 10, 5, 2, 1, 0.5."""
    generator = np.random.default_rng(0)
    left = generator.normal(size=(n_rows, 6))
    left, _ = np.linalg.qr(left - left.mean(axis=0))
    right, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    values = np.array([20.0, 10.0, 5.0, 2.0, 1.0, 0.5])
    return left @ np.diag(values) @ right, values


@pytest.mark.parametrize("solver", ["closed_form", "gradient"])
def test_l2_shrinks_singular_values_as_kunin_et_al_say(solver):
    X, values = known_spectrum()
    strength = 9.0  # σ² = 4, 1 and 0.25 lie under it
    estimator = LinearAutoencoder(
        6, solver=solver, l2=strength, random_state=0, batch_size=512, max_epochs=3000
    ).fit(X)
    expected = np.sqrt(np.clip(1 - strength / values**2, 0, None))
    found = np.linalg.svd(decoder_matrix(estimator), compute_uv=False)
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert (expected == 0).sum() == 3
    encoder = np.asarray(estimator.model_.network.encoder[0].weight)
    np.testing.assert_allclose(encoder, decoder_matrix(estimator).T, atol=2e-3)


def test_share_of_variance_chooses_the_components(raw_digits):
    estimator = LinearAutoencoder(0.9).fit(raw_digits)
    assert estimator.n_components_ == PCA(0.9).fit(raw_digits).n_components_
    with pytest.raises(IsthmusError, match="only fit with solver='closed_form' can find"):
        LinearAutoencoder(0.9, solver="gradient").fit(raw_digits)


def test_too_many_components_are_refused(table):
    with pytest.raises(IsthmusError, match="n_components=7 is more than a linear code can use"):
        LinearAutoencoder(7).fit(table)


def test_partial_fit_is_incremental_pca(raw_digits):
    ours, theirs = LinearAutoencoder(8, scaling="none"), IncrementalPCA(8)
    for start in range(0, 1500, 500):
        ours.partial_fit(raw_digits[start : start + 500])
        theirs.partial_fit(raw_digits[start : start + 500])
    np.testing.assert_allclose(ours.transform(raw_digits), theirs.transform(raw_digits), atol=1e-3)


def test_partial_fit_goes_on_from_fit(raw_digits):
    first, second = raw_digits[:900], raw_digits[900:]
    alone = LinearAutoencoder(8).fit(first)
    before = error(alone, second)
    assert error(alone.partial_fit(second), second) < before


def test_partial_fit_by_gradient_lowers_the_error(raw_digits):
    estimator = LinearAutoencoder(8, solver="gradient", random_state=0).partial_fit(raw_digits)
    before = error(estimator, raw_digits)
    for _ in range(20):
        estimator.partial_fit(raw_digits)
    assert error(estimator, raw_digits) < 0.9 * before
    assert len(estimator.history_["loss"]) == 21
