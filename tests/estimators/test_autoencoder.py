import os
import signal
import threading
import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, Bernoulli, IsthmusError, SquaredError
from isthmus.models import Model
from isthmus.training import over_rows

QUICK = {"hidden": [8], "max_epochs": 3, "random_state": 0}


def held_out_error(estimator, X):
    rows = estimator.validation_rows_
    return float(np.sum((estimator.reconstruct(X[rows]) - X[rows]) ** 2, axis=1).mean())


def pca_error(n_components, X, rows):
    training = np.delete(X, rows, axis=0)
    pca = PCA(n_components).fit(training)
    back = pca.inverse_transform(pca.transform(X[rows]))
    return float(np.sum((back - X[rows]) ** 2, axis=1).mean())


@pytest.mark.usefixtures("optimized")
@pytest.mark.parametrize(("n_components", "share"), [(2, 0.6), (16, 0.65)])
def test_deep_code_of_digits_is_well_under_pca(digits, n_components, share):
    estimator = Autoencoder(n_components, random_state=0).fit(digits)
    ours = held_out_error(estimator, digits)
    assert ours < share * pca_error(n_components, digits, estimator.validation_rows_)


@pytest.mark.usefixtures("optimized")
def test_mnist_passes_pca_in_half_an_epoch(mnist):
    train, test = mnist
    estimator = Autoencoder(30, hidden=[1000, 500, 250], max_epochs=1, random_state=0)
    estimator.fit(train[:30_000])
    images = test.reshape(-1, 784) / 255
    codes = estimator.transform(test)
    reconstruction = over_rows(Model.decode, estimator.model_, codes)
    errors = np.sum((reconstruction - images) ** 2, axis=1)
    assert errors.mean() < 13.87  # PCA with 30 components


def test_same_seed_gives_bit_identical_codes(digits):
    first, second = (Autoencoder(2, **QUICK).fit(digits) for _ in range(2))
    np.testing.assert_array_equal(first.transform(digits), second.transform(digits))
    other = Autoencoder(2, **{**QUICK, "random_state": 1}).fit(digits)
    assert not np.array_equal(first.transform(digits), other.transform(digits))


def test_random_state_instances_draw_on(digits):
    generator = np.random.RandomState(0)
    settings = {**QUICK, "random_state": generator}
    first, second = (Autoencoder(2, **settings).fit(digits) for _ in range(2))
    assert not np.array_equal(first.transform(digits), second.transform(digits))


def test_likelihood_is_chosen_from_the_data(digits, table):
    assert Autoencoder(2, **QUICK).fit(digits).model_.likelihood == Bernoulli()
    assert Autoencoder(2, **QUICK).fit(table).model_.likelihood == SquaredError()
    chosen = Autoencoder(2, likelihood=SquaredError(), **QUICK).fit(digits)
    assert chosen.model_.likelihood == SquaredError()
    named = Autoencoder(2, likelihood="squared_error", **QUICK).fit(digits)
    assert named.model_.likelihood == SquaredError()


def test_bernoulli_refuses_data_outside_the_unit_interval(table):
    with pytest.raises(IsthmusError, match=r"likelihood='bernoulli' needs values in \[0, 1\]"):
        Autoencoder(2, likelihood="bernoulli", **QUICK).fit(table)


def test_bernoulli_reconstructions_stay_in_the_unit_interval(digits):
    back = Autoencoder(2, **QUICK).fit(digits).reconstruct(digits)
    assert back.min() >= 0
    assert back.max() <= 1


def test_scores_are_higher_for_what_is_normal(digits):
    estimator = Autoencoder(8, hidden=[64], max_epochs=30, random_state=0).fit(digits)
    noise = np.random.default_rng(0).uniform(size=(100, 64)).astype(np.float32)
    scores = estimator.score_samples(digits)
    assert scores.shape == (len(digits),)
    assert np.median(scores) > estimator.score_samples(noise).max()
    assert estimator.score(digits) == pytest.approx(scores.mean(), rel=1e-5)


def test_history_and_held_out_rows(digits):
    estimator = Autoencoder(2, **QUICK).fit(digits)
    assert {name: len(values) for name, values in estimator.history_.items()} == {
        "loss": 3,
        "validation_loss": 3,
        "seconds": 3,
    }
    assert len(estimator.validation_rows_) == round(0.1 * len(digits))
    assert len(np.unique(estimator.validation_rows_)) == len(estimator.validation_rows_)
    everything = Autoencoder(2, validation_fraction=0.0, **QUICK).fit(digits)
    assert "validation_loss" not in everything.history_
    assert everything.best_epoch_ == 3


def test_code_may_be_larger_than_the_data(table):
    estimator = Autoencoder(20, **QUICK).fit(table)
    assert estimator.transform(table).shape == (300, 20)


@pytest.mark.parametrize("hidden", [None, 16, [16, 8], (), np.int64(12)])
def test_hidden_takes_a_number_a_list_or_nothing(table, hidden):
    settings = {**QUICK, "hidden": hidden}
    assert Autoencoder(2, **settings).fit(table).reconstruct(table).shape == table.shape


@pytest.mark.parametrize("hidden", [[0], [16, "8"], [2.5]])
def test_hidden_refuses_what_is_no_width(table, hidden):
    with pytest.raises(IsthmusError, match="positive whole numbers"):
        Autoencoder(2, **{**QUICK, "hidden": hidden}).fit(table)


def test_wrong_parameters_are_named(table):
    with pytest.raises(ValueError, match="'activation' parameter of Autoencoder must be"):
        Autoencoder(activation="swoosh").fit(table)


def test_tied_weights_learn_too(digits):
    free = Autoencoder(4, hidden=[32], max_epochs=20, random_state=0).fit(digits)
    tied = Autoencoder(4, hidden=[32], max_epochs=20, tied_weights=True, random_state=0)
    tied.fit(digits)
    assert held_out_error(tied, digits) < 1.3 * held_out_error(free, digits)


def test_partial_fit_learns_from_pass_to_pass(digits):
    estimator = Autoencoder(4, hidden=[32], random_state=0)
    for _ in range(10):
        for start in range(0, 1500, 500):
            estimator.partial_fit(digits[start : start + 500])
    losses = estimator.history_["loss"]
    assert len(losses) == 30
    assert np.mean(losses[-3:]) < 0.8 * np.mean(losses[:3])


def test_partial_fit_goes_on_from_fit(digits):
    estimator = Autoencoder(4, **QUICK).fit(digits)
    before = estimator.score(digits)
    for _ in range(5):
        estimator.partial_fit(digits)
    assert estimator.score(digits) > before


def test_works_in_pipelines_and_grid_search(table):
    pipeline = make_pipeline(StandardScaler(), Autoencoder(2, **QUICK))
    assert pipeline.fit_transform(table).shape == (300, 2)
    assert pipeline.inverse_transform(pipeline.transform(table)).shape == table.shape
    search = GridSearchCV(
        Autoencoder(**{**QUICK, "max_epochs": 200}), {"n_components": [1, 4]}, cv=2
    ).fit(table)
    assert search.best_params_["n_components"] == 4


def test_clone_keeps_parameters_and_forgets_the_fit(table):
    estimator = Autoencoder(3, likelihood=SquaredError(), **QUICK).fit(table)
    copy = clone(estimator)
    assert copy.get_params() == estimator.get_params()
    assert not hasattr(copy, "model_")


def test_fits_outside_the_main_thread(table):
    fitted = []
    thread = threading.Thread(target=lambda: fitted.append(Autoencoder(2, **QUICK).fit(table)))
    thread.start()
    thread.join()
    assert fitted[0].transform(table).shape == (300, 2)


def test_interrupt_keeps_what_was_learned(table, tmp_path):
    log = tmp_path / "log.jsonl"

    def press_after_an_epoch():
        while not (log.exists() and '"loss"' in log.read_text("utf-8")):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    estimator = Autoencoder(2, hidden=[16], max_epochs=10**6, patience=10**6, random_state=0)
    threading.Thread(target=press_after_an_epoch, daemon=True).start()
    estimator.fit(table, log=log)
    assert estimator.interrupted_
    assert 0 < len(estimator.history_["loss"]) < 10**6
    assert estimator.transform(table).shape == (300, 2)


def test_codes_do_not_depend_on_how_rows_come_together(digits):
    estimator = Autoencoder(2, **QUICK).fit(digits)
    together = estimator.transform(digits)
    alone = np.concatenate([estimator.transform(digits[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(alone, together[:20], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_every_activation_trains(table, seed):
    from isthmus.networks import ACTIVATIONS

    activation = sorted(ACTIVATIONS)[seed * 3 : seed * 3 + 3]
    for name in activation:
        estimator = Autoencoder(
            2, **{**QUICK, "max_epochs": 20}, activation=name, validation_fraction=0
        ).fit(table)
        losses = estimator.history_["loss"]
        assert losses[-1] < losses[0]
