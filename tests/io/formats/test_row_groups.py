"""Row groups hold every row once, whatever the format and in whatever order they are read."""

import os

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import feather, parquet

from isthmus import DataError
from isthmus.io import as_dataset, read, write
from isthmus.io import dataset as dataset_module
from isthmus.io.formats import images as images_module
from isthmus.io.formats import row_groups as row_groups_module

N_ROWS = 1000


@pytest.fixture(autouse=True)
def _small_row_groups(monkeypatch):
    monkeypatch.setattr(row_groups_module, "_LEAST_GROUP_ROWS", 50)
    monkeypatch.setattr(dataset_module, "_GROUP_ROWS", 50)
    monkeypatch.setattr(dataset_module, "_GROUP_BYTES", 800)
    monkeypatch.setattr(images_module, "_GROUP_IMAGES", 3)


def make(kind, folder):
    rows = np.arange(2.0 * N_ROWS).reshape(N_ROWS, 2)
    table = pa.table({"a": rows[:, 0], "b": rows[:, 1]})
    path = folder / f"data.{kind}"
    if kind == "parquet":
        parquet.write_table(table, path, row_group_size=30)
    elif kind == "feather":
        feather.write_feather(table, path, chunksize=30)
    elif kind == "npy":
        np.save(path, rows)
    elif kind == "frame":
        return as_dataset(table)
    elif kind == "array":
        return as_dataset(rows)
    elif kind == "images":
        path.mkdir()
        for i in range(20):
            Image.fromarray(np.full((2, 2), i, np.uint8)).save(path / f"{i}.png")
    else:
        parquet.write_table(table, folder / "one.parquet", row_group_size=100)
        parquet.write_table(table, folder / "two.parquet", row_group_size=7)
        path = [folder / "one.parquet", folder / "two.parquet"]
    return read(path)


@pytest.mark.parametrize(
    "kind", ["parquet", "feather", "npy", "frame", "array", "images", "joined"]
)
def test_row_groups_hold_the_rows_of_their_places(kind, tmp_path):
    dataset = make(kind, tmp_path)
    groups = dataset.row_groups()
    assert len(groups) > 5
    assert [group.first_row for group in groups] == np.cumsum(
        [0, *(group.n_rows for group in groups[:-1])]
    ).tolist()
    assert sum(group.n_rows for group in groups) == dataset.n_rows
    whole = dataset.to_memory()
    for group in reversed(groups):
        chunks = list(group.chunks(8))
        assert all(0 < len(chunk) <= 8 for chunk in chunks)
        assert sum(map(len, chunks)) == group.n_rows
        if isinstance(whole, np.ndarray):
            expected = whole[group.first_row : group.first_row + group.n_rows]
            np.testing.assert_array_equal(np.concatenate(chunks), expected)
        else:
            expected = whole.slice(group.first_row, group.n_rows)
            assert pa.concat_tables(chunks).to_pydict() == expected.to_pydict()


def test_row_groups_of_chosen_columns(tmp_path):
    group = make("parquet", tmp_path).select(["b"]).row_groups()[-1]
    assert next(group.chunks(4)).column_names == ["b"]


def test_rows_of_a_feather_file_outlive_the_file(tmp_path):
    path = tmp_path / "rows.feather"
    column = np.arange(100_000.0)
    write(path, pa.table({"a": column}))
    chunks = read(path).chunks(1000)
    first = next(chunks)
    os.truncate(path, 100)
    np.testing.assert_array_equal(first.column("a").to_numpy(), column[:1000])
    with pytest.raises(DataError, match=r"rows\.feather"):
        list(read(path).chunks())
