"""JAX in 64 bits, forked processes, and scikit-learn's workers."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import jax
import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    BoltzmannMachine,
    ComponentSweep,
    ContractiveAutoencoder,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    LinearAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    VariationalAutoencoder,
    load,
)
from isthmus.runs.computing import computing

QUICK = {"max_epochs": 2, "random_state": 0}
X = np.random.default_rng(0).normal(size=(60, 4))
ESTIMATORS = [
    Autoencoder(2, hidden=[4], **QUICK),
    BoltzmannMachine(3, **QUICK),
    ContractiveAutoencoder(2, **QUICK),
    DenoisingAutoencoder(2, hidden=[4], **QUICK),
    LinearAutoencoder(2, solver="gradient", **QUICK),
    SparseAutoencoder(6, k=2, **QUICK),
    StackedAutoencoder(2, hidden=[4], **QUICK),
    VariationalAutoencoder(2, hidden=[4], **QUICK),
    ConvolutionalAutoencoder(2, channels=(2,), **QUICK),
    AutoencoderClassifier(Autoencoder(2, hidden=[4], **QUICK), **QUICK),
    ComponentSweep(Autoencoder(hidden=[4], **QUICK), components=[1, 2], random_state=0),
]


def results(estimator, folder):
    """Give whatever an estimator gives, and what it gives once it was saved and loaded."""
    rows = np.abs(X) > 0.5 if isinstance(estimator, BoltzmannMachine) else X
    rows = X.reshape(-1, 2, 2) if isinstance(estimator, ConvolutionalAutoencoder) else rows
    model = clone(estimator).fit(rows, rows.reshape(60, -1)[:, 0] > 0)
    if isinstance(model, ComponentSweep):
        return [model.best_estimator_.transform(rows)]
    model.save(folder / "model.isthmus")
    names = ("transform", "reconstruct", "score_samples", "predict_proba")
    found = [getattr(model, name)(rows) for name in names if hasattr(model, name)]
    if hasattr(model, "sample"):
        found.append(model.sample(5, random_state=0))
    found.append(np.array(model.history_.get("loss", [])))
    return [*found, load(folder / "model.isthmus").transform(rows)]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_what_jax_is_set_to_changes_no_bit(estimator, tmp_path):
    expected = results(estimator, tmp_path)
    with (
        jax.enable_x64(True),
        jax.numpy_dtype_promotion("strict"),
        jax.numpy_rank_promotion("raise"),
    ):
        found = results(estimator, tmp_path)
        assert jax.numpy.zeros(1).dtype == "float64"
    for one, other in zip(expected, found, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


FORKED = """
import os, sys, threading, numpy as np, jax
from isthmus import Autoencoder, IsthmusError, LinearAutoencoder
X = np.random.default_rng(0).normal(size=(40, 4))
model = Autoencoder(2, hidden=[4], max_epochs=1, random_state=0, verbose=False)

def forked(work):
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            said = str(work())
        except IsthmusError as error:
            said = str(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        print(pipe.read()[:45], flush=True)

def inside():
    forked(lambda: model.transform(X))
    os._exit(0)
"""


def said_in_a_program(*lines):
    program = "\n".join([FORKED, *lines])
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True
    ).stdout.splitlines()


REFUSED = "this process was forked from one in which JAX "[:45]
FIT_IN_A_FORK = "forked(lambda: model.fit(X).transform(X).shape)"
ASK_IN_A_FORK = "forked(lambda: model.verbose)"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and /proc")
@pytest.mark.parametrize(
    ("before", "said"),
    [("model.fit(X)", REFUSED), ("LinearAutoencoder(2).fit(X)", REFUSED)],
    ids=["a fit", "what was solved without JAX"],
)
def test_a_fork_is_refused_at_once(before, said):
    lines = said_in_a_program(before, FIT_IN_A_FORK, FIT_IN_A_FORK, ASK_IN_A_FORK)
    assert lines == [said, said, "False"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and /proc")
def test_a_fork_of_what_has_not_computed_works_and_has_none_of_its_own():
    fork_inside = "forked(lambda: (model.fit(X), inside()))"
    lines = said_in_a_program(FIT_IN_A_FORK, fork_inside, FIT_IN_A_FORK, ASK_IN_A_FORK)
    assert lines == ["(40, 2)", REFUSED, "", "(40, 2)", "False"]


def test_jax_that_others_have_started_is_no_hindrance_but_to_forks():
    start = "jax.jit(lambda x: x + 1)(np.ones(3)).block_until_ready()"
    forks, refused = [], []
    if sys.platform.startswith("linux"):
        forks, refused = [FIT_IN_A_FORK, FIT_IN_A_FORK, ASK_IN_A_FORK], [REFUSED, REFUSED, "False"]
    lines = said_in_a_program(start, *forks, "print(model.fit(X).transform(X).shape)")
    assert lines == [*refused, "(40, 2)"]


@pytest.mark.parametrize(
    "estimator", [*ESTIMATORS[:2], ESTIMATORS[9]], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_scikit_learns_workers_give_what_one_gives(estimator, backend):
    rows, y = (np.abs(X) > 0.5).astype(float), X[:, 0] > 0
    expected = cross_val_score(estimator, rows, y, cv=2)
    with parallel_config(backend, n_jobs=2):
        found = cross_val_score(estimator, rows, y, cv=2, error_score="raise")
        search = GridSearchCV(estimator, {"learning_rate": [0.001, 0.1]}, cv=2, error_score="raise")
        assert search.fit(rows, y).best_params_["learning_rate"] in (0.001, 0.1)
    np.testing.assert_array_equal(found, expected)


def test_fits_in_threads_show_their_bars_and_leave_the_process_as_it_was(capsys, monkeypatch):
    monkeypatch.setattr("isthmus.runs.progress.ProgressBar.DELAY", 0.0)
    before = signal.getsignal(signal.SIGINT)
    models = [Autoencoder(2, hidden=[4], verbose=True, **QUICK) for _ in range(3)]
    threads = [threading.Thread(target=model.fit, args=(X,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for model in models[1:]:
        np.testing.assert_array_equal(model.transform(X), models[0].transform(X))
    assert signal.getsignal(signal.SIGINT) == before


def test_the_users_own_setting_is_there_again_after_an_error():
    with jax.enable_x64(True):
        with pytest.raises(KeyError), computing():
            {}[jax.numpy.zeros(1).dtype]
        assert jax.numpy.zeros(1).dtype == "float64"
