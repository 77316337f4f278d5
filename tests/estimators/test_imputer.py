"""Gaps are filled from the other columns, and all else stays as it is."""

import jax
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from isthmus import AutoencoderImputer, Checkpoint, CheckpointError, DataError, load, read
from isthmus.runs import CheckpointFile
from isthmus.training.loop import _Loop

N_ROWS = 400
GENERATOR = np.random.default_rng(0)


def make_frame():
    """Columns of every kind, each of which tells of the others."""
    hidden = GENERATOR.normal(size=N_ROWS)
    sign = np.where(hidden > 0, "positive", "negative")
    return pd.DataFrame(
        {
            "float": hidden * 100 + GENERATOR.normal(size=N_ROWS),
            "whole": pd.array(np.rint(hidden * 10).astype(int), dtype="Int64"),
            "text": pd.array(sign, dtype="str"),
            "level": pd.Categorical(sign, ["never", "positive", "negative"], ordered=True),
            "truth": pd.array(hidden > 0.5, dtype="boolean"),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.rint(hidden * 100), unit="D"),
            "constant": np.ones(N_ROWS),
        },
        index=[f"row {i}" for i in range(N_ROWS)],
    )


FRAME = make_frame()
GAPS = GENERATOR.random(FRAME.shape) < 0.2
GIVEN = FRAME.mask(GAPS)


@pytest.fixture(scope="module")
def imputer():
    return AutoencoderImputer(n_networks=2, width=32, max_epochs=150, random_state=0).fit(GIVEN)


@pytest.fixture(scope="module")
def filled(imputer):
    return imputer.transform(GIVEN)


def test_what_is_there_stays_and_what_is_not_is_filled(filled):
    pd.testing.assert_frame_equal(filled.where(~GAPS), GIVEN)
    assert not filled.isna().any(axis=None)


def test_a_frame_keeps_columns_dtypes_levels_and_index(filled):
    assert filled.dtypes.equals(GIVEN.dtypes)
    assert filled.index.equals(GIVEN.index)
    assert list(filled["level"].cat.categories) == ["never", "positive", "negative"]


def test_values_are_told_from_the_other_columns(filled):
    for i, name in enumerate(FRAME):
        chosen = GAPS[:, i]
        truth, found = FRAME[name][chosen], filled[name][chosen]
        if name in ("text", "level", "truth"):
            assert (truth == found).mean() > 0.85, name
        elif name in ("float", "whole"):
            error = (truth - found).astype(float).std()
            assert error < 0.5 * FRAME[name].astype(float).std(), name
    assert (filled["constant"] == 1).all()


@pytest.mark.parametrize("kind", [pl.from_pandas, pa.Table.from_pandas])
def test_other_frames_come_back_as_they_are(imputer, filled, kind):
    given = kind(GIVEN.reset_index(drop=True))
    found = imputer.transform(given)
    assert type(found) is type(given)
    assert found.schema == given.schema
    values = found["float"].to_list() if kind is pl.from_pandas else found["float"].to_pylist()
    assert values == filled["float"].tolist()


def test_rows_are_filled_alike_whatever_comes_with_them(imputer, filled):
    pd.testing.assert_frame_equal(imputer.transform(GIVEN[5:6]), filled[5:6])
    emptied = GIVEN[:3].assign(text=None, whole=None, truth=None)
    assert not imputer.transform(emptied).isna().any(axis=None)


def test_a_column_of_nothing_keeps_its_gaps():
    with pytest.warns(UserWarning, match="'empty' was found useless"):
        imputer = AutoencoderImputer(n_networks=1, width=4, max_epochs=1).fit(
            GIVEN[["float"]].assign(empty=np.nan)
        )
    found = imputer.transform(GIVEN[["float"]].assign(empty=np.nan))
    assert not found["float"].isna().any()
    assert found["empty"].isna().all()


def test_gaps_that_were_not_in_the_training_rows_are_filled_too():
    rows = GENERATOR.normal(size=(50, 3)).astype(np.float32)
    imputer = AutoencoderImputer(n_networks=1, width=4, max_epochs=1, random_state=0).fit(rows)
    later = rows.copy()
    later[::7, 1] = np.nan
    found = imputer.transform(later)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.isnan(later[0, 1])
    np.testing.assert_array_equal(np.delete(found, 1, axis=1), np.delete(rows, 1, axis=1))


def test_it_is_a_step_of_a_pipeline_and_names_its_columns():
    rows = GIVEN[["float", "whole"]].astype(float)
    imputer = AutoencoderImputer(n_networks=1, width=4, max_epochs=1, random_state=0)
    pipeline = make_pipeline(imputer, StandardScaler()).set_output(transform="pandas")
    found = pipeline.fit_transform(rows)
    assert list(found) == ["float", "whole"]
    assert found.index.equals(rows.index)
    assert not found.isna().any(axis=None)


def test_the_same_seed_gives_the_same_and_a_file_brings_it_back(imputer, filled, tmp_path):
    imputer.save(tmp_path / "m.isthmus")
    pd.testing.assert_frame_equal(load(tmp_path / "m.isthmus").transform(GIVEN), filled)
    settings = {"n_networks": 1, "width": 4, "max_epochs": 1, "random_state": 3}
    one, other = (AutoencoderImputer(**settings).fit_transform(GIVEN) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_files_are_filled_chunk_by_chunk(imputer, filled, tmp_path):
    GIVEN.to_parquet(tmp_path / "given.parquet", index=False)
    chunks = list(imputer.transform_chunks(read(tmp_path / "given.parquet")))
    assert sum(map(len, chunks)) == N_ROWS
    assert pa.concat_tables(chunks)["float"].to_pylist() == filled["float"].tolist()


def test_other_columns_are_refused(imputer):
    with pytest.raises((DataError, ValueError), match="constant"):
        imputer.transform(GIVEN.drop(columns="constant"))


def test_a_killed_fit_goes_on_to_equal_bits_and_refuses_other_data(tmp_path, monkeypatch):
    def fit(X=GIVEN, n_networks=2, **settings):
        quick = {"batch_size": 100, "max_epochs": 3, "random_state": 0, "verbose": False}
        return AutoencoderImputer(n_networks, width=4, **quick).fit(X, **settings)

    def vector(imputer):
        return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(imputer.models_)])

    whole, judge = fit(), _Loop._judge

    def die(self, complete):
        if self.now.epoch == 2:
            raise RuntimeError
        judge(self, complete)

    monkeypatch.setattr(_Loop, "_judge", die)
    with pytest.raises(RuntimeError):
        fit(checkpoint=Checkpoint(tmp_path, seconds=0))
    monkeypatch.undo()
    assert CheckpointFile(tmp_path, quiet=True).epoch == 2
    for _ in range(2):  # the second finds nothing left to train
        resumed = fit(checkpoint=tmp_path)
        np.testing.assert_array_equal(vector(resumed), vector(whole))
        assert resumed.history_["loss"] == whole.history_["loss"]
    with pytest.raises(CheckpointError, match="400 rows, but now 399"):
        fit(GIVEN[1:], checkpoint=tmp_path)
    with pytest.raises(CheckpointError, match="other names or values"):
        fit(GIVEN[::-1], checkpoint=tmp_path)
    with pytest.raises(CheckpointError, match="rows of"):
        fit(GIVEN.astype({"whole": float}), checkpoint=tmp_path)
    with pytest.raises(CheckpointError, match="n_networks=2, but now n_networks=3"):
        fit(n_networks=3, checkpoint=tmp_path)
