import os
import signal
import threading

import jax
import numpy as np
import pytest

from isthmus import Autoencoder, from_batches, limited_memory
from isthmus.errors import IsthmusError
from isthmus.models import Deterministic, Model, SquaredError
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import Objective
from isthmus.runs import Run
from isthmus.training import AllOnce, ArrayBatches, Plan, Settings, train
from isthmus.training import loop as loop_module
from isthmus.training.devices import Devices
from isthmus.training.held_out import HeldOut
from isthmus.training.layout import Layout


@pytest.fixture
def matrix():
    generator = np.random.default_rng(0)
    return (generator.normal(size=(200, 2)) @ generator.normal(size=(2, 8))).astype(np.float32)


def make_model(seed=0):
    initialize = glorot_uniform(np.random.default_rng(seed))
    return Model(Dense((8,)).build((8,), 2, 2, 8, initialize), Deterministic(), SquaredError())


def vector(model):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(model)])


def run(matrix, n_epochs=5, validation=False, report=None, **settings):
    held_out = np.arange(160, 200) if validation else None
    return train(
        Plan(make_model(), Objective(), Settings(n_epochs, 1e-2, **settings)),
        ArrayBatches(matrix, 32, AllOnce(np.arange(160))),
        Run().telling(report) if report else None,
        validation=ArrayBatches(matrix, 32, AllOnce(held_out)) if validation else None,
    )


def test_training_lowers_the_loss_and_counts_every_epoch(matrix):
    training = run(matrix, 30)
    assert len(training.history["loss"]) == 30
    assert training.history["loss"][-1] < 0.3 * training.history["loss"][0]
    assert training.history["seconds"] == sorted(training.history["seconds"])


def test_same_seed_gives_equal_bits_and_another_seed_does_not(matrix):
    first, second, other = run(matrix, seed=1), run(matrix, seed=1), run(matrix, seed=2)
    np.testing.assert_array_equal(vector(first.model), vector(second.model))
    assert not np.array_equal(vector(first.model), vector(other.model))


def test_result_does_not_depend_on_how_updates_are_grouped_into_calls(matrix, monkeypatch):
    together = run(matrix)
    monkeypatch.setattr(loop_module, "_SECONDS_PER_CALL", 1e-9)
    one_by_one = run(matrix)
    np.testing.assert_array_equal(vector(together.model), vector(one_by_one.model))
    assert together.history["loss"] == one_by_one.history["loss"]


def test_best_held_out_parameters_are_kept(matrix):
    training = run(matrix, 12, validation=True)
    losses = training.history["validation_loss"]
    assert training.best_epoch == int(np.argmin(losses)) + 1
    held_out = ArrayBatches(matrix, 32, AllOnce(np.arange(160, 200)))
    judge = HeldOut(Layout.of(training.model), Objective(), held_out, Devices())
    loss = judge.losses(Layout.of(training.model).flatten(training.model)).mean()
    assert loss == pytest.approx(min(losses), rel=1e-6)


def test_early_stopping_waits_for_patience_and_no_longer(matrix):
    settings = Settings(500, 1e-2, patience=3)
    noise = np.random.default_rng(1).normal(size=(40, 8)).astype(np.float32)
    training = train(
        Plan(make_model(), Objective(), settings),
        ArrayBatches(noise[:20], 8),
        validation=ArrayBatches(noise[20:], 8),
    )
    assert len(training.history["loss"]) == training.best_epoch + 3 < 500


def test_state_goes_on_where_it_ended(matrix):
    batches = ArrayBatches(matrix, 32)
    one, two = (
        Plan(
            make_model(),
            Objective(),
            Settings(n_epochs, 1e-2, learning_rate_schedule="constant", seed=3),
        )
        for n_epochs in (1, 2)
    )
    twice = train(one, batches, state=train(one, batches).state)
    both = train(two, batches)
    np.testing.assert_array_equal(vector(twice.model), vector(both.model))


def test_interrupt_stops_after_the_call_and_keeps_the_best(matrix):
    seen = []

    def report(progress):
        seen.append(progress)
        if progress.epoch == 4:
            os.kill(os.getpid(), signal.SIGINT)

    training = run(matrix, 1000, validation=True, report=report)
    assert training.interrupted
    assert len(training.history["loss"]) == 3
    assert training.best_epoch == int(np.argmin(training.history["validation_loss"])) + 1
    assert seen[-1].epoch == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_interrupt_in_the_first_epoch_still_gives_what_was_learned(matrix):
    def report(progress):
        os.kill(os.getpid(), signal.SIGINT)

    training = run(matrix, 10, report=report)
    assert training.interrupted
    assert not np.array_equal(vector(training.model), vector(make_model()))


def test_second_interrupt_stops_at_once(matrix):
    def report(progress):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(matrix, 10, report=report)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_divergence_is_a_sentence():
    matrix = np.full((64, 8), 1e20, np.float32)
    with pytest.raises(IsthmusError, match=r"try a smaller learning_rate than 0\.01"):
        train(Plan(make_model(), Objective(), Settings(3, 1e-2)), ArrayBatches(matrix, 32))


def test_weight_decay_shrinks_weights(matrix):
    plain, decayed = run(matrix, 20), run(matrix, 20, weight_decay=10.0)
    assert np.linalg.norm(vector(decayed.model)) < np.linalg.norm(vector(plain.model))


def test_products_in_bfloat16_round_numbers_and_learn_as_well(matrix):
    exact, rounded = (run(matrix, 20, precision=name) for name in ("float32", "bfloat16"))
    losses = exact.history["loss"][-1], rounded.history["loss"][-1]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert {leaf.dtype for leaf in jax.tree.leaves(rounded.model)} == {np.dtype("float32")}


def test_next_block_is_made_while_one_is_trained_on_and_never_more(matrix, monkeypatch):
    monkeypatch.setattr("isthmus.training.batches._BLOCK_BYTES", 2 * 32 * 8 * 4)
    batches, made, ahead = ArrayBatches(matrix, 32), [], []
    epoch, blocks_an_epoch = batches.epoch, len(list(batches.epoch()))

    def counted(*arguments):
        for block in epoch(*arguments):
            made.append(block)
            yield block

    def report(progress):
        n_steps = progress.n_updates - (progress.epoch - 1) * batches.n_steps
        n_begun = (progress.epoch - 1) * blocks_an_epoch - (-n_steps // batches.steps_per_block)
        if not progress.epoch_complete:
            ahead.append(len(made) - n_begun)

    monkeypatch.setattr(batches, "epoch", counted)
    train(Plan(make_model(), Objective(), Settings(3, 1e-2)), batches, Run().telling(report))
    assert set(ahead) == {0, 1}
    assert ahead[-1] == 0


def test_no_reader_is_left_after_an_early_stop():
    rows = np.random.default_rng(0).normal(size=(60_000, 4)).astype(np.float32)
    with limited_memory("1MB"):
        model = Autoencoder(1, max_epochs=5, patience=1, learning_rate=1e-30, random_state=0)
        model.fit(from_batches(iter(np.split(rows, 10))))
    assert len(model.history_["loss"]) < 5
    assert "isthmus-reader" not in {thread.name for thread in threading.enumerate()}
