"""A run that was stopped anywhere ends as if it had not been."""

import os
import signal

import jax
import numpy as np
import pytest

from isthmus.errors import CheckpointError
from isthmus.io import read_model_file, write_model_file
from isthmus.models import Bernoulli, Deterministic, Model, SquaredError
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import ContrastiveDivergence, Objective
from isthmus.runs import Checkpoint, CheckpointFile, Run
from isthmus.runs import checkpoint as checkpoint_module
from isthmus.training import AllOnce, ArrayBatches, Plan, Settings, train
from isthmus.training import loop as loop_module

from ..anybody import Anybody


@pytest.fixture(autouse=True)
def _short_calls(monkeypatch):
    # The first call makes one update, the second one four, and then each one more.
    monkeypatch.setattr(loop_module, "_SECONDS_PER_CALL", 1e-9)


@pytest.fixture
def matrix():
    generator = np.random.default_rng(0)
    return (generator.normal(size=(200, 2)) @ generator.normal(size=(2, 8))).astype(np.float32)


def autoencoder():
    initialize = glorot_uniform(np.random.default_rng(0))
    return Model(Dense((8,)).build((8,), 2, 2, 8, initialize), Deterministic(), SquaredError())


def machine():
    initialize = glorot_uniform(np.random.default_rng(0))
    architecture = Dense((), "identity", tied_weights=True, code_activation="sigmoid")
    return Model(architecture.build((8,), 4, 4, 8, initialize), Deterministic(), Bernoulli())


def open_file(folder, **options):
    file = CheckpointFile(Checkpoint(folder, **options))
    file.identify(Anybody())
    return file


def run(matrix, file=None, report=None, model=None, loss=None, **settings):
    model = autoencoder() if model is None else model
    with Run() as whole:
        own = whole.telling(report or (lambda progress: None))
        own.checkpoint = file
        return train(
            Plan(model, loss or Objective(), Settings(4, 1e-2, **settings)),
            ArrayBatches(matrix, 32, AllOnce(np.arange(160))),
            own,
            validation=ArrayBatches(matrix, 32, AllOnce(np.arange(160, 200))),
        )


def stop_after(n_updates):
    def report(progress):
        if progress.n_updates == n_updates:
            os.kill(os.getpid(), signal.SIGINT)

    return report


def vector(training):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(training.model)])


def assert_same(one, other):
    np.testing.assert_array_equal(vector(one), vector(other))
    assert one.best_epoch == other.best_epoch
    for name in ("loss", "validation_loss"):
        assert one.history[name] == other.history[name]


@pytest.mark.parametrize("n_updates", [1, 5, 6, 7, 19])
def test_stopped_run_goes_on_to_equal_bits(n_updates, matrix, tmp_path):
    whole = run(matrix)
    stopped = run(matrix, open_file(tmp_path), stop_after(n_updates))
    assert stopped.interrupted
    seen = []
    resumed = run(matrix, open_file(tmp_path), seen.append)
    # Of an epoch whose last minibatch was done, only the end is left to tell.
    seen = [progress for progress in seen if not progress.epoch_complete]
    assert seen[0].n_updates == n_updates + 1
    assert seen[-1].n_updates == 20
    assert_same(resumed, whole)
    assert resumed.history["seconds"] == sorted(resumed.history["seconds"])


def test_run_goes_on_from_the_middle_of_a_block_that_is_not_the_first(
    matrix, tmp_path, monkeypatch
):
    monkeypatch.setattr("isthmus.training.batches._BLOCK_BYTES", 2 * 32 * 8 * 4)
    whole = run(matrix)
    run(matrix, open_file(tmp_path), stop_after(8))
    assert_same(run(matrix, open_file(tmp_path)), whole)


def test_what_a_loss_remembers_goes_on_too(matrix, tmp_path):
    binary, loss = (matrix > 0).astype(np.float32), ContrastiveDivergence(persistent=True)
    whole = run(binary, model=machine(), loss=loss)
    run(binary, open_file(tmp_path), stop_after(7), model=machine(), loss=loss)
    assert_same(run(binary, open_file(tmp_path), model=machine(), loss=loss), whole)


def test_finished_run_is_given_without_training(matrix, tmp_path, capsys):
    once = run(matrix, open_file(tmp_path))
    seen = []
    assert_same(run(matrix, open_file(tmp_path), seen.append), once)
    assert not seen
    assert "Nothing is left to train" in capsys.readouterr().err


def test_run_that_early_stopping_ended_stays_ended(matrix, tmp_path):
    noise = np.random.default_rng(1).normal(size=(200, 8)).astype(np.float32)
    once = run(noise, open_file(tmp_path), patience=1)
    assert_same(run(noise, open_file(tmp_path), patience=1), once)


def test_fresh_run_starts_over(matrix, tmp_path):
    run(matrix, open_file(tmp_path), stop_after(7))
    seen = []
    run(matrix, open_file(tmp_path, fresh=True), seen.append)
    assert seen[0].n_updates == 1


def test_interval_of_zero_writes_after_every_call_and_a_long_one_only_first_and_last(
    matrix, tmp_path, monkeypatch
):
    written = []
    monkeypatch.setattr(checkpoint_module, "write_model_file", lambda *a: written.append(a))
    run(matrix, open_file(tmp_path, seconds=3600))
    assert len(written) == 2
    written.clear()
    calls = []
    run(matrix, open_file(tmp_path, seconds=0), calls.append)
    calls = [progress for progress in calls if not progress.epoch_complete]
    assert len(written) == 1 + len(calls) + 1 > 12


def rewrite(path, change):
    header, tensors = read_model_file(path)
    change(header, tensors)
    write_model_file(path, header, tensors)


DAMAGES = {
    "without a part": (
        lambda path: rewrite(path, lambda _, tensors: tensors.pop("carry.0")),
        "parts that do not fit together",
    ),
    "with another shape": (
        lambda path: rewrite(path, lambda _, tensors: tensors.update({"best.0": np.zeros(3)})),
        "parts that do not fit together",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_checkpoint_is_a_sentence(name, matrix, tmp_path):
    damage, sentence = DAMAGES[name]
    run(matrix, open_file(tmp_path), stop_after(6))
    damage(tmp_path / "checkpoint.isthmus")
    with pytest.raises(CheckpointError, match=rf"{sentence}.*: .*start over with --fresh"):
        run(matrix, open_file(tmp_path))


def test_disk_that_gets_full_loses_neither_training_nor_checkpoint(matrix, small_disk):
    path = small_disk / "runs" / "checkpoint.isthmus"
    before = []

    def report(progress):
        if progress.n_updates == 6:
            before.append(path.read_bytes())
            free = os.statvfs(small_disk)
            (small_disk / "rest").write_bytes(bytes(free.f_bavail * free.f_frsize))

    with pytest.warns(RuntimeWarning, match="the disk is full.*; training goes on"):
        training = run(matrix, open_file(path.parent, seconds=0), report)
    whole = run(matrix)
    assert_same(training, whole)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before[0]
    (small_disk / "rest").unlink()
    assert_same(run(matrix, open_file(path.parent)), whole)
