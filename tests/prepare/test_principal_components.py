"""Principal components are those of scikit-learn's full decomposition, whatever finds them."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.decomposition._pca import _infer_dimension

from isthmus.prepare import find_principal_components
from isthmus.prepare.dimension import most_likely_dimension


def rows(n_rows, n_features, rank=None, noise=0.0, dtype=np.float64):
    generator = np.random.default_rng(0)
    rank = rank or min(n_rows, n_features)
    latent = generator.normal(size=(n_rows, rank)) * np.linspace(10, 0.5, rank) ** 1.5
    clean = latent @ generator.normal(size=(rank, n_features))
    noise = noise * generator.normal(size=clean.shape)
    return (clean + noise + generator.normal(size=n_features)).astype(dtype)


def constant_columns():
    X = rows(300, 12)
    X[:, [2, 7]] = 3
    return X


DATA = {
    "digits": lambda: load_digits().data,
    "wine": lambda: load_wine().data,
    "cancer": lambda: load_breast_cancer().data,
    "tall": lambda: rows(700, 20),
    "wide": lambda: rows(40, 90),
    "wide, large": lambda: rows(200, 700, 60),
    "large": lambda: rows(600, 520, 90, 0.1),
    "without any gaps": lambda: np.random.default_rng(0).normal(size=(520, 510)),
    "without any gaps, wide": lambda: np.random.default_rng(0).normal(size=(410, 600)),
    "of low rank": lambda: rows(550, 540, 7),
    "constant columns": constant_columns,
    "large offsets": lambda: rows(400, 6) + 1e6,
}


@pytest.mark.parametrize("n_components", [1, 4])
@pytest.mark.parametrize("data", DATA)
def test_components_are_those_of_a_full_decomposition(data, n_components):
    X = DATA[data]()
    found = find_principal_components(X, n_components)
    full = PCA(n_components, svd_solver="full").fit(X)
    # What eight digits of float64 are left of an offset of a million.
    tolerance = 1e-7 if data == "large offsets" else 1e-9
    np.testing.assert_allclose(found.components, full.components_, atol=tolerance)
    np.testing.assert_allclose(found.singular_values, full.singular_values_, rtol=tolerance)
    np.testing.assert_allclose(found.mean, full.mean_, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.explained_variance, full.explained_variance_, rtol=tolerance)
    np.testing.assert_allclose(
        found.explained_variance_ratio, full.explained_variance_ratio_, rtol=tolerance
    )
    scale = full.explained_variance_[0]
    assert found.noise_variance == pytest.approx(full.noise_variance_, rel=1e-6, abs=1e-9 * scale)


@pytest.mark.parametrize("data", DATA)
def test_float32_rows_are_taken_apart_in_float32(data):
    X = DATA[data]()
    X = (X - X.mean(axis=0)).astype(np.float32)
    found = find_principal_components(X, 3)
    full = PCA(3, svd_solver="full").fit(X.astype(np.float64))
    assert found.components.dtype == found.singular_values.dtype == found.mean.dtype == np.float32
    np.testing.assert_allclose(found.singular_values, full.singular_values_, rtol=2e-5)
    overlap = np.linalg.svd(found.components @ full.components_.T, compute_uv=False)
    assert overlap.min() > 1 - 1e-5


@pytest.mark.parametrize("data", ["digits", "wine", "tall", "wide", "constant columns"])
@pytest.mark.parametrize("n_components", [0.5, 0.99, None, "mle"])
def test_number_of_components_is_scikit_learns(data, n_components):
    X = DATA[data]()
    if n_components == "mle" and len(X) < X.shape[1]:
        pytest.skip("Minka's evidence is of more rows than features")
    found = find_principal_components(X, n_components)
    assert len(found.components) == PCA(n_components, svd_solver="full").fit(X).n_components_


@pytest.mark.parametrize("seed", range(5))
def test_most_likely_dimension_is_scikit_learns_and_the_true_one(seed):
    generator = np.random.default_rng(seed)
    X = 3 * generator.normal(size=(300, 4)) @ generator.normal(size=(4, 12))
    X += generator.normal(size=(300, 12))
    variances = PCA().fit(X).explained_variance_
    assert most_likely_dimension(variances, 300) == _infer_dimension(variances, 300) == 4
    # In any unit, where rounding is told from variance by the share that it is.
    assert most_likely_dimension(1e-20 * variances, 300) == 4


@pytest.mark.parametrize("variances", [[0.0, 0.0], [2.0], [1.0, 0.0, 0.0]])
def test_most_likely_dimension_of_odd_variances(variances):
    assert most_likely_dimension(np.array(variances), 50) == 1


@pytest.mark.parametrize("n_components", [1, 3, None])
@pytest.mark.parametrize("data", ["wine", "tall", "wide", "constant columns"])
def test_covariance_is_scikit_learns_and_precision_its_inverse(data, n_components):
    X = DATA[data]()
    found = find_principal_components(X, n_components)
    theirs = PCA(n_components, svd_solver="full").fit(X).get_covariance()
    np.testing.assert_allclose(found.covariance(), theirs, atol=1e-9 * theirs.max())
    scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)).max())
    products = found.covariance() @ found.precision() @ found.covariance()
    np.testing.assert_allclose(products, found.covariance(), atol=1e-9 * scale)


def test_more_rows_give_what_all_at_once_give():
    X = rows(600, 20, 6)
    found = find_principal_components(X[:100], 6)
    for start in (100, 101, 400):
        stop = {100: 101, 101: 400, 400: 600}[start]
        found = found.with_rows(X[start:stop])
    together = find_principal_components(X, 6)
    assert found.n_samples == 600
    assert found.squared_deviations == pytest.approx(together.squared_deviations, rel=1e-12)
    for name in ("components", "singular_values", "mean"):
        np.testing.assert_allclose(getattr(found, name), getattr(together, name), atol=1e-10)
