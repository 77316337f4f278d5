"""Whatever call to the system fails while something is written, what was there stays whole."""

from __future__ import annotations

import errno
import shutil
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from isthmus import Autoencoder, IsthmusError
from isthmus.io import write
from isthmus.runs import Checkpoint, CheckpointFile

from .anybody import Anybody
from .faults import Faults, contents

resource = pytest.importorskip("resource", reason="Windows has no limits of this kind")

TABLE = pa.table({"a": np.arange(400.0), "b": np.arange(400) % 7})
ARRAY = np.arange(120, dtype=np.float32).reshape(-1, 3)
IMAGES = np.arange(3 * 16, dtype=np.uint8).reshape(3, 4, 4)
WRITERS = {
    **{f"rows{suffix}": TABLE for suffix in (".csv", ".tsv", ".parquet", ".feather")},
    **{f"rows{suffix}": ARRAY for suffix in (".npy", ".npz", ".idx", ".idx.gz")},
    "rows": IMAGES,
}
HEADER = {"epoch": 2, "finished": False}


@pytest.fixture(scope="module")
def models():
    rows = np.random.default_rng(0).normal(size=(40, 3))
    return [Autoencoder(2, hidden=4, max_epochs=1, random_state=seed).fit(rows) for seed in (0, 1)]


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Fail at every call of a second writing, once or from then on."""

    def run(first, second, *, lasting=False, error=errno.EIO):
        old_folder, folder = tmp_path / "old", tmp_path / "new"
        old_folder.mkdir()
        first(old_folder)
        old = contents(old_folder)
        counted = Faults(folder)
        shutil.copytree(old_folder, folder)
        with counted.injected(monkeypatch):
            second(folder)
        new = contents(folder)
        assert new != old
        assert new.keys() == (old or new).keys()
        assert counted.calls
        for number, name in enumerate(counted.calls):
            shutil.rmtree(folder)
            shutil.copytree(old_folder, folder)
            faults, failed = Faults(folder, number, lasting=lasting, error=error), None
            with faults.injected(monkeypatch):
                try:
                    second(folder)
                except IsthmusError as caught:
                    failed = str(caught)
            found, where = contents(folder), f"call {number}, {name}: {failed}"
            if failed is None:
                assert found == new, where
                continue
            assert len(failed.splitlines()) == 1, where
            assert "because" in failed or "put back" in failed, where
            if lasting and found not in (old, new):
                # What cannot be taken away stays, but it hides nothing of what was there.
                assert (
                    old.items() <= found.items()
                    or new.items() <= found.items()
                    or ("put back" in failed and set(old.values()) <= set(found.values()))
                ), where
            else:
                assert found in (old, new), where

    return run


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("name", WRITERS)
def test_rows_are_written_whole_or_not_at_all(name, lasting, check):
    rows = WRITERS[name]

    def first(folder: Path):
        write(folder / name, rows[:-1] if isinstance(rows, np.ndarray) else rows.slice(1))
        if name == "rows":  # all images have names of their own
            write(folder / name, rows[::-1], overwrite=True)

    check(first, lambda folder: write(folder / name, rows, overwrite=True), lasting=lasting)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EACCES])
def test_model_is_saved_whole_or_not_at_all(error, lasting, check, models):
    old, new = models
    check(
        lambda folder: old.save(folder / "model.isthmus"),
        lambda folder: new.save(folder / "model.isthmus"),
        lasting=lasting,
        error=error,
    )


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_first_model_leaves_nothing_half_written(lasting, check, models):
    check(lambda folder: None, lambda folder: models[0].save(folder / "m.isthmus"), lasting=lasting)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_checkpoint_before_stays_whole(lasting, check):
    def save(folder, value):
        file = CheckpointFile(Checkpoint(folder, seconds=0, fresh=True))
        file.identify(Anybody())
        file.save(HEADER, {"weights": np.full(30, value)})

    check(lambda folder: save(folder, 1.0), lambda folder: save(folder, 2.0), lasting=lasting)


def test_later_checkpoint_that_fails_warns_once_and_training_goes_on(tmp_path, monkeypatch):
    file = CheckpointFile(Checkpoint(tmp_path, seconds=0))
    file.identify(Anybody())
    file.save(HEADER, {"weights": np.zeros(30)})
    old = contents(tmp_path)
    with Faults(tmp_path, 0, lasting=True).injected(monkeypatch):
        with pytest.warns(RuntimeWarning, match="training goes on, and the checkpoint before"):
            file.save(HEADER, {"weights": np.ones(30)})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            file.save(HEADER, {"weights": np.ones(30)})
    assert contents(tmp_path) == old


@pytest.mark.parametrize("name", WRITERS)
def test_writer_that_runs_out_of_room_says_so(name, tmp_path):
    """At any byte, whatever language it is written in."""
    rows, target = WRITERS[name], tmp_path / name
    write(target, rows)
    old = contents(tmp_path)
    size = max(map(len, old.values()))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for room in sorted({0, 1, 7, size // 3, size // 2, size - 1}):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        try:
            with pytest.raises(IsthmusError, match="could not be written, because"):
                write(target, rows, overwrite=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert contents(tmp_path) == old, room
