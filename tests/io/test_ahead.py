import threading
import time

import pytest

from isthmus.errors import DataError
from isthmus.io import read_ahead
from isthmus.io.ahead import in_order


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "isthmus-reader"]


def test_items_come_in_order_and_the_thread_ends():
    assert list(read_ahead(iter(range(100)), 3)) == list(range(100))
    assert not readers()


def test_error_of_the_reader_comes_in_its_place():
    def items():
        yield 1
        raise DataError("the file is gone.")

    found = read_ahead(items())
    assert next(found) == 1
    with pytest.raises(DataError, match=r"the file is gone\."):
        next(found)
    assert not readers()


def test_no_more_than_so_many_are_read_ahead():
    taken = []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    found = read_ahead(items(), 2)
    assert next(found) == 0
    time.sleep(0.3)
    # One was given, two are ready, and one more waits for its place.
    assert len(taken) <= 4
    found.close()
    assert not readers()


def test_reader_that_is_forgotten_ends_and_closes_its_file():
    closed = threading.Event()

    def items():
        try:
            yield from range(100)
        finally:
            closed.set()

    for _ in read_ahead(items()):
        break
    assert closed.wait(5)


def test_what_several_threads_compute_comes_in_order_and_an_error_in_its_place():
    def slowly(i):
        time.sleep(0.01 * (i % 3 == 0))
        if i == 7:
            raise DataError("the file is gone.")
        return 10 * i

    found = in_order(slowly, range(20), 3)
    assert [next(found) for _ in range(7)] == [0, 10, 20, 30, 40, 50, 60]
    with pytest.raises(DataError, match=r"the file is gone\."):
        next(found)


def test_no_more_than_so_many_are_computed_ahead():
    begun = []
    found = in_order(begun.append, range(100), 2)
    next(found)
    time.sleep(0.05)
    assert begun == [0, 1, 2]
    found.close()
