"""Who passes over data tells how far it is."""

import numpy as np
import pandas as pd
import pytest

from isthmus.io import read
from isthmus.passes import passes_told, told


@pytest.fixture
def passes():
    found = []
    with passes_told(found.append):
        yield found


def test_a_dataset_tells_of_its_rows(passes, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((10, 2)))
    dataset = read(tmp_path / "x.npy")
    assert [len(rows) for rows in dataset.passed(4)] == [4, 4, 2]
    assert [one.n_done for one in passes] == [4, 8, 10, 10]
    assert {one.n_rows for one in passes} == {10}
    assert {one.source for one in passes} == {dataset.source}
    assert [one.ended for one in passes] == [False, False, False, True]


def test_text_that_memory_does_not_hold_tells_how_much_was_read(passes, tmp_path, monkeypatch):
    monkeypatch.setenv("ISTHMUS_MEMORY", "1MB")
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20_000, 2)), columns=["a", "b"])
    frame.to_csv(tmp_path / "x.csv", index=False)
    assert read(tmp_path / "x.csv").n_rows == 20_000
    assert {one.n_rows for one in passes} == {None}
    assert passes[-1].ended
    assert passes[-1].n_done == 20_000
    assert len(passes) > 2


def test_a_pass_that_fails_or_is_given_up_has_ended(passes):
    def fails():
        yield "ab"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(told(fails(), "letters"))
    assert passes[-1].ended
    rest = told(["ab", "c"], "letters", 3)
    next(rest)
    rest.close()
    assert passes[-1] == ("letters", 0, 3, True)
