"""A device that begins an epoch before the last is judged learns what one that waits learns."""

import os
import signal

import jax
import numpy as np
import pytest

from isthmus.models import Deterministic, Model, SquaredError
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import Objective
from isthmus.runs import Checkpoint, CheckpointFile, Run
from isthmus.training import AllOnce, ArrayBatches, Plan, Settings, train
from isthmus.training import loop as loop_module

from ..anybody import Anybody

N_STEPS = 5


@pytest.fixture
def matrix():
    return np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32)


def model_of(seed):
    initialize = glorot_uniform(np.random.default_rng(seed))
    return Model(Dense((8,)).build((8,), 2, 2, 8, initialize), Deterministic(), SquaredError())


def trained(matrix, folder=None, report=None, validation=True, observe=None, **settings):
    plan = Plan(model_of(0), Objective(), Settings(12, 3e-2, **settings), fallback=model_of(1))
    with Run() as whole:
        run = whole.telling(report or (lambda progress: None))
        if folder is not None:
            run.checkpoint = CheckpointFile(Checkpoint(folder))
            run.checkpoint.identify(Anybody())
        return train(
            plan,
            ArrayBatches(matrix, 32, AllOnce(np.arange(160))),
            run,
            validation=ArrayBatches(matrix, 32, AllOnce(np.arange(160, 200)))
            if validation
            else None,
            observe=observe,
        )


def told(training):
    """Give all that training gives, but for the clock."""
    history = {name: values for name, values in training.history.items() if name != "seconds"}
    leaves = jax.tree.leaves((training.model, training.state))
    return history, training.best_epoch, [np.asarray(leaf).tolist() for leaf in leaves]


@pytest.fixture
def goes_ahead(monkeypatch):
    """Take the CPU for a GPU, and give how often it went ahead."""
    calls, call = [], loop_module._Loop._end_epoch

    def counted(loop, blocks):
        call(loop, blocks)
        calls.append(loop.ahead)

    def switch():
        monkeypatch.setattr(loop_module, "on_cpu", lambda: False)
        monkeypatch.setattr(loop_module._Loop, "_end_epoch", counted)
        return calls

    return switch


@pytest.mark.parametrize(
    ("settings", "most"),
    [({}, 11), ({"validation": False}, 11), ({"patience": 3}, 11), ({"patience": 1}, 0)],
    ids=["held out", "all rows", "patience of 3", "patience of 1"],
)
@pytest.mark.parametrize("seconds", [0.4, 1e-9], ids=["whole epochs", "one by one"])
def test_the_same_is_learned(settings, most, seconds, matrix, goes_ahead, monkeypatch):
    monkeypatch.setattr(loop_module, "_SECONDS_PER_CALL", seconds)
    waiting = trained(matrix, **settings)
    calls = goes_ahead()
    assert told(trained(matrix, **settings)) == told(waiting)
    n_epochs = len(waiting.history["loss"])
    assert len(calls) == n_epochs
    assert min(most, n_epochs - 3) <= sum(map(bool, calls)) <= most


def test_who_observes_sees_every_epoch_as_it_ended(matrix, goes_ahead):
    seen = [], []
    for models in seen:
        trained(matrix, observe=lambda epoch, model, to=models: to.append((epoch, model)))
        goes_ahead()
    assert [epoch for epoch, _ in seen[0]] == [epoch for epoch, _ in seen[1]] == list(range(1, 13))
    for (_, one), (_, other) in zip(*seen, strict=True):
        jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.mark.parametrize("n_updates", [3, 5, 6, 12, 55])
def test_stopped_anywhere_it_goes_on_to_equal_bits(
    n_updates, matrix, goes_ahead, monkeypatch, tmp_path
):
    monkeypatch.setattr(loop_module, "_SECONDS_PER_CALL", 1e-9)
    goes_ahead()
    whole = trained(matrix)

    signals = [signal.SIGINT]

    def stop(progress):
        if signals and progress.n_updates >= n_updates and not progress.epoch_complete:
            os.kill(os.getpid(), signals.pop())

    stopped = trained(matrix, tmp_path, stop)
    assert stopped.interrupted
    assert len(stopped.history["loss"]) <= n_updates // N_STEPS + 1
    assert told(trained(matrix, tmp_path)) == told(whole)


def test_a_checkpoint_that_is_due_is_written_though_epochs_are_one_call(
    matrix, goes_ahead, tmp_path
):
    goes_ahead()
    whole = trained(matrix)
    saved = []
    with Run() as run:
        run.checkpoint = CheckpointFile(Checkpoint(tmp_path, seconds=0))
        run.checkpoint.identify(Anybody())
        save = run.checkpoint.save
        run.checkpoint.save = lambda header, arrays: (saved.append(header), save(header, arrays))
        plan = Plan(model_of(0), Objective(), Settings(12, 3e-2), fallback=model_of(1))
        held_out = ArrayBatches(matrix, 32, AllOnce(np.arange(160, 200)))
        rows = ArrayBatches(matrix, 32, AllOnce(np.arange(160)))
        training = train(plan, rows, run, validation=held_out)
    assert {header["epoch"] for header in saved} >= set(range(1, 13))
    assert told(training) == told(whole)
