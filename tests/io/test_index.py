"""The index of pandas: wherever it is kept, it is no feature, and it comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import dataset as scanning
from pyarrow import feather, parquet

from isthmus import DataError, LinearAutoencoder, read
from isthmus.io import as_dataset, container_of, to_container
from isthmus.io.index import index_columns, with_index

N_ROWS = 30
PLAIN = pd.DataFrame(
    np.random.default_rng(0).normal(size=(N_ROWS, 3)), columns=pd.Index(["a", "b", "c"])
)
INDEXES = {
    "shuffled": pd.Index(np.random.default_rng(1).permutation(N_ROWS)),
    "stepping": pd.RangeIndex(5, 65, 2),
    "named": pd.Index([*range(100, 130)], name="patient"),
    "text": pd.Index([f"p{i}" for i in range(N_ROWS)]),
    "dates": pd.date_range("2024-01-01", periods=N_ROWS, tz="UTC"),
    "levels": pd.MultiIndex.from_product([range(10), list("xyz")], names=["day", None]),
    "repeated": pd.Index([7] * N_ROWS),
    "categories": pd.CategoricalIndex(list("xyz") * 10, name="group"),
    "like a column": pd.Index([*range(N_ROWS)], name="a"),
}


def indexed(name: str) -> pd.DataFrame:
    return PLAIN.set_axis(INDEXES[name], axis=0)


@pytest.fixture(scope="module")
def model() -> LinearAutoencoder:
    return LinearAutoencoder(2).fit(PLAIN)


@pytest.fixture(params=INDEXES)
def frame(request: pytest.FixtureRequest) -> pd.DataFrame:
    return indexed(request.param)


def test_a_reconstruction_has_the_index_of_its_frame(model, frame):
    back = model.reconstruct(frame)
    pd.testing.assert_index_equal(back.index, frame.index, exact=True)
    expected = frame.to_numpy() - model.reconstruct(PLAIN).to_numpy()
    np.testing.assert_allclose((frame - back).to_numpy()[:N_ROWS], expected[: len(frame - back)])


def test_decoded_rows_have_the_index_of_their_codes(frame):
    model = LinearAutoencoder(2).set_output(transform="pandas").fit(frame)
    codes = model.transform(frame)
    pd.testing.assert_index_equal(codes.index, frame.index)
    pd.testing.assert_index_equal(model.inverse_transform(codes).index, frame.index)
    numbered = codes.set_axis([0, 1], axis=1)[::-1]
    pd.testing.assert_index_equal(model.inverse_transform(numbered).index, frame.index[::-1])


def test_objects_that_arrow_has_no_type_for_are_an_index_too(model):
    frame = PLAIN.set_axis(pd.Index([1, "a", None] * 10, dtype=object), axis=0)
    pd.testing.assert_index_equal(model.reconstruct(frame).index, frame.index)


def test_an_arrow_table_gets_its_index_back(frame):
    table = pa.Table.from_pandas(frame)
    model = LinearAutoencoder(2).fit(table)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    back = model.reconstruct(table)
    assert isinstance(back, pa.Table)
    pd.testing.assert_index_equal(back.to_pandas().index, table.to_pandas().index)
    assert list(back.to_pandas()) == ["a", "b", "c"]


def test_rows_of_a_model_that_knows_files_have_the_index_of_their_frame(tmp_path):
    frame = indexed("named")
    frame.to_parquet(tmp_path / "rows.parquet")
    model = LinearAutoencoder(2).fit(tmp_path / "rows.parquet")
    pd.testing.assert_index_equal(model.reconstruct(frame).index, frame.index)
    codes = pd.DataFrame(model.transform(frame), index=frame.index)
    decoded = model.inverse_transform(codes).to_pandas()
    pd.testing.assert_index_equal(decoded.index, frame.index)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".feather": lambda frame, path: feather.write_feather(pa.Table.from_pandas(frame), str(path)),
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_index_in_a_file_is_no_feature(model, frame, suffix, tmp_path):
    path = tmp_path / f"rows{suffix}"
    WRITERS[suffix](frame, path)
    codes = model.transform(PLAIN)
    several = {"one": path, "twice": [path, path]}
    if suffix == ".parquet":
        several |= {"folder": tmp_path, "scanned": scanning.dataset(path)}
    for name, source in several.items():
        dataset = read(source)
        assert dataset.schema.names == ("a", "b", "c"), name
        np.testing.assert_array_equal(model.transform(dataset)[:N_ROWS], codes, name)


def test_an_index_that_is_asked_for_is_a_column(tmp_path):
    path = tmp_path / "rows.parquet"
    indexed("named").to_parquet(path)
    for dataset in (read(path), read([path, path]), as_dataset(parquet.read_table(path))):
        assert dataset.select(["patient", "b"]).schema.names == ("patient", "b")
        rows = dataset.select(["patient", "b"]).to_memory()
        assert rows["patient"].to_pylist()[:2] == [100, 101]
    assert read(path, columns=["patient", "a"]).schema.dtypes == ("int64", "double")
    assert read(path, exclude=["patient", "a"]).schema.names == ("b", "c")


def test_parts_agree_whether_or_not_they_were_filtered(model, tmp_path):
    for folder in ("parts", "years/year=1", "years/year=2"):
        (tmp_path / folder).mkdir(parents=True)
    PLAIN.to_parquet(tmp_path / "parts" / "1.parquet")
    PLAIN[::-1].to_parquet(tmp_path / "parts" / "2.parquet")
    PLAIN[::-1].to_parquet(tmp_path / "years" / "year=1" / "a.parquet")
    PLAIN.to_parquet(tmp_path / "years" / "year=2" / "a.parquet")
    assert model.transform(tmp_path / "parts").shape == (2 * N_ROWS, 2)
    assert read(tmp_path / "years").schema.names == ("a", "b", "c", "year")
    assert model.transform(tmp_path / "years").shape == (2 * N_ROWS, 2)


def test_a_made_up_name_tells_of_an_index_without_metadata(model, tmp_path):
    table = pa.Table.from_pandas(PLAIN[::-1]).replace_schema_metadata()
    frame = pl.DataFrame(table)
    assert model.transform(frame).shape == (N_ROWS, 2)
    assert list(LinearAutoencoder(2).fit(frame).feature_names_in_) == ["a", "b", "c"]
    parquet.write_table(table, tmp_path / "rows.parquet")
    assert read(tmp_path / "rows.parquet").schema.names == ("a", "b", "c")


def test_a_model_that_learned_an_index_is_given_it(tmp_path):
    frame = indexed("named")
    table = pa.Table.from_pandas(frame)
    dataset = as_dataset(table).select(["a", "b", "c", "patient"])
    model = LinearAutoencoder(2).fit(dataset)
    assert model.n_features_in_ == 4
    np.testing.assert_array_equal(model.transform(table), model.transform(dataset))


def test_a_file_of_an_index_alone_is_one_sentence(tmp_path):
    indexed("named")[[]].to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(DataError, match=r"nothing but an index of pandas' \(patient\): name those"):
        read(tmp_path / "rows.parquet")


@pytest.mark.parametrize("told", [b"", b"[]", b"no json", b'{"index_columns": 3}', b"\xff"])
def test_metadata_that_make_no_sense_tell_nothing(told):
    schema = pa.schema({"a": pa.float64()}, {b"pandas": told})
    assert index_columns(schema) == ()
    assert container_of(schema.empty_table()).index is None


def test_an_index_of_the_name_of_a_column_stays_apart():
    index = pa.Table.from_pandas(pd.DataFrame(index=pd.Index([3, 4], name="a")))
    back = with_index(pa.table({"a": [1.0, 2.0]}), index).to_pandas()
    assert back["a"].tolist() == [1.0, 2.0]
    assert back.index.tolist() == [3, 4]
    assert back.index.name == "a"


def test_what_was_drawn_has_an_index_of_its_own(model):
    container = container_of(indexed("named"))
    rows = pa.table({"a": [1.0] * N_ROWS})
    assert to_container(rows, container).index.name == "patient"
    assert model.inverse_transform(np.zeros((2, 2))).index.tolist() == [0, 1]
