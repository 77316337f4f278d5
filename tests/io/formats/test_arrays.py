"""NumPy's files, one array or an archive of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from isthmus.io import read, write

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
