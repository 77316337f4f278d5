import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.registry import register_codec

from isthmus import Compressor
from isthmus.compression.zarr_codec import NAME, ZarrCodec
from isthmus.errors import IsthmusError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def registered():
    # As the entry point does in an installed Isthmus.
    register_codec(NAME, ZarrCodec)


def field(dtype="f4"):
    rng = np.random.default_rng(0)
    return np.cumsum(np.cumsum(rng.normal(size=(50, 30, 20)), axis=1), axis=2).astype(dtype)


def written(path, data, codec, **settings):
    zarr.create_array(
        path, data=data, chunks=(16, 30, 20), serializer=codec, compressors=None, **settings
    )
    return zarr.open_array(path, mode="r")


@pytest.mark.parametrize("dtype", ["f4", "i2", "bool", "c8"])
def test_arrays_on_disk_come_back_exactly(tmp_path, dtype):
    data = field(dtype)
    array = written(tmp_path / "x.zarr", data, ZarrCodec())
    np.testing.assert_array_equal(array[:], data, strict=True)
    np.testing.assert_array_equal(array[17:20, 3], data[17:20, 3])


def test_arrays_on_disk_come_back_within_the_error_and_gaps_as_they_are(tmp_path):
    data = field()
    data[5:9, :4] = -9999
    data[11, 0, 0] = np.nan
    array = written(tmp_path / "x.zarr", data, ZarrCodec(0.01), fill_value=-9999)
    found = array[:]
    assert np.nanmax(np.abs(found - data)) <= 0.01
    assert (found[data == -9999] == -9999).all()
    assert np.isnan(found[11, 0, 0])
    files = filter(Path.is_file, (tmp_path / "x.zarr").rglob("*"))
    stored = sum(file.stat().st_size for file in files)
    assert stored < data.nbytes / 2
    assert array.metadata.to_dict()["codecs"][0]["configuration"]["max_error"] == 0.01


def test_chunks_share_the_model_of_a_compressor(tmp_path):
    data = field()
    compressor = Compressor("1e-3x", effort="fast").fit(data[:16])
    array = written(tmp_path / "x.zarr", data, ZarrCodec.of(compressor))
    assert np.abs(array[:] - data).max() <= 1e-3 * float(np.ptp(data[:16]))


def test_a_number_alone_and_a_chunk_that_is_not_full_come_back(tmp_path):
    array = zarr.create_array(
        tmp_path / "n", shape=(), dtype="f8", serializer=ZarrCodec(), compressors=None
    )
    array[...] = 3.5
    assert zarr.open_array(tmp_path / "n")[...] == 3.5


def test_the_entry_point_names_the_codec():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, name = project["entry-points"]["zarr.codecs"][NAME].partition(":")
    assert getattr(import_module(module), name) is ZarrCodec


def test_settings_that_would_not_work_are_refused():
    with pytest.raises(IsthmusError, match="share of a range that no chunk knows"):
        ZarrCodec("1e-3x")
    with pytest.raises(IsthmusError, match="effort='much'"):
        ZarrCodec(effort="much")
