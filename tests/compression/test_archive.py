import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import Archive, compress, decompress
from isthmus.compression import sources
from isthmus.errors import ArchiveError, DataError, IsthmusError

DTYPES = (
    *("?", "i1", "u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<u8", ">u8"),
    *("<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<c8", ">c16"),
    *("<M8[ns]", ">m8[s]", "S3", "<U4", ">U4"),
)
SHAPES = ((0,), (1,), (7,), (0, 3), (5, 0), (1, 4), (9, 4), (6, 3, 2), (3, 2, 3, 2))
QUICK = ("stored", "zstandard", "pcodec")


def made(dtype, shape, seed=0):
    """Draw any bits: NaN of all kinds, infinities and the like among them."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind in "SU":
        return rng.choice(np.array(["a", "bcd", "", "é"[: dtype.kind == "U"]]), shape).astype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(rng.bytes(size), dtype).reshape(shape)


def bits(array):
    return np.ascontiguousarray(array).tobytes()


def assert_same(found, array):
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert bits(found) == bits(array)
    assert found.flags.f_contiguous == array.flags.f_contiguous or 1 in array.shape


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_of_all_dtypes_and_shapes_come_back_bit_for_bit(tmp_path, dtype, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_BYTES", 64)
    for seed, shape in enumerate(SHAPES):
        array = made(dtype, shape, seed)
        report = compress(array, tmp_path / "x.isz", codecs=QUICK, n_jobs=1)
        assert_same(decompress(tmp_path / "x.isz", n_jobs=2), array)
        assert report.n_bytes == (tmp_path / "x.isz").stat().st_size == sum(report.parts.values())


@pytest.mark.parametrize("layout", ["F", "reversed", "strided", "transposed"])
def test_arrays_in_any_order_of_memory_come_back(tmp_path, layout):
    array = np.arange(60.0).reshape(5, 4, 3)
    array = {
        "F": np.asfortranarray(array),
        "reversed": array[::-1],
        "strided": array[:, ::2],
        "transposed": array.T,
    }[layout]
    compress(array, tmp_path / "x.isz")
    found = decompress(tmp_path / "x.isz")
    np.testing.assert_array_equal(found, array, strict=True)
    assert found.flags.f_contiguous == array.flags.f_contiguous


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", ">c8", "i1", "u1", ">i4", "u8"])
@pytest.mark.parametrize("max_error", [0.3, "1e-2x", 2])
def test_no_value_is_farther_off_than_promised(tmp_path, dtype, max_error):
    rng = np.random.default_rng(0)
    array = (np.cumsum(rng.normal(size=(200, 6)), axis=0) * 3 + 60).astype(dtype)
    compress(array, tmp_path / "x.isz", max_error=max_error)
    found = decompress(tmp_path / "x.isz")
    assert found.dtype == array.dtype
    view = array.astype(array.dtype.newbyteorder("="))
    numbers = view.view(f"f{view.itemsize // 2}") if view.dtype.kind == "c" else view
    span = float(numbers.max()) - float(numbers.min())
    allowed = 0.01 * span if isinstance(max_error, str) else max_error
    off = found.astype(view.dtype).view(numbers.dtype).astype(float) - numbers.astype(float)
    assert np.abs(off).max() <= allowed


def with_specials(rng, dtype=np.float32):
    field = np.sin(np.linspace(0, 20, 40 * 500)).reshape(40, 500).astype(dtype)
    for value in (np.nan, np.inf, -np.inf, -0.0):
        field[rng.random(field.shape) < 0.01] = value
    # A NaN that tells something by its bits.
    field.reshape(-1).view(f"u{field.itemsize}")[17] |= (
        np.dtype(dtype).type(np.nan).view(f"u{field.itemsize}") | 5
    )
    return field


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_special_values_come_back_bit_for_bit(tmp_path, dtype):
    rng = np.random.default_rng(1)
    field = with_specials(rng, dtype)
    report = compress(field, tmp_path / "x.isz", max_error=0.01)
    found = decompress(tmp_path / "x.isz")
    special = ~np.isfinite(field) | ((field == 0) & np.signbit(field))
    assert bits(found[special]) == bits(field[special])
    assert np.abs(found[~special].astype(float) - field[~special].astype(float)).max() <= 0.01
    assert report.max_errors == {"values": 0.01}


@pytest.mark.parametrize("fill", [-9999.0, 1e20, 9.96921e36])
def test_fill_values_are_found_kept_and_no_part_of_the_range(tmp_path, fill):
    rng = np.random.default_rng(2)
    field = np.cumsum(rng.normal(size=(30, 400)), axis=1).astype(np.float32)
    span = float(field.max()) - float(field.min())
    land = np.broadcast_to(rng.random(400) < 0.3, field.shape)
    field = np.where(land, np.float32(fill), field)
    report = compress(field, tmp_path / "x.isz", max_error="1e-2x")
    assert report.fill_values == {"values": (float(np.float32(fill)),)}
    assert report.max_errors["values"] <= 0.01 * span
    found = decompress(tmp_path / "x.isz")
    assert bits(found[land]) == bits(field[land])


def test_values_that_are_only_large_are_no_fill_values(tmp_path):
    heavy = np.random.default_rng(0).standard_cauchy((50, 100))
    assert not compress(heavy, tmp_path / "x.isz", max_error=0.1).fill_values


def test_named_fill_values_are_kept(tmp_path):
    field = np.linspace(0, 1, 1000)
    field[::10] = 0.125
    report = compress(field, tmp_path / "x.isz", max_error=0.1, fill_values=[0.125])
    assert report.fill_values == {"values": (0.125,)}
    assert (decompress(tmp_path / "x.isz")[::10] == 0.125).all()


@pytest.mark.parametrize("max_error", [0, 0.1])
def test_masked_arrays_come_back_masked(tmp_path, max_error):
    field = np.ma.masked_less(np.sin(np.arange(999.0)).reshape(333, 3), -0.5)
    field.fill_value = -7.0
    compress(field, tmp_path / "x.isz", max_error=max_error)
    found = decompress(tmp_path / "x.isz")
    assert isinstance(found, np.ma.MaskedArray)
    assert found.fill_value == -7.0
    np.testing.assert_array_equal(found.mask, field.mask)
    assert np.abs(found - field).max() <= max_error
    assert Archive(tmp_path / "x.isz")[5:9].mask.any()


@pytest.mark.parametrize("value", [0, -0.0, 3.5, np.nan, np.inf, 1e300])
@pytest.mark.parametrize("max_error", [0, 0.5, "1e-3x"])
def test_values_that_are_all_the_same_come_back(tmp_path, value, max_error):
    array = np.full((300, 20), value)
    report = compress(array, tmp_path / "x.isz", max_error=max_error)
    found = decompress(tmp_path / "x.isz")
    if max_error == 0.5 and np.isfinite(value) and value != 0:
        np.testing.assert_allclose(found, array, atol=0.5, rtol=0)
    else:
        assert bits(found) == bits(array)
    assert report.n_bytes < 600


def test_an_error_below_what_the_dtype_tells_apart_is_kept(tmp_path):
    array = np.random.default_rng(0).normal(size=(100, 9)).astype(np.float32) + 1e6
    compress(array, tmp_path / "x.isz", max_error=1e-4)
    assert bits(decompress(tmp_path / "x.isz")) == bits(array)


@settings(max_examples=30, deadline=None)
@given(st.slices(50), st.integers(1, 60))
def test_slices_are_those_of_the_array(tmp_path_factory, rows, block_bytes):
    array = np.arange(150, dtype=np.int16).reshape(50, 3)
    path = tmp_path_factory.getbasetemp() / "slices.isz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "BLOCK_BYTES", block_bytes)
        compress(array, path, codecs=["stored"], n_jobs=1)
    np.testing.assert_array_equal(Archive(path)[rows], array[rows], strict=True)


def test_rows_are_asked_for_as_of_an_array(tmp_path):
    array = np.arange(60.0).reshape(10, 3, 2)
    compress(array, tmp_path / "x.isz")
    archive = Archive(tmp_path / "x.isz")
    assert len(archive) == 10
    assert archive.shape == array.shape
    np.testing.assert_array_equal(archive[-1], array[-1], strict=True)
    np.testing.assert_array_equal(archive[2:5, 1], array[2:5, 1], strict=True)
    np.testing.assert_array_equal(archive[4, 1, 0], array[4, 1, 0])
    np.testing.assert_array_equal(np.asarray(archive), array)
    np.testing.assert_array_equal(np.concatenate(list(archive.chunks())), array)
    with pytest.raises(IndexError, match="has no row 10: it has 10 rows"):
        archive[10]
    with pytest.raises(IsthmusError, match=r"a number or a range.*write archive\[10\]"):
        archive[[1, 2]]


def test_the_same_data_give_the_same_file_whatever_the_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_BYTES", 2_000)
    array = np.cumsum(np.random.default_rng(0).normal(size=(200, 20)), axis=0)
    contents = set()
    for n_jobs in (1, 2, 5):
        compress(array, tmp_path / "x.isz", max_error=0.1, n_jobs=n_jobs)
        contents.add((tmp_path / "x.isz").read_bytes())
    assert len(contents) == 1


def test_files_of_arrays_come_as_they_are_stored(tmp_path):
    array = np.asfortranarray(np.arange(12, dtype=">i4").reshape(4, 3))
    np.save(tmp_path / "x.npy", array)
    compress(tmp_path / "x.npy", tmp_path / "x.isz")
    assert_same(decompress(tmp_path / "x.isz"), array)


def test_blocks_that_nothing_makes_smaller_are_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_BYTES", 1_000)
    noise = np.frombuffer(np.random.default_rng(0).bytes(9_000), np.uint8)
    array = np.concatenate([np.zeros(1_000, np.uint8), noise])
    report = compress(array, tmp_path / "x.isz")
    assert 9_000 < report.n_bytes < 9_600
    np.testing.assert_array_equal(decompress(tmp_path / "x.isz"), array)


def test_progress_is_told_after_every_block(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BLOCK_BYTES", 100)
    told = []
    compress(
        np.zeros((25, 10), np.uint8), tmp_path / "x.isz", progress=lambda *now: told.append(now)
    )
    assert told == [(10, 25), (20, 25), (25, 25)]


@pytest.mark.parametrize(
    ("data", "settings", "sentence"),
    [
        (np.float64(3), {}, "data is a single value of type float64: give rows"),
        (np.array([{}]), {}, "data holds Python objects"),
        (np.zeros(3, "i4,f4"), {}, "data holds records with fields"),
        (np.zeros(3, np.longdouble), {}, "numbers that other machines lack"),
        (np.array(["a"]), {"max_error": 1}, "can only come back exactly: leave max_error away"),
        (np.zeros(3), {"max_error": -1}, r"max_error=-1 is no error.*\"1e-3x\""),
        (np.zeros(3), {"max_error": "much"}, "max_error='much' is no error"),
        (np.zeros(3), {"max_error": "nanx"}, "max_error='nanx' is no error"),
        (np.zeros(3), {"effort": "fats"}, "effort='fats' is unknown: .*'fast' is nearest"),
        (np.zeros(3), {"codecs": ["zst"]}, "codecs names 'zst': choose one of"),
        (np.zeros(3), {"codecs": ["quantized"]}, "by none of the codecs quantized"),
        (np.zeros(3), {"n_jobs": 0}, "n_jobs=0 asks for nothing"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path, data, settings, sentence):
    with pytest.raises(IsthmusError, match=sentence):
        compress(data, tmp_path / "x.isz", **settings)
    assert not list(tmp_path.iterdir())


def test_what_is_no_archive_is_refused(tmp_path):
    with pytest.raises(ArchiveError, match="does not exist"):
        Archive(tmp_path / "none.isz")
    with pytest.raises(ArchiveError, match="is no file"):
        Archive(tmp_path)
    for content, sentence in (
        (b"", "is empty"),
        (b"\x89ISZ\n\n", "is no archive of Isthmus, as it begins with"),
        (b"\x89ISZ\r\n\x1a\n\xff\xff", "newer Isthmus .format 65535"),
        (b"\x89ISZ\r\n\x1a\n\x01", "is cut off"),
    ):
        (tmp_path / "x.isz").write_bytes(content)
        with pytest.raises(ArchiveError, match=sentence):
            Archive(tmp_path / "x.isz")
    with pytest.raises(DataError):
        compress(tmp_path / "none.npy", tmp_path / "y.isz")


def test_an_archive_that_was_replaced_meanwhile_is_not_mixed_up(tmp_path):
    compress(np.zeros(10), tmp_path / "x.isz")
    archive = Archive(tmp_path / "x.isz")
    compress(np.ones((10, 2)), tmp_path / "x.isz")
    with pytest.raises(ArchiveError, match="has changed since it was opened: open it again"):
        archive[:5]


def test_what_repeats_is_found_whatever_the_error(tmp_path):
    noise = np.random.default_rng(0).normal(size=(1, 4_000))
    report = compress(np.repeat(noise, 20, axis=0), tmp_path / "x.isz", max_error=1e-6)
    assert report.n_bytes < 1.2 * noise.nbytes


def test_columns_of_an_array_are_coded_one_by_one_where_that_is_better(tmp_path):
    rng = np.random.default_rng(0)
    columns = np.stack([10.0**i + i * rng.normal(size=3_000) for i in range(8)], axis=1)
    whole = compress(columns, tmp_path / "x.isz", codecs=["pcodec"])
    apart = [
        compress(column, tmp_path / "y.isz", codecs=["pcodec"]).parts["values"]
        for column in columns.T
    ]
    assert whole.parts["values"] <= sum(apart) + 2 * len(apart)
