"""NumPy's files, one array or an archive of them."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from isthmus import DataError
from isthmus.io import dataset as dataset_module
from isthmus.io import limited_memory, read, write
from isthmus.io.formats.idx import idx_header

MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3) + 0.5
TABLE = pa.table({"a": [1.5, 2.5, None], "b": [1, 2, 3], "c": ["x,y", None, "z"]})


def rows_of(path: Path):
    return read(path).to_memory()


@pytest.mark.parametrize("order", ["C", "F"])
def test_big_endian_and_column_order_arrays_become_native_rows(tmp_path: Path, order):
    expected = np.arange(12, dtype=">f8").reshape(4, 3)
    np.save(tmp_path / "a.npy", np.array(expected, order=order))
    np.savez(tmp_path / "a.npz", np.array(expected, order=order))
    for name in ("a.npy", "a.npz"):
        found = rows_of(tmp_path / name)
        assert found.dtype.isnative
        np.testing.assert_array_equal(found, expected)


def test_labels_are_single_numbers(tmp_path: Path):
    np.save(tmp_path / "y.npy", np.arange(5))
    dataset = read(tmp_path / "y.npy")
    assert (dataset.n_rows, dataset.schema.row_shape) == (5, ())


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_numpy_itself_reads_what_is_written(tmp_path: Path, name: str):
    write(tmp_path / name, MATRIX[:, ::2])
    loaded = np.load(tmp_path / name, allow_pickle=False)
    np.testing.assert_array_equal(loaded if name == "a.npy" else loaded["X"], MATRIX[:, ::2])
    if name == "a.npz":
        loaded.close()


def test_numbers_of_a_table_become_a_matrix(tmp_path: Path):
    write(tmp_path / "a.npy", TABLE.select(["a", "b"]))
    np.testing.assert_array_equal(rows_of(tmp_path / "a.npy"), [[1.5, 1], [2.5, 2], [np.nan, 3]])


LARGE = np.random.default_rng(0).integers(0, 9, (40_000, 5, 7), dtype=np.uint8)


def write_large(path: Path, rows=LARGE):
    if path.suffix == ".npz":
        np.savez_compressed(path, X=rows)
    elif path.name.startswith("column"):
        np.save(path, np.asfortranarray(rows))
    else:
        write(path, rows)
    return path


@pytest.mark.parametrize("name", ["a.npy", "columns.npy", "a.idx"])
def test_an_array_is_read_from_disk_in_any_order(tmp_path: Path, name):
    dataset = read(write_large(tmp_path / name))
    np.testing.assert_array_equal(np.concatenate(list(dataset.chunks(700))), LARGE)
    assert max(map(len, dataset.chunks(700))) == 700
    group = dataset.row_groups()[-1]
    rows = np.concatenate(list(group.chunks(300)))
    np.testing.assert_array_equal(rows, LARGE[group.first_row :])


@pytest.mark.parametrize("name", ["a.npy", "columns.npy", "a.idx"])
@pytest.mark.parametrize("change", ["cut off", "written anew"])
def test_a_file_that_changes_while_it_is_read_has_a_sentence(
    tmp_path: Path, name, change, monkeypatch
):
    monkeypatch.setattr(dataset_module, "_GROUP_BYTES", 2**16)
    path = write_large(tmp_path / name)
    chunks = read(path).chunks(1000)
    next(chunks)
    if change == "cut off":
        os.truncate(path, path.stat().st_size // 2)
    else:
        os.utime(path, ns=(0, 0))
    with pytest.raises(DataError, match="has changed or was cut off since it was opened"):
        list(chunks)


@pytest.mark.parametrize("name", ["a.npz", "a.idx.gz"])
def test_a_large_packed_array_is_unpacked_onto_disk(tmp_path: Path, name, monkeypatch):
    (tmp_path / "room").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "room"))
    path = write_large(tmp_path / name)
    tracemalloc.start()
    with limited_memory("1MB"):
        dataset = read(path)
        rows = sum(len(chunk) for chunk in dataset.chunks(100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == len(LARGE)
    assert peak < LARGE.nbytes
    np.testing.assert_array_equal(dataset.to_memory(), LARGE)
    assert list((tmp_path / "room").iterdir())
    del dataset
    assert not list((tmp_path / "room").iterdir())


@pytest.mark.parametrize("name", ["a.npz", "a.idx.gz"])
def test_a_packed_array_takes_its_own_size_of_memory(tmp_path: Path, name):
    path = write_large(tmp_path / name)
    tracemalloc.start()
    dataset = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < LARGE.nbytes + 2**22
    np.testing.assert_array_equal(dataset.to_memory(), LARGE)


def test_what_is_unpacked_needs_room_on_the_disk(tmp_path: Path, monkeypatch):
    path = write_large(tmp_path / "a.npz")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10))
    with limited_memory("1MB"), pytest.raises(DataError, match="set TMPDIR to a folder with more"):
        read(path)


@pytest.mark.parametrize("memory", ["1MB", "1GB"])
@pytest.mark.parametrize(("n_rows", "state"), [(39_000, "is longer than"), (41_000, "is cut off")])
def test_a_packed_array_of_another_length_is_refused(tmp_path: Path, memory, n_rows, state):
    header = idx_header((n_rows, 5, 7), np.dtype("uint8"))
    (tmp_path / "a.idx.gz").write_bytes(gzip.compress(header + LARGE.tobytes()))
    with limited_memory(memory), pytest.raises(DataError, match=state):
        read(tmp_path / "a.idx.gz")


def test_a_sparse_matrix_is_called_so(tmp_path: Path):
    for kind in ("csr", "csc", "coo", "dia", "bsr"):
        sparse.save_npz(tmp_path / "a.npz", sparse.random(20, 8, 0.1, format=kind))
        with pytest.raises(DataError, match=r"holds a sparse matrix, .* \.toarray\(\)"):
            read(tmp_path / "a.npz")
