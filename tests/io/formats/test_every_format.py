"""What holds for every format: rows come back, whole or in chunks."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from isthmus import DataError
from isthmus.io import Schema, read, write

TABLES = ("t.csv", "t.tsv", "t.csv.gz", "t.parquet", "t.feather", "t.arrow")
ROWS = {"height": [1.5, 2.5, None], "count": [1, 2, 3]}
ARRAY = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
IMAGES = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
WRITTEN = pa.table({"a": [1.5, 2.5, None], "b": [1, 2, 3], "c": ["x,y", None, "z"]})
MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3) + 0.5


def rows_of(path: Path):
    return read(path).to_memory()


@pytest.mark.parametrize("name", TABLES)
def test_every_table_format_gives_the_same_rows(files: dict[str, Path], name: str):
    dataset = read(files[name])
    assert dataset.schema == Schema(
        ("height", "count", "name"), ("double", "int64", "string"), (3,)
    )
    assert len(dataset) == 3
    assert dataset.to_memory().select(["height", "count"]).to_pydict() == ROWS


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_kept_in_the_order_asked_for_and_left_out(files: dict[str, Path], name: str):
    kept = read(files[name], columns=["count", "height"])
    assert kept.to_memory().column_names == ["count", "height"] == list(kept.schema.names or ())
    rest = read(files[name], exclude=["name"])
    assert rest.to_memory().to_pydict() == ROWS


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "packed.npz"])
def test_arrays_keep_shape_and_dtype(files: dict[str, Path], name: str):
    dataset = read(files[name])
    assert dataset.schema == Schema(None, ("float32",), (3, 2))
    np.testing.assert_array_equal(dataset.to_memory(), ARRAY)


@pytest.mark.parametrize(
    "name", ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "images"]
)
def test_images_keep_their_pixels(files: dict[str, Path], name: str):
    dataset = read(files[name])
    assert dataset.schema == Schema(None, ("uint8",), (5, 6))
    np.testing.assert_array_equal(dataset.to_memory(), IMAGES)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 100])
def test_chunks_hold_every_row_once_in_order(files: dict[str, Path], n_rows: int):
    for name, path in files.items():
        dataset = read(path)
        chunks = list(dataset.chunks(n_rows))
        assert max(map(len, chunks)) <= n_rows, name
        assert sum(map(len, chunks)) == len(dataset), name
        if dataset.schema.names:
            together = pa.concat_tables([c for c in chunks if not isinstance(c, np.ndarray)])
            assert together.equals(dataset.to_memory()), name
        else:
            np.testing.assert_array_equal(np.concatenate(chunks), dataset.to_memory())


def test_files_without_suffix_are_told_by_their_first_bytes(files: dict[str, Path]):
    for name in ("t.parquet", "t.feather", "a.npy", "a.npz", "train-images-idx3-ubyte.gz"):
        expected = read(files[name]).schema
        bare = files[name].rename(files[name].with_name(f"bare_{name.replace('.', '_')}"))
        assert read(bare).schema == expected


@pytest.mark.parametrize(
    ("columns", "exclude", "sentence"),
    [
        (["nope"], (), "has no column 'nope': its columns are 'height', 'count', 'name'"),
        (None, ["nope"], "has no column 'nope'"),
        (["count", "count"], (), "'count' is asked for more than once"),
        (None, ["height", "count", "name"], "No column of .* is left"),
    ],
)
def test_columns_that_cannot_be_chosen_are_named(files, columns, exclude, sentence):
    for name in TABLES:
        with pytest.raises(DataError, match=sentence):
            read(files[name], columns=columns, exclude=exclude)


def test_arrays_have_no_columns_to_choose(files):
    for name in ("a.npy", "images"):
        with pytest.raises(DataError, match="has no named columns"):
            read(files[name], columns=["a"])


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".feather", ".arrow"])
def test_a_table_comes_back(tmp_path: Path, suffix: str):
    path = tmp_path / f"t{suffix}"
    assert write(path, WRITTEN) == 3
    assert rows_of(path).equals(WRITTEN)
    assert write(path, (WRITTEN.slice(i, 1) for i in range(3))) == 3
    assert rows_of(path).combine_chunks().equals(WRITTEN)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".feather"])
def test_a_matrix_becomes_named_columns(tmp_path: Path, suffix: str):
    write(tmp_path / f"t{suffix}", MATRIX)
    found = rows_of(tmp_path / f"t{suffix}")
    assert found.column_names == ["column0", "column1", "column2"]
    np.testing.assert_array_equal(np.array(list(found.to_pydict().values())).T, MATRIX)
    write(tmp_path / f"t{suffix}", MATRIX, names=["x", "y", "z"])
    assert read(tmp_path / f"t{suffix}").schema.names == ("x", "y", "z")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.idx", "a.idx.gz", "a-idx2-ubyte.gz"])
def test_an_array_comes_back_whole_or_in_chunks(tmp_path: Path, name: str):
    for rows in (MATRIX, iter([MATRIX[:3], MATRIX[3:]])):
        assert write(tmp_path / name, rows) == 4
        found = rows_of(tmp_path / name)
        assert found.dtype == MATRIX.dtype
        np.testing.assert_array_equal(found, MATRIX)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.npz", "a.idx.gz", "a.csv"])
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, name: str):
    (tmp_path / "other").mkdir()
    write(tmp_path / name, MATRIX)
    write(tmp_path / "other" / name, MATRIX)
    assert (tmp_path / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_an_error_on_the_way_leaves_the_old_file(tmp_path: Path):
    def chunks():
        yield MATRIX
        raise KeyboardInterrupt

    for name in ("a.csv", "a.parquet", "a.feather", "a.npy", "a.npz", "a.idx", "a.idx.gz"):
        (tmp_path / name).write_text("old")
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / name, chunks())
        assert (tmp_path / name).read_text() == "old"
        (tmp_path / name).unlink()
        assert os.listdir(tmp_path) == []
