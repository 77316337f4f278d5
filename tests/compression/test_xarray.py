"""Variables of netCDF files, as xarray reads them, and stores of Zarr, as xarray writes them."""

import numpy as np
import pytest
import xarray
from zarr.registry import register_codec

from isthmus import Archive, compress, decompress
from isthmus.compression.zarr_codec import NAME, ZarrCodec
from isthmus.errors import DataError

FILL = np.float32(-999)


@pytest.fixture(autouse=True)
def registered():
    # As the entry point does in an installed Isthmus.
    register_codec(NAME, ZarrCodec)


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    waves = np.cumsum(np.cumsum(rng.normal(size=(24, 16, 20)), axis=1), axis=2).astype("f4")
    waves[:, :3, :4] = np.nan
    packed = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 3.0, "_FillValue": -32768}
    return xarray.Dataset(
        {
            "height": (("time", "y", "x"), waves, {"units": "m"}, {"_FillValue": FILL}),
            "packed": (("time", "y", "x"), np.round(waves, 2), {}, packed),
        },
        {"time": np.arange("2020-01-01", "2020-01-25", dtype="M8[D]").astype("M8[ns]")},
    )


@pytest.fixture
def path(dataset, tmp_path):
    dataset.to_netcdf(tmp_path / "field.nc", engine="h5netcdf")
    return tmp_path / "field.nc"


@pytest.mark.usefixtures("optimized")
def test_a_variable_comes_back_within_the_error_and_its_gaps_as_gaps(dataset, path, tmp_path):
    with xarray.open_dataset(path, engine="h5netcdf") as opened:
        compress(opened["height"], tmp_path / "height.isz", max_error=0.05)
    expected, found = dataset["height"].values, decompress(tmp_path / "height.isz")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert np.nanmax(np.abs(found - expected)) <= 0.05
    np.testing.assert_array_equal(Archive(tmp_path / "height.isz")[5:7], found[5:7])


@pytest.mark.usefixtures("optimized")
@pytest.mark.parametrize(("name", "fill"), [("height", FILL), ("packed", np.int16(-32768))])
def test_numbers_as_the_file_holds_them_keep_their_fill_value(name, fill, path, tmp_path):
    with xarray.open_dataset(path, engine="h5netcdf", mask_and_scale=False) as opened:
        raw = opened[name].values
        compress(opened[name], tmp_path / "exact.isz", max_error=0)
        compress(opened[name], tmp_path / "near.isz", max_error=3)
    assert (raw == fill).sum() == 24 * 3 * 4
    np.testing.assert_array_equal(decompress(tmp_path / "exact.isz"), raw, strict=True)
    near = decompress(tmp_path / "near.isz")
    np.testing.assert_array_equal(near == fill, raw == fill)
    assert np.abs(near.astype(float) - raw).max() <= 3


def test_a_whole_dataset_is_refused_with_what_to_give(dataset, path, tmp_path):
    with pytest.raises(DataError, match=r"of type Dataset, .* such as data\['height'\]"):
        compress(dataset, tmp_path / "all.isz")
    with pytest.raises(DataError, match="open it with xarray in Python and give one variable"):
        compress(path, tmp_path / "all.isz")
    assert not (tmp_path / "all.isz").exists()


@pytest.mark.filterwarnings("ignore:Consolidated metadata")
def test_a_store_of_zarr_is_written_and_read_by_xarray(dataset, tmp_path):
    codec = ZarrCodec(max_error=0.05)
    encoding = {"height": {"serializer": codec, "compressors": (), "chunks": (8, 16, 20)}}
    dataset[["height"]].drop_encoding().to_zarr(tmp_path / "field.zarr", encoding=encoding)
    with xarray.open_zarr(tmp_path / "field.zarr", chunks=None) as opened:
        found, expected = opened["height"], dataset["height"]
        assert found.attrs["units"] == "m"
        np.testing.assert_array_equal(found["time"], dataset["time"])
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
        part = found.sel(time=slice("2020-01-05", "2020-01-14"))
        assert np.nanmax(np.abs(part.values - expected.values[4:14])) <= 0.05
    files = [file for file in (tmp_path / "field.zarr" / "height").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < expected.nbytes / 2
