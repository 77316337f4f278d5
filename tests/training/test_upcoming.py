"""The next block is made ready while another is trained on, and nothing is left running."""

import threading

import numpy as np
import pytest

from isthmus import Autoencoder, from_batches, limited_memory
from isthmus.io import read_ahead
from isthmus.training.upcoming import Upcoming


def test_preparing_makes_one_item_and_never_two():
    made = []

    def items():
        for item in range(3):
            made.append(item)
            yield item

    with Upcoming(items()) as upcoming:
        upcoming.prepare()
        upcoming.prepare()
        assert made == [0]
        assert [upcoming.take(), upcoming.take()] == [0, 1]
        assert made == [0, 1]


def test_leaving_early_ends_the_thread_that_reads():
    with Upcoming(read_ahead(iter(range(1_000)))) as upcoming:
        upcoming.take()
        upcoming.prepare()
        assert "isthmus-reader" in {thread.name for thread in threading.enumerate()}
    assert "isthmus-reader" not in {thread.name for thread in threading.enumerate()}


def test_an_error_comes_when_its_item_is_made():
    def items():
        yield 1
        raise ValueError("the second item")

    with Upcoming(items()) as upcoming:
        assert upcoming.take() == 1
        with pytest.raises(ValueError, match="second"):
            upcoming.prepare()


def test_no_reader_is_left_after_an_early_stop():
    rows = np.random.default_rng(0).normal(size=(60_000, 4)).astype(np.float32)
    with limited_memory("1MB"):
        model = Autoencoder(1, max_epochs=5, patience=1, learning_rate=1e-30, random_state=0)
        model.fit(from_batches(iter(np.split(rows, 10))))
    assert len(model.history_["loss"]) < 5
    assert "isthmus-reader" not in {thread.name for thread in threading.enumerate()}
