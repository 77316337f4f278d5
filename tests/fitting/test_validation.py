"""Arrays, frames, paths and datasets all work as X, and come back as they were."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from isthmus import Autoencoder, DataError, LinearAutoencoder, read

QUICK = {"hidden": [8], "max_epochs": 2, "random_state": 0}


@pytest.fixture
def frame(table):
    frame = pd.DataFrame(table, columns=list("abcdef"))
    return frame.assign(n=np.arange(300), flag=np.arange(300) % 3 == 0)


def test_pandas_comes_back_as_pandas(frame):
    estimator = Autoencoder(2, **QUICK).fit(frame)
    back = estimator.reconstruct(frame)
    assert isinstance(back, pd.DataFrame)
    assert list(back.columns) == list(frame.columns)
    assert list(back.dtypes) == list(frame.dtypes)


def test_polars_comes_back_as_polars(frame):
    frame = pl.from_pandas(frame)
    back = Autoencoder(2, **QUICK).fit(frame).reconstruct(frame)
    assert isinstance(back, pl.DataFrame)
    assert back.schema == frame.schema


def test_arrow_comes_back_as_arrow(frame):
    table = pa.Table.from_pandas(frame, preserve_index=False)
    back = Autoencoder(2, **QUICK).fit(table).reconstruct(table)
    assert isinstance(back, pa.Table)
    assert back.schema.names == table.schema.names
    assert back.schema.types == table.schema.types


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(40, 12), (40, 4, 3), (40, 2, 2, 3)])
def test_arrays_come_back_with_shape_and_dtype(dtype, shape):
    array = np.random.default_rng(0).integers(0, 200, shape).astype(dtype)
    back = Autoencoder(2, **QUICK).fit(array).reconstruct(array)
    assert back.shape == array.shape
    assert back.dtype == array.dtype


def test_kinds_of_x_agree(frame, tmp_path):
    codes = [Autoencoder(2, **QUICK).fit(X).transform(X) for X in (frame, pl.from_pandas(frame))]
    frame.to_parquet(tmp_path / "x.parquet")
    path = tmp_path / "x.parquet"
    codes += [Autoencoder(2, **QUICK).fit(X).transform(X) for X in (path, str(path), read(path))]
    for other in codes[1:]:
        np.testing.assert_array_equal(codes[0], other)


def test_a_file_may_hold_more_columns_in_another_order(frame, tmp_path):
    estimator = Autoencoder(2, **QUICK).fit(frame)
    mixed = frame[list(frame.columns)[::-1]].assign(note="text")
    mixed.to_csv(tmp_path / "mixed.csv", index=False)
    np.testing.assert_allclose(
        estimator.transform(tmp_path / "mixed.csv"), estimator.transform(frame), atol=1e-5
    )
    frame.drop(columns="c").to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(DataError, match=r"less\.csv has no column 'c'"):
        estimator.transform(tmp_path / "less.csv")


def test_frames_with_other_columns_are_refused(frame):
    estimator = Autoencoder(2, **QUICK).fit(frame)
    with pytest.raises(ValueError, match="feature names"):
        estimator.transform(frame.rename(columns={"a": "z"}))


def test_images_may_come_flat(digits):
    images = digits.reshape(-1, 8, 8)
    estimator = Autoencoder(2, **QUICK).fit(images)
    np.testing.assert_array_equal(estimator.transform(images), estimator.transform(digits))
    assert estimator.n_features_in_ == 64
    with pytest.raises(ValueError, match="features"):
        estimator.transform(digits[:, :32])


def test_codes_take_the_names_and_container_asked_for(frame):
    estimator = LinearAutoencoder(2).set_output(transform="pandas").fit(frame)
    codes = estimator.transform(frame)
    names = ["linearautoencoder0", "linearautoencoder1"]
    assert list(codes.columns) == names == list(estimator.get_feature_names_out())
    assert isinstance(estimator.inverse_transform(codes), pd.DataFrame)
    polars = estimator.set_output(transform="polars").transform(frame)
    assert isinstance(polars, pl.DataFrame)


def test_codes_of_another_width_are_refused(table):
    estimator = Autoencoder(2, **QUICK).fit(table)
    with pytest.raises(DataError, match="the codes have 3 columns"):
        estimator.inverse_transform(np.zeros((4, 3)))


def test_codes_may_come_from_a_file(table, tmp_path):
    estimator = Autoencoder(2, **QUICK).fit(table)
    codes = estimator.transform(table)
    np.save(tmp_path / "codes.npy", codes)
    np.testing.assert_array_equal(
        estimator.inverse_transform(tmp_path / "codes.npy"), estimator.inverse_transform(codes)
    )


def test_data_of_many_chunks_are_encoded_in_order():
    table = np.random.default_rng(0).normal(size=(150_000, 3))
    estimator = LinearAutoencoder(2).fit(table)
    codes = estimator.transform(table)
    assert len(codes) == 150_000
    np.testing.assert_allclose(codes[-1], estimator.transform(table[-1:])[0], atol=1e-5)
    assert len(estimator.score_samples(table)) == 150_000


def test_one_row_cannot_be_learned_from(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros((1, 3)))
    with pytest.raises(DataError, match="n_samples=1, but Autoencoder needs at least 2"):
        Autoencoder(2).fit(tmp_path / "one.npy")
