"""The closed-form linear autoencoder has what scikit-learn's PCA has, to the last digits."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA

from isthmus import IsthmusError, LinearAutoencoder, load
from isthmus.io import as_dataset

GENERATOR = np.random.default_rng(0)
LOW_RANK = GENERATOR.normal(size=(120, 5)) @ GENERATOR.normal(size=(5, 30))
CONSTANT = np.where(np.arange(30) % 7 == 3, 4.0, LOW_RANK + GENERATOR.normal(size=(120, 30)))
DATA = {
    "digits": load_digits().data,
    "wine": load_wine().data,
    "cancer": load_breast_cancer().data,
    "wide": LOW_RANK.T + GENERATOR.normal(size=(30, 120)),
    "of low rank": LOW_RANK,
    "constant columns": CONSTANT,
    "large offsets": CONSTANT + 1e5,
    "whole numbers": GENERATOR.integers(0, 1000, (200, 8)),
}
ATTRIBUTES = (
    *("components_", "mean_", "explained_variance_", "explained_variance_ratio_"),
    *("singular_values_", "noise_variance_", "n_samples_", "n_components_", "n_features_in_"),
)


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("n_components", [1, 4])
@pytest.mark.parametrize("data", DATA)
def test_all_that_pca_gives_is_the_same_in_float64(data, n_components, whiten):
    X = DATA[data]
    ours = LinearAutoencoder(n_components, whiten=whiten).fit(X)
    theirs = PCA(n_components, whiten=whiten, svd_solver="full").fit(X)
    for name in ATTRIBUTES:
        expected = getattr(theirs, name)
        scale = theirs.explained_variance_[0] if name == "noise_variance_" else 1
        np.testing.assert_allclose(getattr(ours, name), expected, rtol=1e-8, atol=1e-9 * scale)
    codes, expected = ours.transform(X), theirs.transform(X)
    assert codes.dtype == np.float64
    np.testing.assert_allclose(codes, expected, atol=1e-9 * np.abs(expected).max())
    # That of rows has nothing to do with the scale of codes, by which PCA multiplies it twice.
    covariance = theirs.set_params(whiten=False).get_covariance()
    np.testing.assert_allclose(ours.get_covariance(), covariance, atol=1e-9 * covariance.max())
    if X.dtype == np.float64:
        restored, scale = theirs.set_params(whiten=whiten).inverse_transform(expected), X.max()
        np.testing.assert_allclose(ours.inverse_transform(codes), restored, atol=1e-10 * scale)
        errors = np.square(X - restored).sum(axis=1)
        np.testing.assert_allclose(ours.score_samples(X), -errors, atol=1e-10 * errors.max())


@pytest.mark.parametrize("data", ["digits", "wine", "wide", "constant columns"])
@pytest.mark.parametrize("n_components", [0.5, 0.95, None, "mle"])
def test_number_of_components_is_found_as_pca_finds_it(data, n_components):
    X = DATA[data]
    if n_components == "mle" and len(X) < X.shape[1]:
        with pytest.raises(IsthmusError, match="only supported if n_samples >= n_features"):
            LinearAutoencoder(n_components).fit(X)
        return
    theirs = PCA(n_components, svd_solver="full").fit(X)
    assert LinearAutoencoder(n_components).fit(X).n_components_ == theirs.n_components_


def test_precision_is_the_inverse_of_the_covariance():
    for n_components in (1, 2, 3, 4):
        model = LinearAutoencoder(n_components).fit(load_iris().data)
        product = model.get_covariance() @ model.get_precision()
        np.testing.assert_allclose(product, np.eye(4), atol=1e-12)


def test_covariance_is_in_the_units_of_the_data():
    X = load_iris().data
    model = LinearAutoencoder(None, scaling="standardize").fit(X)
    np.testing.assert_allclose(model.mean_, X.mean(axis=0))
    np.testing.assert_allclose(model.get_covariance(), np.cov(X.T))


@pytest.mark.parametrize("scaling", ["center", "standardize", "none"])
def test_all_components_give_rows_back_in_float64(scaling):
    X = load_wine().data
    model = LinearAutoencoder(None, scaling=scaling).fit(X)
    np.testing.assert_allclose(model.reconstruct(X), X, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint8])
def test_rows_that_float32_holds_stay_float32(dtype):
    X = load_digits().data.astype(dtype)
    model = LinearAutoencoder(5).fit(X)
    assert model.components_.dtype == model.transform(X).dtype == np.float32
    assert model.score_samples(X).dtype == np.float32
    assert model.reconstruct(X).dtype == dtype


def test_precision_of_codes_is_that_of_the_rows_in_frames_and_files(tmp_path):
    frame = pd.DataFrame(load_iris().data, columns=list("abcd"))
    frame.to_parquet(tmp_path / "rows.parquet")
    model = LinearAutoencoder(2).fit(tmp_path / "rows.parquet")
    expected = PCA(2).fit_transform(frame)
    np.testing.assert_allclose(model.transform(frame), expected, rtol=1e-10)
    chunks = list(model.transform_chunks(tmp_path / "rows.parquet"))
    np.testing.assert_array_equal(np.concatenate(chunks), model.transform(frame))
    assert model.transform(frame.astype(np.float32)).dtype == np.float32
    decoded = next(iter(model.inverse_transform_chunks(chunks[0])))
    np.testing.assert_array_equal(decoded["a"], model.reconstruct(frame)["a"])


def test_one_row_is_encoded_as_among_others():
    X = load_wine().data
    model = LinearAutoencoder(3).fit(X)
    np.testing.assert_allclose(model.transform(X[:1]), model.transform(X)[:1], rtol=1e-9)


@pytest.mark.parametrize("l2", [0.0, 30.0])
@pytest.mark.parametrize("whiten", [False, True])
def test_network_is_the_same_in_float32(whiten, l2):
    X = load_iris().data
    model = LinearAutoencoder(3, whiten=whiten, l2=l2).fit(X)
    prepared = model.preparation_.matrix(as_dataset(X, "X"))
    codes = np.asarray(model.model_.encode(prepared))
    np.testing.assert_allclose(codes, model.transform(X), atol=1e-5)
    restored = model.preparation_.inverse(np.asarray(model.model_.decode(codes)))
    np.testing.assert_allclose(restored, model.reconstruct(X), atol=1e-5)


def test_whitened_codes_of_directions_without_variance_are_zero():
    codes = LinearAutoencoder(8, whiten=True).fit_transform(LOW_RANK)
    np.testing.assert_allclose(codes.std(axis=0, ddof=1), [1] * 5 + [0] * 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("whiten", [False, True])
def test_file_and_pickle_keep_all_that_was_fitted(dtype, whiten, tmp_path):
    X = load_wine().data.astype(dtype)
    model = LinearAutoencoder(3, whiten=whiten, l2=10.0).fit(X[:100])
    # What is set after a fit holds for the next one.
    model.set_params(l2=0.0)
    model.save(tmp_path / "model.isthmus")
    for again in (load(tmp_path / "model.isthmus"), pickle.loads(pickle.dumps(model))):  # noqa: S301
        for name in ATTRIBUTES:
            np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
            assert np.asarray(getattr(again, name)).dtype == np.asarray(getattr(model, name)).dtype
        np.testing.assert_array_equal(again.transform(X), model.transform(X))
        np.testing.assert_array_equal(again.reconstruct(X), model.reconstruct(X))
        np.testing.assert_array_equal(again.score_samples(X), model.score_samples(X))
        np.testing.assert_array_equal(again.get_precision(), model.get_precision())


def test_partial_fit_goes_on_after_loading(tmp_path):
    X = load_digits().data
    model = LinearAutoencoder(8).partial_fit(X[:600])
    model.save(tmp_path / "model.isthmus")
    again = load(tmp_path / "model.isthmus")
    for rows in (X[600:1200], X[1200:]):
        model.partial_fit(rows)
        again.partial_fit(rows)
    np.testing.assert_array_equal(again.components_, model.components_)
    np.testing.assert_array_equal(again.transform(X), model.transform(X))
    assert again.n_samples_ == len(X)


def test_partial_fits_of_all_components_are_a_fit():
    X = load_wine().data
    model = LinearAutoencoder(None)
    for start in range(0, len(X), 40):
        model.partial_fit(X[start : start + 40])
    whole = LinearAutoencoder(None).fit(X)
    for name in ATTRIBUTES:
        expected = getattr(whole, name)
        np.testing.assert_allclose(getattr(model, name), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("solver", ["closed_form", "gradient"])
def test_another_number_of_components_between_partial_fits_is_refused(solver):
    X = load_iris().data
    settings = {"solver": solver, "random_state": 0}
    model = LinearAutoencoder(3, **settings).partial_fit(X)
    with pytest.raises(IsthmusError, match="n_components=2 is another number than the 3"):
        model.set_params(n_components=2).partial_fit(X)
    assert model.set_params(n_components=3).partial_fit(X).n_components_ == 3


def test_share_of_the_variance_is_kept_by_partial_fits_after_a_fit():
    X = load_digits().data
    model = LinearAutoencoder(0.9).fit(X[:900])
    assert model.partial_fit(X[900:]).n_components_ == PCA(0.9).fit(X[:900]).n_components_
    with pytest.raises(IsthmusError, match="only fit with solver='closed_form' can find one"):
        LinearAutoencoder(0.9).partial_fit(X)


def test_what_only_the_closed_form_has_is_gone_after_training():
    X = load_iris().data
    model = LinearAutoencoder(2).fit(X)
    model.set_params(solver="gradient", max_epochs=1, random_state=0).fit(X)
    assert not any(hasattr(model, name) for name in ATTRIBUTES[:7])
    assert model.transform(X).dtype == np.float32
    with pytest.raises(IsthmusError, match="which only solver='closed_form' finds"):
        model.get_covariance()
    with pytest.raises(IsthmusError, match="trained by gradient"):
        model.set_params(solver="closed_form").partial_fit(X)


@pytest.mark.parametrize("parameters", [{"whiten": True}, {"n_components": "mle"}])
def test_gradient_refuses_what_needs_principal_components(parameters):
    with pytest.raises(IsthmusError, match="solver='closed_form'"):
        LinearAutoencoder(**parameters, solver="gradient").fit(load_iris().data)
