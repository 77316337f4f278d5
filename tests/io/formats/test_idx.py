"""IDX files, plain and packed."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from isthmus.io import read, write
from isthmus.io.formats.idx import idx_header

IMAGES = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)


def rows_of(path: Path):
    return read(path).to_memory()


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i2", ">i4", "i1", "u1"])
def test_idx_numbers_become_native(tmp_path: Path, dtype: str):
    expected = np.array([[1, 2], [3, 4]], dtype)
    path = tmp_path / "numbers.idx"
    path.write_bytes(idx_header(expected.shape, expected.dtype) + expected.tobytes())
    found = rows_of(path)
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, expected)


def test_a_file_of_several_gzip_members_is_one(tmp_path: Path):
    numbers = np.arange(6, dtype=np.uint8)
    data = idx_header((6,), numbers.dtype) + numbers.tobytes()
    (tmp_path / "a.idx.gz").write_bytes(gzip.compress(data[:7]) + gzip.compress(data[7:]))
    np.testing.assert_array_equal(rows_of(tmp_path / "a.idx.gz"), numbers)


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_every_idx_dtype_comes_back(tmp_path: Path, dtype: str):
    array = np.arange(6).reshape(3, 2).astype(dtype)
    write(tmp_path / "a.idx", array)
    found = rows_of(tmp_path / "a.idx")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_packed_idx_is_one_that_gzip_opens(tmp_path: Path):
    write(tmp_path / "a.idx.gz", IMAGES)
    assert gzip.decompress((tmp_path / "a.idx.gz").read_bytes())[:4] == b"\0\0\x08\x03"
