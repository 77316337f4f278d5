"""Rows that stay on the devices are trained on as those that the host gathers."""

import os
import signal

import jax
import numpy as np
import pytest

from isthmus.errors import IsthmusError
from isthmus.models import Deterministic, Model, SquaredError
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import Objective
from isthmus.runs import Checkpoint, CheckpointFile, Run
from isthmus.training import AllOnce, ArrayBatches, LabelledInEveryMinibatch, Plan, Settings, train
from isthmus.training import loop as loop_module
from isthmus.training.batches import NOWHERE
from isthmus.training.compiled import _minibatch
from isthmus.training.devices import Devices
from isthmus.training.resident import VARIABLE, Resident, capacity, device_memory_budget

from ..anybody import Anybody

ORDERS = {
    "all once": lambda: AllOnce(np.arange(160)),
    "labelled": lambda: LabelledInEveryMinibatch(np.arange(20), np.arange(20, 160), 32, 0.25),
}


@pytest.fixture
def matrix():
    generator = np.random.default_rng(0)
    return (generator.normal(size=(200, 2)) @ generator.normal(size=(2, 8))).astype(np.float32)


def blocks(batches, memory, monkeypatch, generators=None):
    monkeypatch.setenv(VARIABLE, memory)
    return list(Devices().blocks(batches, generators))


def minibatches(found):
    """Give what the steps of blocks see, one after the other."""
    return [_minibatch(block, step) for block in found for step in range(block.n_steps)]


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_steps_see_the_same_minibatches_padding_included(order, dtype, matrix, monkeypatch):
    rows = matrix.astype(dtype)
    targets = np.arange(1, 201, dtype=np.int32)
    batches = ArrayBatches(rows, 32, order(), targets)
    found = [
        minibatches(blocks(batches, memory, monkeypatch, [np.random.default_rng(4)]))
        for memory in ("off", "1MB")
    ]
    assert len(found[0]) == len(found[1]) == batches.n_steps
    for gathered, resident in zip(*found, strict=True):
        for ours, theirs in zip(resident, gathered, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_integers_stay_integers_and_an_epoch_sends_positions_only(matrix, monkeypatch):
    rows = np.abs(matrix).astype(np.uint8)
    batches = ArrayBatches(rows, 32, AllOnce(np.arange(150)))
    generators = [np.random.default_rng(seed) for seed in range(2)]
    first, second = blocks(batches, "1MB", monkeypatch, generators)
    assert first.rows is second.rows
    assert first.rows.dtype == np.uint8
    assert first.rows.shape == (capacity(200), 8)
    assert sorted(np.ravel(first.positions)[:150]) == list(range(150))
    assert (np.ravel(first.positions)[150:] == NOWHERE).all()
    assert not np.array_equal(first.positions, second.positions)


def test_rows_that_do_not_fit_are_gathered(monkeypatch):
    batches = ArrayBatches(np.zeros((2**15 + 1, 8), np.float32), 256)
    (block, *_) = blocks(batches, "1MB", monkeypatch)
    assert block.positions is None


def test_two_kinds_of_rows_share_what_is_allowed(matrix, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1MB")
    resident = Resident(lambda array: array)
    large, small = np.zeros((2**14, 12), np.float32), np.zeros((2**14, 8), np.float32)
    assert resident.holds(large)
    assert not resident.holds(small)
    assert resident.holds(large)


def test_large_arrays_go_there_in_parts(monkeypatch):
    monkeypatch.setattr("isthmus.training.resident._PART_BYTES", 1000)
    monkeypatch.setenv(VARIABLE, "1MB")
    array = np.arange(1300, dtype=np.float32)[:, None]
    resident = Resident(lambda array: array)
    assert resident.holds(array)
    placed = np.asarray(resident[array])
    assert placed.shape == (capacity(1300), 1)
    np.testing.assert_array_equal(placed[:1300], array)
    assert not placed[1300:].any()


@pytest.mark.parametrize("n_rows", [1, 5, 8, 9, 100, 1025, 5000])
def test_little_is_filled_up_and_similar_lengths_share_a_shape(n_rows):
    assert n_rows <= capacity(n_rows) <= n_rows + max(n_rows // 4, 1)
    assert capacity(capacity(n_rows)) == capacity(n_rows)
    assert len({capacity(n) for n in range(1100, 1280)}) == 1


def test_the_setting_bounds_the_memory_and_on_cpu_there_is_none(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert device_memory_budget() == 0
    monkeypatch.setenv(VARIABLE, "2MB")
    assert device_memory_budget() == 2**21
    monkeypatch.setenv(VARIABLE, "much")
    with pytest.raises(IsthmusError, match=f"{VARIABLE}='much' is no size"):
        device_memory_budget()


def trained(matrix, order, folder=None, report=None):
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense((8,)).build((8,), 2, 2, 8, initialize)
    with Run() as whole:
        run = whole.telling(report or (lambda progress: None))
        if folder is not None:
            run.checkpoint = CheckpointFile(Checkpoint(folder))
            run.checkpoint.identify(Anybody())
        training = train(
            Plan(Model(network, Deterministic(), SquaredError()), Objective(), Settings(3, 1e-2)),
            ArrayBatches(matrix, 32, order()),
            run,
            validation=ArrayBatches(matrix, 32, AllOnce(np.arange(160, 200))),
        )
    vector = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(training.model)])
    return vector, training


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_training_learns_the_same_and_goes_on_to_equal_bits(order, matrix, monkeypatch, tmp_path):
    monkeypatch.setattr(loop_module, "_SECONDS_PER_CALL", 1e-9)
    monkeypatch.setenv(VARIABLE, "off")
    gathered, _ = trained(matrix, order)
    monkeypatch.setenv(VARIABLE, "1MB")
    whole, _ = trained(matrix, order)
    np.testing.assert_allclose(whole, gathered, rtol=1e-5, atol=1e-6)

    def stop(progress):
        if progress.n_updates == 7:
            os.kill(os.getpid(), signal.SIGINT)

    assert trained(matrix, order, tmp_path, stop)[1].interrupted
    np.testing.assert_array_equal(trained(matrix, order, tmp_path)[0], whole)
