import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

import isthmus
from isthmus import Archive, compress, decompress
from isthmus.compression.autoencoder.grid import Grid
from isthmus.compression.promise import Promise
from isthmus.compression.quantized import Quantized
from isthmus.errors import DataError, IsthmusError

NAMES = [f"c{i}" for i in range(8)]
UNITS = 10.0 ** np.array([-3, -1, 0, 0, 1, 2, 3, 5])
SETTINGS = {"max_error": "1e-2x", "effort": "fast", "n_jobs": 1}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(900, 2)) @ rng.normal(size=(2, 8))
    rows = (rows + 0.002 * rng.normal(size=rows.shape)) * UNITS
    frame = pd.DataFrame(rows, columns=NAMES)
    return frame.assign(c5=frame.c5.round().astype(int))


@pytest.fixture(scope="module")
def model(table):
    return isthmus.LinearAutoencoder(2, scaling="standardize").fit(table[:500])


def assert_within(found, table, share=0.01):
    for name in table:
        off = np.abs(found[name].astype(float) - table[name].astype(float)).max()
        span = float(table[name].max()) - float(table[name].min())
        assert off <= (0 if table[name].dtype.kind in "iu" else share * span), name
    assert list(found.dtypes) == list(table.dtypes)


def test_columns_share_a_track_where_that_makes_the_smallest_file(table, model, tmp_path):
    rest = table[500:].reset_index(drop=True)
    report = compress(rest, tmp_path / "x.isz", model=model, **SETTINGS)
    without = compress(rest, tmp_path / "y.isz", **SETTINGS)
    assert report.n_bytes < 0.9 * without.n_bytes
    tracks = Archive(tmp_path / "x.isz").layout.header.tracks
    assert [(track.name, track.row_shape) for track in tracks] == [("numbers", (8,))]
    chosen = {(trial.track, trial.codec) for trial in report.trials if trial.chosen}
    assert chosen == {("numbers", "autoencoder")}
    assert {trial.track for trial in report.trials} == {*NAMES, "codes", "numbers"} - {"c5"}
    found = decompress(tmp_path / "x.isz")
    assert_within(found, rest)
    some = Archive(tmp_path / "x.isz")[7:19].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, found[7:19].reset_index(drop=True))
    noise = rest.apply(lambda column: column.sample(frac=1, random_state=0).to_numpy())
    report = compress(noise, tmp_path / "x.isz", model=model, **SETTINGS)
    without = compress(noise, tmp_path / "y.isz", **SETTINGS)
    assert report.n_bytes < 1.01 * without.n_bytes
    compress(rest[:0], tmp_path / "x.isz", model=model, **SETTINGS)
    assert decompress(tmp_path / "x.isz").shape == (0, 8)


def test_gaps_an_index_and_text_files_go_with_a_model(table, model, tmp_path):
    rest = table[500:].copy()
    rest.loc[510, "c2"] = np.nan
    rest.index = pd.Index([f"row {i}" for i in rest.index], name="key")
    compress(rest, tmp_path / "x.isz", model=model, **SETTINGS)
    found = decompress(tmp_path / "x.isz")
    pd.testing.assert_index_equal(found.index, rest.index)
    assert found.c2.isna().sum() == 1
    assert_within(found, rest)
    assert "numbers" in {track.name for track in Archive(tmp_path / "x.isz").layout.header.tracks}
    table[500:].to_csv(tmp_path / "t.csv", index=False)
    compress(tmp_path / "t.csv", tmp_path / "x.isz", model=model, **SETTINGS)
    assert_within(decompress(tmp_path / "x.isz").to_pandas(), table[500:].reset_index(drop=True))


def test_tables_that_do_not_go_with_a_model_have_a_sentence(table, model, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    for data, says in (
        (table.rename(columns={"c1": "x"}), "has 'x' where .* fitted have column 'c1'"),
        (table.drop(columns="c7"), "has None where .* fitted have column 'c7'"),
        (table.assign(c1="a"), "column 'c1' holds text, expected numbers"),
        (table.assign(c1=table.c1.astype("f4")), "'c7' as double and 'c1' as float"),
        (table.assign(c5=table.c5 + 2**60 + 1), "numbers in 'c5' that float64 cannot tell apart"),
    ):
        with pytest.raises(DataError, match=says):
            compress(data, tmp_path / "x.isz", model=model, **SETTINGS)
    with pytest.raises(DataError, match=r"t\.csv is text that comes back byte for byte"):
        compress(tmp_path / "t.csv", tmp_path / "x.isz", model=model)


def test_each_column_is_held_to_its_own_error():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 3)) * [1, 100, 1]
    rows[:, 2] = rng.integers(9, size=50)
    promise = Promise((0.1, 5.0, 0.0))
    with threadpool_limits(1):
        grid = Grid.suiting(rows, promise, alike=False)
    bins = np.rint(grid.count(rows) / 16) * 16
    off = np.abs(grid.values(bins, rows.dtype) - rows)
    assert (off <= promise.errors).all()
    np.testing.assert_allclose(16 * grid.sizes, [0.2, 10, 1], rtol=1e-6)
    assert not Quantized().takes(rows, promise)
    assert (promise.exact, promise.largest, Promise((0.0, 0.0)).exact) == (False, 5.0, True)
    with pytest.raises(IsthmusError, match=r"max_error=\(0.1, -1\) is no error"):
        Promise((0.1, -1))
