"""On held-out rows no autoencoder that starts linear is worse than PCA."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    Bernoulli,
    ComponentSweep,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    Dense,
    Masking,
    Shortcut,
    SquaredError,
    StackedAutoencoder,
    TopK,
    limited_memory,
    load,
)
from isthmus.fitting import rows as rows_module
from isthmus.fitting.fine_tuning import relative_rates
from isthmus.models import Model
from isthmus.networks import ShortcutNetwork
from isthmus.prepare import find_principal_components
from isthmus.training import over_rows

QUICK = {"random_state": 0, "verbose": False}


@pytest.fixture(scope="module")
def low_rank():
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(500, 3)) @ generator.normal(size=(3, 12))
    return factors + 0.3 * generator.normal(size=factors.shape)


def errors(model, X, size):
    """Give the errors of a model and of PCA from the rows that it learned from.

    They are those of held-out rows, or of all where none are.
    """
    matrix, held_out = model.preparation_.transform(X).reshape(len(X), -1), model.validation_rows_
    judged = matrix[held_out] if len(held_out) else matrix
    pca = PCA(size).fit(np.delete(matrix, held_out, axis=0).astype(np.float64))
    back = over_rows(Model.reconstruct, model.model_, judged)
    theirs = pca.inverse_transform(pca.transform(judged))
    return np.square(back - judged).mean(), np.square(theirs - judged).mean()


KINDS = {
    "deep": Autoencoder(3, **QUICK),
    "tied": Autoencoder(3, tied_weights=True, **QUICK),
    "denoising": DenoisingAutoencoder(3, **QUICK),
    "stacked": StackedAutoencoder(3, hidden=[8], n_pretraining_epochs=2, **QUICK),
    "signals": ConvolutionalAutoencoder(3, channels=[4], **QUICK),
    "as few epochs as can be": Autoencoder(3, max_epochs=1, **QUICK),
    "much too fast": Autoencoder(3, learning_rate=0.3, max_epochs=20, **QUICK),
}


@pytest.mark.parametrize("estimator", KINDS.values(), ids=KINDS)
def test_held_out_rows_come_back_no_worse_than_from_pca(estimator, low_rank):
    model = estimator.fit(low_rank)
    ours, theirs = errors(model, low_rank, 3)
    assert ours <= theirs * 1.0001
    assert model.best_epoch_ > 0 or ours == pytest.approx(theirs, rel=1e-4)


def swept(autoencoder, X):
    """Fit an autoencoder as one of a sweep."""
    size = autoencoder.n_components
    sweep = ComponentSweep(autoencoder, components=[size, size + 1], **QUICK).fit(X)
    return sweep.estimators_[0][0]


@pytest.mark.parametrize("kind", [Autoencoder, DenoisingAutoencoder, StackedAutoencoder, "swept"])
def test_a_start_that_is_kept_is_that_of_all_rows(kind, low_rank):
    settings = {"learning_rate": 0.3, "max_epochs": 3, **QUICK}
    known, new = low_rank[:200], low_rank[200:]
    alone = kind != "swept"
    model = kind(3, **settings).fit(known) if alone else swept(Autoencoder(3, **settings), known)
    assert model.best_epoch_ == 0
    assert len(model.history_["validation_loss"]) == 3
    assert not len(model.validation_rows_)
    pca = PCA(3).fit(model.preparation_.transform(known).astype(float))
    x = model.preparation_.transform(new)
    back = over_rows(Model.reconstruct, model.model_, x)
    np.testing.assert_allclose(back, pca.inverse_transform(pca.transform(x)), atol=1e-4)


def test_a_start_that_was_left_or_handed_in_stays_as_it_is(low_rank):
    trained = Autoencoder(3, learning_rate=1e-3, max_epochs=30, **QUICK).fit(low_rank**3)
    assert trained.best_epoch_ > 0
    assert len(trained.validation_rows_) == 50
    again = Autoencoder(3, learning_rate=1e-9, max_epochs=1, **QUICK)
    again.fit(low_rank**3, init=trained)
    np.testing.assert_allclose(again.transform(low_rank), trained.transform(low_rank), atol=1e-3)


def test_what_layers_were_pretrained_to_is_kept_around_a_linear_start(low_rank):
    given = {"hidden": [8], "max_epochs": 1, **QUICK}
    plain = Autoencoder(3, **given).fit(low_rank)
    model = StackedAutoencoder(3, n_pretraining_epochs=20, **given).fit(low_rank)
    _, theirs = errors(model, low_rank, 3)
    assert model.history_["validation_loss"][0] < 1.05 * theirs * low_rank.shape[1]
    first, other = (each.model_.network.layers.encoder[0].weight for each in (model, plain))
    assert np.abs(first - other).max() > 0.02


def test_nonlinear_data_gain_as_they_did():
    X = load_breast_cancer().data
    model = Autoencoder(7, **QUICK).fit(X)
    ours, theirs = errors(model, X, 7)
    assert ours < 0.95 * theirs
    assert model.best_epoch_ > 0


@pytest.mark.parametrize("kind", [Autoencoder, StackedAutoencoder])
def test_what_few_rows_gain_by_chance_is_not_kept(kind):
    changes = []
    for seed in (2, 5, 7):
        generator = np.random.default_rng(seed)
        X = generator.normal(size=(300, 4)) @ generator.normal(size=(4, 12))
        X += 0.3 * generator.normal(size=X.shape)
        known, new = X[:100], X[100:]
        model = kind(4, random_state=seed, verbose=False).fit(known)
        known, new = (model.preparation_.transform(rows) for rows in (known, new))
        pca = PCA(4).fit(known.astype(np.float64))
        back = pca.inverse_transform(pca.transform(new))
        ours = np.square(over_rows(Model.reconstruct, model.model_, new) - new).sum()
        changes.append(ours / np.square(back - new).sum() - 1)
    assert max(changes) < 0.015


def test_noise_of_a_level_that_was_asked_for_has_its_price(low_rank):
    usual = DenoisingAutoencoder(3, max_epochs=60, **QUICK)
    asked = DenoisingAutoencoder(3, level=1.5, max_epochs=60, **QUICK)
    masked = DenoisingAutoencoder(3, corruption=Masking(0.5), max_epochs=60, **QUICK)
    for estimator in (asked, masked):
        ours, theirs = errors(estimator.fit(low_rank), low_rank, 3)
        assert ours > 1.01 * theirs
    ours, theirs = errors(usual.fit(low_rank), low_rank, 3)
    assert ours <= theirs * 1.0001


def test_who_gets_shortcuts(low_rank):
    def shortcut(estimator, X=low_rank):
        estimator.set_params(max_epochs=1, **QUICK).fit(X)
        return isinstance(estimator.model_.network, ShortcutNetwork)

    assert shortcut(Autoencoder(2))
    assert not shortcut(Autoencoder(2, shortcut=False))
    assert not shortcut(Autoencoder(2, network=Dense([8])))
    assert shortcut(Autoencoder(2, network=Shortcut(Dense([8]))))
    assert shortcut(Autoencoder(2, network=Dense([8]), shortcut=True))
    assert not shortcut(Autoencoder(8, code=TopK(2)))
    assert not shortcut(Autoencoder(2, likelihood="gaussian"))
    assert not shortcut(Autoencoder(2, activation="sigmoid", tied_weights=True))


def test_values_at_the_ends_of_0_and_1_decide_the_likelihood(low_rank, digits):
    inside = (low_rank - low_rank.min(0)) / np.ptp(low_rank, axis=0)
    for X, likelihood in (
        (inside, SquaredError),
        (np.clip(2 * inside - 0.5, 0, 1), SquaredError),
        (digits, Bernoulli),
        (inside.round(), Bernoulli),
    ):
        model = Autoencoder(2, max_epochs=1, **QUICK).fit(X)
        assert type(model.model_.likelihood) is likelihood


def test_more_units_than_features_lose_nothing(low_rank):
    model = Autoencoder(15, max_epochs=2, **QUICK).fit(low_rank)
    assert model.score(low_rank) > -1e-6


def test_constant_and_few_rows_have_a_start(low_rank):
    constant = np.full((20, 4), 3.0)
    model = Autoencoder(2, max_epochs=3, **QUICK).fit(constant)
    np.testing.assert_allclose(model.reconstruct(constant), 3.0, rtol=1e-5)
    two = low_rank[:2]
    assert np.isfinite(Autoencoder(5, max_epochs=3, **QUICK).fit(two).transform(two)).all()


def test_streamed_rows_start_linear_too(tmp_path, low_rank):
    path = tmp_path / "rows.npy"
    np.save(path, np.tile(low_rank, (30, 1)))
    settings = {"max_epochs": 1, "learning_rate": 1e-9, **QUICK}
    in_memory = Autoencoder(3, **settings).fit(path)
    with limited_memory("1MB"):
        model = Autoencoder(3, **settings).fit(path)
    assert len(model.validation_rows_) < len(in_memory.validation_rows_)
    assert model.score(low_rank) == pytest.approx(in_memory.score(low_rank), rel=0.05)


def test_first_rows_of_partial_fit_are_a_start(low_rank):
    model = Autoencoder(3, learning_rate=1e-9, **QUICK).partial_fit(low_rank)
    scaled = (low_rank - low_rank.mean(0)) / low_rank.std(0)
    pca = PCA(3).fit(scaled)
    error = np.square(pca.inverse_transform(pca.transform(scaled)) - scaled).sum(axis=1).mean()
    assert model.score(low_rank) == pytest.approx(-error, rel=1e-3)


def test_sweep_is_never_worse_either(low_rank):
    autoencoder = Autoencoder(learning_rate=0.1, max_epochs=3)
    sweep = ComponentSweep(autoencoder, components=[1, 3, 5], **QUICK).fit(low_rank)
    results = sweep.results_
    assert (results.mean_errors <= results.pca_errors * 1.0001).all()
    assert any(e.best_epoch_ == 0 for of_size in sweep.estimators_ for e in of_size)


def test_sweep_of_denoising_is_no_worse_on_clean_rows_than_its_start(low_rank):
    denoising = DenoisingAutoencoder(max_epochs=60)
    sweep = ComponentSweep(denoising, components=[2, 3], **QUICK).fit(low_rank)
    assert (sweep.results_.mean_errors <= sweep.results_.pca_errors * 1.0001).all()
    asked = ComponentSweep(DenoisingAutoencoder(level=1.5, max_epochs=60), components=[3], **QUICK)
    results = asked.fit(low_rank).results_
    assert (results.mean_errors > results.pca_errors).all()


def test_a_sweep_looks_for_principal_components_once(monkeypatch, low_rank):
    sizes = []

    def find(values, n_components):
        sizes.append(n_components)
        return find_principal_components(values, n_components)

    monkeypatch.setattr(rows_module, "find_principal_components", find)
    sweep = ComponentSweep(Autoencoder(max_epochs=1), components=[1, 3, 5], **QUICK).fit(low_rank)
    # Once from what all learn from, and once from all rows, as starts were kept.
    assert sizes == [5, 5]
    alone = Autoencoder(1, max_epochs=1, **QUICK).fit(low_rank)
    assert sweep.estimators_[0][0].score(low_rank) == pytest.approx(alone.score(low_rank), rel=1e-4)


def test_killed_fit_still_knows_its_start(tmp_path, low_rank):
    model = Autoencoder(3, learning_rate=0.3, max_epochs=4, **QUICK)
    once = model.fit(low_rank, checkpoint=tmp_path)
    again = Autoencoder(3, learning_rate=0.3, max_epochs=4, **QUICK)
    again.fit(low_rank, checkpoint=tmp_path)
    assert once.best_epoch_ == again.best_epoch_ == 0
    np.testing.assert_array_equal(once.transform(low_rank), again.transform(low_rank))


def test_models_with_shortcuts_are_saved_and_start_others(tmp_path, low_rank):
    model = Autoencoder(3, max_epochs=2, **QUICK).fit(low_rank)
    model.save(tmp_path / "model.isthmus")
    loaded = load(tmp_path / "model.isthmus")
    np.testing.assert_array_equal(loaded.transform(low_rank), model.transform(low_rank))
    again = DenoisingAutoencoder(3, max_epochs=1, learning_rate=1e-9, **QUICK)
    again.fit(low_rank, init=loaded)
    np.testing.assert_allclose(again.transform(low_rank), model.transform(low_rank), atol=1e-4)
    plain = Autoencoder(3, shortcut=False, max_epochs=2, **QUICK).fit(low_rank)
    again.fit(low_rank, init=plain)
    np.testing.assert_allclose(again.transform(low_rank), plain.transform(low_rank), atol=1e-4)


def test_classifier_learns_from_a_code_with_shortcuts(tmp_path, low_rank):
    y = (low_rank[:, 0] > 0).astype(int)
    start = Autoencoder(3, max_epochs=2, **QUICK)
    classifier = AutoencoderClassifier(start, max_epochs=100, layer_decay=0.5, **QUICK)
    classifier.fit(low_rank, y).save(tmp_path / "classifier.isthmus")
    assert classifier.score(low_rank, y) > 0.9
    rates = relative_rates(classifier.model_, 0.5)
    assert rates is not None
    assert (rates.autoencoder.network.shortcuts[0].weight == 0.5).all()
    loaded = load(tmp_path / "classifier.isthmus")
    np.testing.assert_array_equal(loaded.predict(low_rank), classifier.predict(low_rank))
