from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from isthmus.errors import DataError
from isthmus.io import Dataset, Schema, read
from isthmus.io.formats.idx import idx_header

ARRAY = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
IMAGES = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
TABLES = ("t.csv", "t.tsv", "t.csv.gz", "t.parquet", "t.feather", "t.arrow")
ROWS = {"height": [1.5, 2.5, None], "count": [1, 2, 3]}


def pixels(dataset: Dataset) -> np.ndarray:
    return np.asarray(dataset.to_memory())


def table(dataset: Dataset) -> pa.Table:
    rows = dataset.to_memory()
    assert not isinstance(rows, np.ndarray)
    return rows


@pytest.mark.parametrize("name", TABLES)
def test_every_table_format_gives_the_same_rows(files: dict[str, Path], name: str):
    dataset = read(files[name])
    assert dataset.schema == Schema(
        ("height", "count", "name"), ("double", "int64", "string"), (3,)
    )
    assert len(dataset) == 3
    assert table(dataset).select(["height", "count"]).to_pydict() == ROWS


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz"])
def test_an_empty_cell_is_missing_in_any_column(files: dict[str, Path], name: str):
    assert table(read(files[name]))["name"].to_pylist() == ["a", None, "c"]


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_kept_in_the_order_asked_for_and_left_out(files: dict[str, Path], name: str):
    kept = read(files[name], columns=["count", "height"])
    assert table(kept).column_names == ["count", "height"] == list(kept.schema.names or ())
    rest = read(files[name], exclude=["name"])
    assert table(rest).to_pydict() == ROWS


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "packed.npz"])
def test_arrays_keep_shape_and_dtype(files: dict[str, Path], name: str):
    dataset = read(files[name])
    assert dataset.schema == Schema(None, ("float32",), (3, 2))
    np.testing.assert_array_equal(pixels(dataset), ARRAY)


@pytest.mark.parametrize(
    "name", ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "images"]
)
def test_images_keep_their_pixels(files: dict[str, Path], name: str):
    dataset = read(files[name])
    assert dataset.schema == Schema(None, ("uint8",), (5, 6))
    np.testing.assert_array_equal(pixels(dataset), IMAGES)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 100])
def test_chunks_hold_every_row_once_in_order(files: dict[str, Path], n_rows: int):
    for name, path in files.items():
        dataset = read(path)
        chunks = list(dataset.chunks(n_rows))
        assert max(map(len, chunks)) <= n_rows, name
        assert sum(map(len, chunks)) == len(dataset), name
        if dataset.schema.names:
            together = pa.concat_tables([c for c in chunks if not isinstance(c, np.ndarray)])
            assert together.equals(table(dataset)), name
        else:
            np.testing.assert_array_equal(np.concatenate(chunks), pixels(dataset))


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i2", ">i4", "i1", "u1"])
def test_idx_numbers_become_native(tmp_path: Path, dtype: str):
    expected = np.array([[1, 2], [3, 4]], dtype)
    path = tmp_path / "numbers.idx"
    path.write_bytes(idx_header(expected.shape, expected.dtype) + expected.tobytes())
    found = pixels(read(path))
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_big_endian_and_column_order_arrays_become_native_rows(tmp_path: Path, order):
    expected = np.arange(12, dtype=">f8").reshape(4, 3)
    np.save(tmp_path / "a.npy", np.array(expected, order=order))
    np.savez(tmp_path / "a.npz", np.array(expected, order=order))
    for name in ("a.npy", "a.npz"):
        found = pixels(read(tmp_path / name))
        assert found.dtype.isnative
        np.testing.assert_array_equal(found, expected)


def test_labels_are_single_numbers(tmp_path: Path):
    np.save(tmp_path / "y.npy", np.arange(5))
    dataset = read(tmp_path / "y.npy")
    assert (dataset.n_rows, dataset.schema.row_shape) == (5, ())


def test_files_without_suffix_are_told_by_their_first_bytes(files: dict[str, Path]):
    for name in ("t.parquet", "t.feather", "a.npy", "a.npz", "train-images-idx3-ubyte.gz"):
        expected = read(files[name]).schema
        bare = files[name].rename(files[name].with_name(f"bare_{name.replace('.', '_')}"))
        assert read(bare).schema == expected


def test_suffixes_may_be_in_capitals(files: dict[str, Path]):
    capital = files["t.csv"].rename(files["t.csv"].with_name("T.CSV"))
    assert read(capital).n_rows == 3


def test_images_come_in_natural_order(tmp_path: Path):
    for number in (10, 9, 1, 2):
        Image.fromarray(np.full((2, 2), number, np.uint8)).save(tmp_path / f"{number}.PNG")
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden.png").write_text("not an image")
    assert pixels(read(tmp_path))[:, 0, 0].tolist() == [1, 2, 9, 10]
    assert pixels(read(tmp_path / "1*.PNG"))[:, 0, 0].tolist() == [1, 10]


@pytest.mark.parametrize(
    ("mode", "shape", "dtype"),
    [
        ("1", (2, 3), "uint8"),
        ("L", (2, 3), "uint8"),
        ("P", (2, 3, 3), "uint8"),
        ("RGB", (2, 3, 3), "uint8"),
        ("LA", (2, 3, 4), "uint8"),
        ("RGBA", (2, 3, 4), "uint8"),
        ("I;16", (2, 3), "uint16"),
    ],
)
def test_every_kind_of_image_has_its_shape(tmp_path: Path, mode, shape, dtype):
    Image.new(mode, (3, 2), 1).save(tmp_path / "a.png")
    dataset = read(tmp_path)
    assert dataset.schema == Schema(None, (dtype,), shape)
    assert pixels(dataset).shape == (1, *shape)
    assert pixels(dataset).dtype == dtype


def test_jpeg_images_are_read(tmp_path: Path):
    Image.new("RGB", (8, 8), (255, 0, 0)).save(tmp_path / "a.jpeg")
    assert read(tmp_path).schema.row_shape == (8, 8, 3)


def test_a_pattern_joins_its_files_in_natural_order(tmp_path: Path):
    for number in (10, 2, 1):
        parquet.write_table(pa.table({"a": [number] * 3}), tmp_path / f"part-{number}.parquet")
    expected = [1, 1, 1, 2, 2, 2, 10, 10, 10]
    for path in (tmp_path / "part-*.parquet", str(tmp_path / "part-*.parquet"), tmp_path):
        dataset = read(path)
        assert dataset.n_rows == 9
        assert table(dataset)["a"].to_pylist() == expected
        assert [len(chunk) for chunk in dataset.chunks(4)] == [4, 4, 1]
    given = read([tmp_path / "part-10.parquet", str(tmp_path / "part-1.parquet")], columns=["a"])
    assert table(given)["a"].to_pylist() == [10, 10, 10, 1, 1, 1]


def test_a_star_in_a_file_name_is_no_pattern(tmp_path: Path):
    (tmp_path / "a[1]*.csv").write_text("x\n1\n")
    assert read(tmp_path / "a[1]*.csv").n_rows == 1


def test_csv_parts_agree_on_the_wider_number_type(tmp_path: Path):
    for name, text in {"1": "a,b\n1,\n", "2": "a,b\n1.5,2\n", "3": "a,b\n"}.items():
        (tmp_path / f"{name}.csv").write_text(text)
    dataset = read(tmp_path / "*.csv")
    assert dataset.schema.dtypes == ("double", "int64")
    assert table(dataset).to_pydict() == {"a": [1.0, 1.5], "b": [None, 2]}


def test_a_byte_order_mark_and_a_quoted_line_break_are_read(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbfname,b\n"two\nlines",1\n')
    assert table(read(tmp_path / "a.csv")).to_pydict() == {"name": ["two\nlines"], "b": [1]}


def test_numbers_counted_from_zero_are_column_names(tmp_path: Path):
    (tmp_path / "a.csv").write_text("0,1\n5,6\n")
    assert read(tmp_path / "a.csv").schema.names == ("0", "1")


def test_a_file_of_several_gzip_members_is_one(tmp_path: Path):
    numbers = np.arange(6, dtype=np.uint8)
    data = idx_header((6,), numbers.dtype) + numbers.tobytes()
    (tmp_path / "a.idx.gz").write_bytes(gzip.compress(data[:7]) + gzip.compress(data[7:]))
    np.testing.assert_array_equal(pixels(read(tmp_path / "a.idx.gz")), numbers)


def test_a_large_image_chunk_is_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("isthmus.io.formats.images.CHUNK_BYTES", 10)
    for name in "abc":
        Image.new("L", (2, 2)).save(tmp_path / f"{name}.png")
    assert [len(chunk) for chunk in read(tmp_path).chunks()] == [2, 1]


@pytest.mark.parametrize(
    ("columns", "exclude", "sentence"),
    [
        (["nope"], (), "has no column 'nope': its columns are 'height', 'count', 'name'"),
        (None, ["nope"], "has no column 'nope'"),
        (["count", "count"], (), "'count' is asked for more than once"),
        (None, ["height", "count", "name"], "No column of .* is left"),
    ],
)
def test_columns_that_cannot_be_chosen_are_named(files, columns, exclude, sentence):
    for name in TABLES:
        with pytest.raises(DataError, match=sentence):
            read(files[name], columns=columns, exclude=exclude)


def test_arrays_have_no_columns_to_choose(files):
    for name in ("a.npy", "images"):
        with pytest.raises(DataError, match="has no named columns"):
            read(files[name], columns=["a"])
