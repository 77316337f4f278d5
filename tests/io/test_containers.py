from __future__ import annotations

import importlib
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from isthmus.errors import DataError
from isthmus.io import Container, Rows, as_dataset, container_of, read, to_container

FRAMES = {
    "pandas": lambda columns: pd.DataFrame(columns, index=[5, 7, 9]),
    "polars": pl.DataFrame,
    "lazy": lambda columns: pl.DataFrame(columns).lazy(),
    "arrow": pa.table,
}


def table(rows: Rows) -> pa.Table:
    assert not isinstance(rows, np.ndarray)
    return rows


@pytest.mark.parametrize("kind", FRAMES)
def test_every_frame_becomes_the_same_table(kind: str):
    columns = {"a": [1.0, 2.0, 3.0], "b": [1, 2, 3]}
    dataset = as_dataset(FRAMES[kind](columns))
    assert dataset.schema.names == ("a", "b")
    assert dataset.schema.dtypes == ("double", "int64")
    assert table(dataset.to_memory()).to_pydict() == columns
    assert dataset.source == "X"


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_a_frame_comes_back_in_its_own_kind(kind: str):
    frame = FRAMES[kind]({"a": [1.0, 2.0, 3.0]})
    rows = as_dataset(frame).to_memory()
    back = to_container(rows, container_of(frame))
    assert container_of(frame).kind == kind
    assert type(back) is type(frame)
    assert list(back["a"].to_numpy()) == [1.0, 2.0, 3.0]


def test_a_lazy_frame_comes_back_collected():
    lazy = pl.DataFrame({"a": [1.0]}).lazy()
    assert container_of(lazy).kind == "polars"


def test_arrays_stay_arrays():
    array = np.eye(3)
    assert container_of(array).kind == container_of([[1, 2]]).kind == "array"
    assert to_container(array, Container("pandas")) is array


@pytest.mark.parametrize("make", [np.asarray, jnp.asarray, np.ndarray.tolist])
def test_whatever_numpy_understands_is_an_array(make):
    dataset = as_dataset(make(np.ones((2, 3), np.float32)))
    np.testing.assert_array_equal(np.asarray(dataset.to_memory()), np.ones((2, 3)))


def test_objects_that_are_numbers_become_numbers():
    dataset = as_dataset(np.array([[1, 2.5]], object))
    assert dataset.schema.dtypes == ("float64",)


def test_masked_values_become_nan():
    masked = np.ma.masked_array([[1.0, 2.0]], [[False, True]])
    assert np.isnan(np.asarray(as_dataset(masked).to_memory())).tolist() == [[False, True]]


def test_a_pandas_frame_with_numbered_columns_is_an_array():
    frame = pd.DataFrame(np.eye(2))
    assert as_dataset(frame).schema.names is None
    assert container_of(frame).kind == "array"


def test_categories_text_and_dates_keep_their_arrow_types():
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["u", "v"]),
            "s": ["x", None],
            "d": pd.to_datetime(["2026-01-01", "2026-01-02"]),
        }
    )
    kinds = as_dataset(frame).schema.dtypes
    assert kinds[0].startswith("dictionary")
    assert "string" in kinds[1]
    assert kinds[2].startswith("timestamp")


def test_paths_are_read_and_datasets_stay(tmp_path: Path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    dataset = read(tmp_path / "a.csv")
    assert as_dataset(dataset) is dataset
    assert container_of(dataset).kind == "arrow"
    assert as_dataset(str(tmp_path / "a.csv")).schema == dataset.schema
    assert as_dataset([tmp_path / "a.csv", tmp_path / "a.csv"]).n_rows == 2


def test_without_the_library_the_arrow_table_comes_back(monkeypatch: pytest.MonkeyPatch):
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    rows = pa.table({"a": [1]})
    assert to_container(rows, Container("pandas")) is rows
    assert to_container(rows, Container("polars")) is rows


class Sparse:
    def toarray(self) -> np.ndarray:
        return np.eye(2)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (3.0, "X is a single value of type float64"),
        ([[1, 2], [3]], "give all rows one shape"),
        (np.array([["a"]]), "X holds text"),
        (np.array([[{}]], object), "X holds Python objects that are not numbers"),
        (np.array([[1j]]), "X holds complex numbers"),
        (Sparse(), "X is sparse: turn it into a dense array"),
        (pd.DataFrame({"a": [1, "x"]}), "X has a column that is neither all numbers nor all"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than one column of the same name"),
    ],
)
def test_data_that_cannot_be_used_has_its_sentence(data, sentence):
    with pytest.raises(DataError, match=sentence):
        as_dataset(data)


def test_whole_numbers_beyond_64_bits_are_refused():
    frame = pd.DataFrame({"n": [0, -(2**63) - 1]})
    with pytest.raises(DataError, match="whole numbers beyond 64 bits"):
        as_dataset(frame)
    with pytest.raises(DataError, match="objects that are not numbers"):
        as_dataset(np.array([[10**400], [1]], object))
