"""Partitioned folders, and datasets of pyarrow."""

import numpy as np
import pyarrow as pa
import pyarrow.dataset as scanning
import pytest
from pyarrow import feather, parquet

from isthmus import Autoencoder, DataError, read
from isthmus.io import limited_memory
from isthmus.io.formats import row_groups as row_groups_module


def make_table(n_rows, start):
    return pa.table({"x": np.arange(start, start + n_rows, dtype=float), "n": np.arange(n_rows)})


@pytest.fixture
def folder(tmp_path):
    """Rows 0 to 119 in four folders, of which pyarrow would sort month=10 before month=2."""
    start = 0
    for month in (2, 10):
        for place in ("a", "b"):
            inside = tmp_path / "sales" / f"month={month}" / f"place={place}"
            inside.mkdir(parents=True)
            parquet.write_table(make_table(30, start), inside / "part.parquet", row_group_size=7)
            start += 30
    (tmp_path / "sales" / "_temporary").mkdir()
    (tmp_path / "sales" / "_temporary" / "part.parquet").write_bytes(b"not data")
    return tmp_path / "sales"


def test_partitioned_folder_gives_its_names_as_columns(folder):
    dataset = read(folder)
    assert dataset.schema.names == ("x", "n", "month", "place")
    assert dataset.n_rows == 120
    rows = dataset.to_memory().to_pydict()
    assert rows["x"] == list(range(120))
    assert rows["month"] == [2] * 60 + [10] * 60
    assert rows["place"] == (["a"] * 30 + ["b"] * 30) * 2
    chosen = read(folder, columns=["month", "x"])
    assert chosen.to_memory().column_names == ["month", "x"]
    assert read(folder, exclude=["place"]).schema.names == ("x", "n", "month")
    with pytest.raises(DataError, match="no column 'y'"):
        read(folder, columns=["y"])


def test_row_groups_come_with_their_partition(folder, monkeypatch):
    monkeypatch.setattr(row_groups_module, "_LEAST_GROUP_ROWS", 10)
    groups = read(folder, columns=["month", "x"]).row_groups()
    assert len(groups) == 9
    for group in reversed(groups):
        rows = pa.concat_tables(group.chunks(4)).to_pydict()
        expected = list(range(group.first_row, group.first_row + group.n_rows))
        assert rows["x"] == expected
        assert rows["month"] == [2 if i < 60 else 10 for i in expected]


def test_file_with_other_columns_is_named(folder):
    other = folder / "month=10" / "place=b" / "part.parquet"
    parquet.write_table(pa.table({"x": [1.0]}), other)
    with pytest.raises(DataError, match=r"place=b/part\.parquet has other columns than"):
        read(folder)


def test_damaged_file_is_one_sentence(folder):
    other = folder / "month=10" / "place=b" / "part.parquet"
    other.write_bytes(other.read_bytes()[:-20])
    with pytest.raises(DataError, match="sales could not be read as a folder of parquet files"):
        read(folder)


@pytest.mark.parametrize("kind", ["parquet", "feather", "memory", "filtered"])
def test_datasets_of_pyarrow_are_data(kind, tmp_path):
    table = make_table(300, 0)
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=50)
    feather.write_feather(table, tmp_path / "rows.feather")
    scanned = {
        "parquet": lambda: scanning.dataset(tmp_path / "rows.parquet"),
        "feather": lambda: scanning.dataset(tmp_path / "rows.feather", format="feather"),
        "memory": lambda: scanning.dataset(table),
        "filtered": lambda: scanning.dataset(tmp_path / "rows.parquet").filter(
            scanning.field("x") >= 0
        ),
    }[kind]()
    dataset = read(scanned, exclude=["n"])
    assert dataset.to_memory().to_pydict() == {"x": list(range(300))}
    rows = [chunk for group in dataset.row_groups() for chunk in group.chunks(64)]
    assert pa.concat_tables(rows).to_pydict() == {"x": list(range(300))}
    with limited_memory("1MB"):
        model = Autoencoder(1, hidden=4, max_epochs=1, random_state=0, verbose=False)
        codes = model.fit(scanned).transform(scanned)
    np.testing.assert_array_equal(codes, model.transform(table.to_pandas()))


def test_scanned_dataset_without_rows_is_refused():
    empty = scanning.dataset(make_table(0, 0))
    with pytest.raises(DataError, match="X has a header but no rows"):
        read(empty)
