"""Tables are read from their files some rows at a time, and again and again."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet
from tests.compression.test_tables import TEXTS, columns

import isthmus
from isthmus import Archive, compress, decompress
from isthmus.compression.restoring import restore
from isthmus.compression.table import coding, table_source, text_source
from isthmus.errors import DataError
from isthmus.io import Dataset


@pytest.fixture
def few_rows(monkeypatch):
    """Look at three rows at once."""

    def look():
        monkeypatch.setattr(table_source, "CHUNK_ROWS", 3)
        monkeypatch.setattr(text_source, "CHUNK_ROWS", 3)

    return look


@pytest.fixture
def from_disk(monkeypatch):
    """Refuse to read all rows of a file into memory."""

    def to_memory(self):
        raise AssertionError("all rows at once")

    for kind in Dataset.__subclasses__():
        monkeypatch.setattr(kind, "to_memory", to_memory)


@pytest.mark.parametrize("max_error", [0, 1e-3])
def test_an_archive_does_not_depend_on_how_many_rows_are_looked_at(tmp_path, few_rows, max_error):
    table = pa.table(columns())
    compress(table, tmp_path / "x.isz", effort="fast", max_error=max_error)
    few_rows()
    compress(table, tmp_path / "y.isz", effort="fast", max_error=max_error)
    assert (tmp_path / "x.isz").read_bytes() == (tmp_path / "y.isz").read_bytes()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.filterwarnings("ignore:.*cells are taken")
def test_nor_does_that_of_a_text(tmp_path, few_rows, name):
    path = tmp_path / "x.csv"
    path.write_bytes(TEXTS[name].encode())
    compress(path, tmp_path / "x.isz", effort="fast")
    few_rows()
    compress(path, tmp_path / "y.isz", effort="fast")
    assert (tmp_path / "x.isz").read_bytes() == (tmp_path / "y.isz").read_bytes()


@pytest.mark.parametrize("later", ["1.50", "x", "", "007", "2.5"])
def test_a_text_that_is_spelled_in_another_way_later_comes_back(tmp_path, few_rows, later):
    few_rows()
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "".join(f"{i},0.5\n" for i in range(5)) + f"{later},{later}\n")
    compress(path, tmp_path / "x.isz", effort="fast")
    restore(Archive(tmp_path / "x.isz"), tmp_path / "y.csv")
    assert (tmp_path / "y.csv").read_bytes() == path.read_bytes()
    assert decompress(tmp_path / "x.isz").num_rows == 6


def test_a_cell_that_is_longer_than_a_block_of_text_comes_back(tmp_path):
    path = tmp_path / "x.csv"
    lines = [f"{i},short\n" for i in range(30_000)]
    path.write_text("".join(["n,t\n", *lines, f"1,{'long ' * 500_000}\n", *lines]))
    compress(path, tmp_path / "x.isz", effort="fast")
    restore(Archive(tmp_path / "x.isz"), tmp_path / "y.csv")
    assert (tmp_path / "y.csv").read_bytes() == path.read_bytes()


def test_files_larger_than_memory_are_not_read_whole(tmp_path, from_disk, monkeypatch):
    monkeypatch.setenv("ISTHMUS_MEMORY", "1MB")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=20_000), "t": rng.integers(9, size=20_000)})
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_parquet(tmp_path / "x.parquet", row_group_size=3_000)
    feather.write_feather(pa.Table.from_pandas(frame), tmp_path / "x.feather", chunksize=3_000)
    for name in ("x.csv", "x.parquet", "x.feather"):
        compress(tmp_path / name, tmp_path / "x.isz", effort="fast")
        restore(Archive(tmp_path / "x.isz"), tmp_path / f"back {name}")
        assert isthmus.read(tmp_path / f"back {name}").n_rows == 20_000, name
    assert (tmp_path / "back x.csv").read_bytes() == (tmp_path / "x.csv").read_bytes()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "back x.parquet"), frame)


def test_categories_of_later_row_groups_come_back(tmp_path, few_rows):
    few_rows()
    first = pa.table({"c": pa.array(["a", None, "b"]).dictionary_encode(), "n": [1, 2, 3]})
    later = pa.table({"c": pa.array(["z", "b", "a", "q"]).dictionary_encode(), "n": [4, 5, 6, 7]})
    with parquet.ParquetWriter(tmp_path / "x.parquet", first.schema) as writer:
        writer.write_table(first)
        writer.write_table(later)
    compress(tmp_path / "x.parquet", tmp_path / "x.isz", effort="fast")
    found = decompress(tmp_path / "x.isz")
    assert found.to_pylist() == [*first.to_pylist(), *later.to_pylist()]
    assert pa.types.is_dictionary(found.schema.field("c").type)


def test_files_in_parts_come_back_as_one_table(tmp_path):
    frame = pd.DataFrame({"a": np.arange(9.0), "b": list("abcabcabc")})
    for i in range(3):
        frame[3 * i : 3 * i + 3].to_parquet(tmp_path / f"{i}.parquet", index=False)
    compress([tmp_path / f"{i}.parquet" for i in range(3)], tmp_path / "x.isz", effort="fast")
    pd.testing.assert_frame_equal(decompress(tmp_path / "x.isz").to_pandas(), frame)


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
@pytest.mark.parametrize("more", [0, 1, "x"])
def test_a_file_that_changes_meanwhile_is_refused_and_leaves_nothing(
    tmp_path, monkeypatch, name, more
):
    path = tmp_path / name
    frame = pd.DataFrame({"a": range(100), "b": ["u", "v"] * 50})

    def write(frame):
        (frame.to_csv if name == "x.csv" else frame.to_parquet)(path, index=False)

    write(frame)
    own = coding.Coding.__call__

    def changing(self, array):
        write(frame.assign(a=more) if more else frame)
        return own(self, array)

    monkeypatch.setattr(coding.Coding, "__call__", changing)
    with pytest.raises(DataError, match=r"was cut off since|may be cut off"):
        compress(path, tmp_path / "x.isz", effort="fast")
    assert not (tmp_path / "x.isz").exists()


@pytest.mark.parametrize("later", [["c"], [3]])
def test_values_that_were_not_there_before_are_refused(later):
    kind = pa.string() if later == ["c"] else pa.int64()
    choice = table_source.choice_of(kind, 8, True, None)
    choice.see(pa.array(["a", "b"] * 4 if later == ["c"] else [1, 2] * 4, kind))
    with pytest.raises(DataError, match="has changed while it was compressed"):
        choice.coding()(pa.array(later, kind))
