"""Rows mean the same in whatever they come, in whatever order, under whatever index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyarrow import dataset as scanning
from pyarrow import feather, parquet

from isthmus import LinearAutoencoder, load
from isthmus.errors import DataWarning

NAMES = ["a", "b", "c"]
QUICK = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Written as text and read again they are the same numbers.
FEW_DIGITS = st.integers(-(10**6), 10**6).map(lambda number: number / 1000)
matrices = arrays(np.float64, st.tuples(st.integers(3, 20), st.just(3)), elements=FEW_DIGITS)


def table(matrix: np.ndarray) -> pa.Table:
    return pa.table(dict(zip(NAMES, matrix.T, strict=True)))


def frame(matrix: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(matrix, columns=pd.Index(NAMES))


def written(write: Callable[[np.ndarray, Path], object], suffix: str) -> Any:
    def make(matrix: np.ndarray, folder: Path) -> Path:
        path = folder / f"rows{suffix}"
        write(matrix, path)
        return path

    return make


KINDS: dict[str, Callable[[np.ndarray, Path], Any]] = {
    "pandas": lambda matrix, folder: frame(matrix),
    "polars": lambda matrix, folder: pl.DataFrame(table(matrix)),
    "lazy": lambda matrix, folder: pl.DataFrame(table(matrix)).lazy(),
    "arrow": lambda matrix, folder: table(matrix),
    "scanned": lambda matrix, folder: scanning.dataset(table(matrix)),
    "csv": written(lambda m, path: frame(m).to_csv(path, index=False), ".csv"),
    "tsv": written(lambda m, path: frame(m).to_csv(path, index=False, sep="\t"), ".tsv"),
    "csv.gz": written(lambda m, path: frame(m).to_csv(path, index=False), ".csv.gz"),
    "parquet": written(lambda m, path: parquet.write_table(table(m), path), ".parquet"),
    "feather": written(lambda m, path: feather.write_feather(table(m), str(path)), ".feather"),
    "parquet with index": written(lambda m, path: frame(m)[::-1][::-1].to_parquet(path), ".pq"),
    "npy": written(lambda m, path: np.save(path, m), ".npy"),
}


@QUICK
@given(matrix=matrices)
def test_every_container_gives_the_same_codes(matrix, tmp_path):
    model = LinearAutoencoder(2).fit(frame(np.vstack([matrix, np.eye(3)])))
    codes = model.transform(frame(matrix))
    for kind, make in KINDS.items():
        np.testing.assert_array_equal(model.transform(make(matrix, tmp_path)), codes, kind)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "npy"])
def test_every_container_teaches_the_same_model(kind, tmp_path):
    matrix = np.random.default_rng(0).normal(size=(30, 3)).round(3)
    model = LinearAutoencoder(2).fit(KINDS[kind](matrix, tmp_path))
    expected = LinearAutoencoder(2).fit(frame(matrix))
    assert list(model.feature_names_in_) == NAMES
    np.testing.assert_array_equal(model.transform(frame(matrix)), expected.transform(frame(matrix)))


@QUICK
@given(matrix=matrices, data=st.data())
def test_rows_in_another_order_give_results_in_that_order(matrix, data):
    order = np.array(data.draw(st.permutations(range(len(matrix)))))
    rows = frame(matrix)
    model = LinearAutoencoder(2).fit(frame(np.vstack([matrix, np.eye(3)])))
    permuted = rows.iloc[order]
    close = {"rtol": 1e-4, "atol": 1e-4 * max(1, np.abs(matrix).max())}
    codes = model.transform(rows)
    np.testing.assert_allclose(model.transform(permuted), codes[order], **close)
    back = model.reconstruct(permuted)
    np.testing.assert_allclose(back.loc[rows.index], model.reconstruct(rows), **close)


INDEXES: dict[str, Callable[[int], Any]] = {
    "text": lambda n: [f"p{i}" for i in range(n)],
    "backwards": lambda n: range(n)[::-1],
    "dates": lambda n: pd.date_range("2024-01-01", periods=n),
    "repeated": lambda n: [1] * n,
    "levels": lambda n: pd.MultiIndex.from_arrays([range(n), ["x"] * n], names=["a", None]),
}


@QUICK
@given(matrix=matrices, kind=st.sampled_from(sorted(INDEXES)))
def test_an_index_changes_nothing(matrix, kind):
    rows = frame(np.vstack([matrix, np.eye(3)]))
    indexed = rows.set_axis(INDEXES[kind](len(rows)), axis=0)
    models = [LinearAutoencoder(2).fit(given) for given in (rows, indexed)]
    for given_rows in (rows, indexed, pa.Table.from_pandas(indexed)):
        for model in models:
            np.testing.assert_array_equal(model.transform(given_rows), models[0].transform(rows))


def test_columns_in_another_order_are_refused_in_memory_and_matched_in_files(tmp_path):
    matrix = np.random.default_rng(0).normal(size=(20, 3)).round(3)
    model = LinearAutoencoder(2).fit(frame(matrix))
    codes = model.transform(frame(matrix))
    other = table(matrix).select(["c", "a", "b"])
    for rows in (other.to_pandas(), pl.DataFrame(other), other):
        with pytest.raises(ValueError, match="feature names should match"):
            model.transform(rows)
    parquet.write_table(other, tmp_path / "rows.parquet")
    feather.write_feather(other, str(tmp_path / "rows.feather"))
    other.to_pandas().to_csv(tmp_path / "rows.csv")
    for name in ("rows.parquet", "rows.feather", "rows.csv"):
        given = tmp_path / name
        if name == "rows.csv":
            with pytest.warns(DataWarning, match="unnamed first column"):
                np.testing.assert_array_equal(model.transform(given), codes)
        else:
            np.testing.assert_array_equal(model.transform(given), codes)


def test_a_saved_model_gives_indexes_back(tmp_path):
    rows = frame(np.random.default_rng(0).normal(size=(20, 3)))[::-1]
    LinearAutoencoder(2).fit(rows).save(tmp_path / "m.isthmus")
    assert load(tmp_path / "m.isthmus").reconstruct(rows).index.equals(rows.index)


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_an_index_among_the_columns_of_a_frame_is_warned_of(name, tmp_path):
    rows = frame(np.random.default_rng(0).normal(size=(20, 3)))
    rows.insert(0, name, np.arange(20))
    for given_rows in (rows, pl.DataFrame(rows)):
        with pytest.warns(DataWarning, match=f"X has the column '{name}', which numbers the rows"):
            LinearAutoencoder(2).fit(given_rows)
    LinearAutoencoder(2).fit(rows.assign(**{name: 1.5}))
    LinearAutoencoder(2).fit(rows.assign(**{name: 7}))
