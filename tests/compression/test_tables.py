import datetime
import decimal
import gzip
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

import isthmus
from isthmus import Archive, compress, decompress
from isthmus.compression.restoring import restore
from isthmus.compression.table import table_source
from isthmus.errors import DataError, DataWarning

DAYS = [datetime.date(2020, 1, 1 + i % 28) for i in range(30)]


def columns(n=30):
    """Make a column of every type that archives keep in a way of its own."""
    rng = np.random.default_rng(0)
    text = pa.array([None if i % 7 == 0 else f"word {i % 5} é" for i in range(n)])
    return {
        "bool": pa.array([None, True, False] * (n // 3)),
        "int8": pa.array([i % 100 for i in range(n)], pa.int8()),
        "uint64": pa.array([2**63 + i * 2**40 for i in range(n)], pa.uint64()),
        "int64": pa.array([None if i % 9 == 0 else i * i - 5 for i in range(n)]),
        "float16": pa.array(rng.normal(size=n).astype(np.float16)),
        "float32": pa.array([0.0, -0.0, float("nan"), None, 1e30] * (n // 5), pa.float32()),
        "float64": pa.array(rng.normal(size=n)),
        "text": text,
        "long text": pa.array([f"{i}" * i for i in range(n)], pa.large_string()),
        "bytes": pa.array([b"\0\xff" * (i % 3) for i in range(n)]),
        "category": text.dictionary_encode(),
        "numbered": pa.DictionaryArray.from_arrays(
            pa.array([i % 3 for i in range(n)], pa.int8()), pa.array([3.5, 1.5, 2.5, 9.0])
        ),
        "date": pa.array([*DAYS][:n]),
        "time": pa.array([datetime.time(1, 2, i) for i in range(n)]),
        "moment": pa.array(
            [1_600_000_000_000_000 + i for i in range(n)], pa.timestamp("us", "UTC")
        ),
        "span": pa.array([None, *range(n - 1)], pa.duration("ms")),
        "decimal": pa.array([decimal.Decimal(i) / 4 for i in range(n)]),
        "list": pa.array([None if i == 3 else list(range(i % 4)) for i in range(n)]),
        "struct": pa.array([{"a": i, "b": str(i)} for i in range(n)]),
        "missing": pa.array([None] * n, pa.int32()),
        "nothing": pa.nulls(n),
    }


@pytest.mark.parametrize("block_bytes", [300, 2**23])
def test_tables_of_all_types_come_back(tmp_path, monkeypatch, block_bytes):
    monkeypatch.setattr(table_source, "BLOCK_BYTES", block_bytes)
    table = pa.table(columns())
    compress(table, tmp_path / "x.isz", effort="fast")
    found = decompress(tmp_path / "x.isz")
    assert found.schema.equals(table.schema, check_metadata=True)
    assert found.to_pylist()[:2] == table.to_pylist()[:2]
    for name in table.column_names:
        ours, theirs = found.column(name), table.column(name)
        assert ours.equals(theirs) or str(ours.to_pylist()) == str(theirs.to_pylist()), name
    assert Archive(tmp_path / "x.isz")[7:19].num_rows == 12
    assert Archive(tmp_path / "x.isz")[-1].to_pylist()[0]["text"] == table.to_pylist()[-1]["text"]


def test_floats_of_tables_keep_their_bits(tmp_path):
    numbers = np.array([0.0, -0.0, np.nan, -np.nan, np.inf] * 9)
    compress(pa.table({"x": numbers, "y": numbers[::-1]}), tmp_path / "x.isz")
    found = decompress(tmp_path / "x.isz")
    assert found.column("x").to_numpy().tobytes() == numbers.tobytes()


def test_frames_of_pandas_come_back_with_index_and_dtypes(tmp_path):
    frame = pd.DataFrame(
        {
            "x": [1.5, np.nan, 3.0],
            "n": pd.array([1, None, 3], "Int64"),
            "c": pd.Categorical(["a", "b", None], ["b", "a", "unused"], ordered=True),
            "t": pd.to_datetime(["2020-01-01", None, "2021-02-03"]).tz_localize("Europe/Rome"),
            "s": ["é", "", None],
            "b": [True, False, True],
            "seven": np.array([1, 2, 3], np.int8),
        },
        index=pd.Index([10, 20, 40], name="id"),
    )
    compress(frame, tmp_path / "x.isz")
    pd.testing.assert_frame_equal(decompress(tmp_path / "x.isz"), frame)
    pd.testing.assert_frame_equal(Archive(tmp_path / "x.isz")[1:3], frame[1:3])


def test_frames_of_polars_come_back(tmp_path):
    frame = pl.DataFrame(
        {"x": [1, None, 3], "s": ["a", None, "ü"], "l": [[1], [], None]},
    ).with_columns(pl.col("s").cast(pl.Categorical).alias("c"))
    compress(frame, tmp_path / "x.isz")
    assert decompress(tmp_path / "x.isz").equals(frame)
    assert isinstance(decompress(tmp_path / "x.isz", slice(0, 1)), pl.DataFrame)
    compress(frame.lazy(), tmp_path / "x.isz")
    assert decompress(tmp_path / "x.isz").equals(frame)


def test_tables_without_rows_come_back(tmp_path):
    table = pa.table(columns()).slice(0, 0)
    compress(table, tmp_path / "x.isz")
    assert decompress(tmp_path / "x.isz").equals(table)


def test_parquet_comes_back_with_the_index_of_pandas(tmp_path):
    frame = pd.DataFrame({"a": [1.5, 2.5]}, index=pd.Index(["u", "v"], name="key"))
    frame.to_parquet(tmp_path / "x.parquet")
    compress(tmp_path / "x.parquet", tmp_path / "x.isz")
    assert decompress(tmp_path / "x.isz").equals(parquet.read_table(tmp_path / "x.parquet"))
    restore(Archive(tmp_path / "x.isz"), tmp_path / "y.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "y.parquet"), frame)


TEXTS = {
    "plain": "a,b\n1,x\n2,y\n",
    "no last newline": "a,b\n1,x\n2,y",
    "Windows": "a,b\r\n1,x\r\n2,\r\n",
    "quoted text": '"a","b"\n1,"x, ""y"""\n2,"z"\n',
    "quoted all": '"a","b"\n"1","x"\n"2",""\n',
    "quotes where needed": 'a,b\n1,"two\nlines"\n2,"a ""quote"""\n3,z\n',
    "semicolons": "a;b\n1,5;x\n2,25;y\n",
    "spelled": "a,b,c,d\n007,1.50,1e-05,TRUE\n8,2.25,0.1,false\n,-0.75,3.0,\n",
    "a mark": "\ufeffa,b\n1,x\n2,y\n",
    "gaps": "a,b,c\nNA,1,x\n3,,y\n4,5,\n",
    "large": "a,b\n123456789012345678901234567890,1e400\n5,2\n",
    "dates": "a,b\n2020-01-01,2020-01-01 10:00:00\n2020-02-01,2020-01-01 10:00:01\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_comes_back_byte_for_byte_and_as_the_table_that_it_means(tmp_path, name):
    path = tmp_path / "x.csv"
    path.write_bytes(TEXTS[name].encode())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "cells are taken", DataWarning)
        warnings.filterwarnings("ignore", ".*cells are taken", DataWarning)
        read = isthmus.read(path).to_memory()
        compress(path, tmp_path / "x.isz", effort="fast")
    archive = Archive(tmp_path / "x.isz")
    restore(archive, tmp_path / "y.csv")
    assert (tmp_path / "y.csv").read_bytes() == path.read_bytes()
    assert archive.read().column_names == read.column_names
    for own, theirs in zip(archive.read().itercolumns(), read.itercolumns(), strict=True):
        assert own.equals(theirs) or pa.types.is_string(own.type)


def test_irregular_text_is_told_and_its_cells_come_back(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n1,"x"\n2,y\n\n3,"z"\n')
    with pytest.warns(DataWarning, match="not regular.*not byte for byte"):
        compress(path, tmp_path / "x.isz")
    restore(Archive(tmp_path / "x.isz"), tmp_path / "y.csv")
    assert isthmus.read(tmp_path / "y.csv").to_memory().equals(isthmus.read(path).to_memory())


def test_some_rows_of_text_come_back_under_the_header(tmp_path, monkeypatch):
    monkeypatch.setattr(table_source, "BLOCK_BYTES", 16)
    (tmp_path / "x.csv").write_text("n,t\n" + "".join(f"{i},a{i}\n" for i in range(50)))
    compress(tmp_path / "x.csv", tmp_path / "x.isz", effort="fast")
    assert restore(Archive(tmp_path / "x.isz"), tmp_path / "y.csv", rows=slice(7, 9)) == 2
    assert (tmp_path / "y.csv").read_text() == "n,t\n7,a7\n8,a8\n"


def test_packed_text_comes_back_unpacked(tmp_path):
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    compress(tmp_path / "x.csv.gz", tmp_path / "x.isz")
    restore(Archive(tmp_path / "x.isz"), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "a,b\n1,2\n"


def test_floats_of_tables_may_come_back_within_an_error(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": np.cumsum(rng.normal(size=5000)), "n": range(5000), "s": "a"})
    frame.loc[::50, "x"] = -9999.0
    report = compress(frame, tmp_path / "x.isz", max_error="1e-3x")
    found = decompress(tmp_path / "x.isz")
    assert report.fill_values == {"x": (-9999.0,)}
    assert np.abs(found["x"] - frame["x"]).max() <= report.max_errors["x"] < 1
    pd.testing.assert_frame_equal(found[["n", "s"]], frame[["n", "s"]])


def test_columns_that_depend_on_each_other_take_little(tmp_path):
    rng = np.random.default_rng(0)
    town = rng.integers(50, size=20_000)
    frame = pd.DataFrame({"town": town, "country": town % 7, "post": town * 37})
    report = compress(frame, tmp_path / "x.isz")
    assert report.n_bytes < 20_000 * np.log2(50) / 8 * 1.05 + 2_000
    pd.testing.assert_frame_equal(decompress(tmp_path / "x.isz"), frame)


def test_columns_of_mixed_types_are_refused(tmp_path):
    with pytest.raises(DataError, match="give each column one type"):
        compress(pd.DataFrame({"a": [1, "x"]}), tmp_path / "x.isz")
