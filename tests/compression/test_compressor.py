import numpy as np
import pandas as pd
import pytest

from isthmus import Archive, Compressor, compress, decompress
from isthmus.compression import sources
from isthmus.errors import ArchiveError, DataError, IsthmusError


def days(n=4, dtype=np.float32):
    rng = np.random.default_rng(0)
    return np.cumsum(rng.normal(size=(n, 30, 20)), axis=1).astype(dtype)


@pytest.mark.parametrize("max_error", [0, 0.05, "1e-3x"])
def test_files_of_one_kind_come_back_with_their_compressor(tmp_path, max_error):
    first, *others = days()
    compressor = Compressor(max_error).fit(first)
    compressor.save(tmp_path / "days.iszm")
    again = Compressor.load(tmp_path / "days.iszm")
    allowed = 1e-3 * float(np.ptp(first)) if isinstance(max_error, str) else max_error
    for day in others:
        size = compressor.compress(day, tmp_path / "x.isz")
        assert size == (tmp_path / "x.isz").stat().st_size
        assert np.abs(Archive(tmp_path / "x.isz", again).read() - day).max() <= allowed
        assert again.encode(day) == (tmp_path / "x.isz").read_bytes()
        assert np.abs(again.decode(again.encode(day)) - day).max() <= allowed


def test_a_model_that_lies_beside_is_in_no_file_and_is_asked_for(tmp_path):
    rng = np.random.default_rng(0)
    town = rng.integers(50, size=(3, 5_000))
    tables = np.stack([town, town % 7, town * 37 % 11], axis=2)
    compressor = Compressor(codecs=["bayesian_network"]).fit(tables[0])
    compressor.compress(tables[1], tmp_path / "x.isz")
    whole = compress(tables[1], tmp_path / "y.isz", codecs=["bayesian_network"])
    assert (tmp_path / "x.isz").stat().st_size < whole.n_bytes
    found = decompress(tmp_path / "x.isz", slice(5, 9), compressor=compressor)
    np.testing.assert_array_equal(found, tables[1, 5:9])
    with pytest.raises(ArchiveError, match=r"needs the model \w{16} .*, and none is given"):
        Archive(tmp_path / "x.isz")
    other = Compressor(codecs=["bayesian_network"]).fit(tables[2][:, ::-1])
    with pytest.raises(ArchiveError, match="and another one is given"):
        Archive(tmp_path / "x.isz", other)


def test_rows_unlike_those_that_it_was_fitted_to_come_back_too(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_BYTES", 4_000)
    compressor = Compressor(0.01).fit(np.zeros((50, 20)))
    noise = np.random.default_rng(0).normal(size=(300, 20)) * 1e12
    noise[0, 0] = np.nan
    compressor.compress(noise, tmp_path / "x.isz")
    found = Archive(tmp_path / "x.isz", compressor).read()
    np.testing.assert_allclose(found, noise, rtol=0, atol=0.01)
    assert (tmp_path / "x.isz").stat().st_size < 1.2 * noise.nbytes


def test_arrays_without_rows_are_written(tmp_path):
    compressor = Compressor().fit(days()[0])
    compressor.compress(days()[0][:0], tmp_path / "x.isz")
    assert Archive(tmp_path / "x.isz", compressor).read().shape == (0, 20)


def test_mistakes_have_a_sentence(tmp_path):
    with pytest.raises(IsthmusError, match="not fitted: call fit"):
        Compressor().compress(days()[0], tmp_path / "x.isz")
    compressor = Compressor().fit(days()[0])
    with pytest.raises(DataError, match=r"rows of 19 .float32., but .* fitted to rows of 20"):
        compressor.compress(days()[0][:, 1:], tmp_path / "x.isz")
    with pytest.raises(DataError, match="float64"):
        compressor.compress(days(dtype=float)[0], tmp_path / "x.isz")
    with pytest.raises(DataError, match="has no rows"):
        Compressor().fit(np.zeros((0, 3)))
    with pytest.raises(DataError, match="is a table, and a Compressor takes arrays"):
        Compressor().fit(pd.DataFrame({"a": [1]}))
    compress(days()[0], tmp_path / "x.isz")
    with pytest.raises(ArchiveError, match="is no compressor but an archive"):
        Compressor.load(tmp_path / "x.isz")
    compressor.save(tmp_path / "c.iszm")
    with pytest.raises(ArchiveError, match="holds the model of a Compressor"):
        Archive(tmp_path / "c.iszm")
    with pytest.raises(ArchiveError, match="there is no such file"):
        Compressor.load(tmp_path / "none.iszm")
