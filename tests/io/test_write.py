from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from isthmus.errors import DataError, IsthmusError
from isthmus.io import Schema, check_writable, read, replacing, write

TABLE = pa.table({"a": [1.5, 2.5, None], "b": [1, 2, 3], "c": ["x,y", None, "z"]})
MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3) + 0.5
IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def rows_of(path: Path):
    return read(path).to_memory()


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".feather", ".arrow"])
def test_a_table_comes_back(tmp_path: Path, suffix: str):
    path = tmp_path / f"t{suffix}"
    assert write(path, TABLE) == 3
    assert rows_of(path).equals(TABLE)
    assert write(path, (TABLE.slice(i, 1) for i in range(3))) == 3
    assert rows_of(path).combine_chunks().equals(TABLE)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".feather"])
def test_a_matrix_becomes_named_columns(tmp_path: Path, suffix: str):
    write(tmp_path / f"t{suffix}", MATRIX)
    found = rows_of(tmp_path / f"t{suffix}")
    assert found.column_names == ["column0", "column1", "column2"]
    np.testing.assert_array_equal(np.array(list(found.to_pydict().values())).T, MATRIX)
    write(tmp_path / f"t{suffix}", MATRIX, names=["x", "y", "z"])
    assert read(tmp_path / f"t{suffix}").schema.names == ("x", "y", "z")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.idx", "a.idx.gz", "a-idx2-ubyte.gz"])
def test_an_array_comes_back_whole_or_in_chunks(tmp_path: Path, name: str):
    for rows in (MATRIX, iter([MATRIX[:3], MATRIX[3:]])):
        assert write(tmp_path / name, rows) == 4
        found = rows_of(tmp_path / name)
        assert found.dtype == MATRIX.dtype
        np.testing.assert_array_equal(found, MATRIX)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_numpy_itself_reads_what_is_written(tmp_path: Path, name: str):
    write(tmp_path / name, MATRIX[:, ::2])
    loaded = np.load(tmp_path / name, allow_pickle=False)
    np.testing.assert_array_equal(loaded if name == "a.npy" else loaded["X"], MATRIX[:, ::2])
    if name == "a.npz":
        loaded.close()


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_every_idx_dtype_comes_back(tmp_path: Path, dtype: str):
    array = np.arange(6).reshape(3, 2).astype(dtype)
    write(tmp_path / "a.idx", array)
    found = rows_of(tmp_path / "a.idx")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("name", ["a.npz", "a.idx.gz", "a.csv"])
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, name: str):
    (tmp_path / "other").mkdir()
    write(tmp_path / name, MATRIX)
    write(tmp_path / "other" / name, MATRIX)
    assert (tmp_path / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        IMAGES.astype(np.uint16) * 1000,
        np.repeat(IMAGES[..., None], 3, axis=3),
        np.repeat(IMAGES[..., None], 4, axis=3),
    ],
    ids=["grey", "16-bit", "RGB", "RGBA"],
)
def test_images_come_back_from_a_folder(tmp_path: Path, images: np.ndarray):
    assert write(tmp_path / "out", iter([images[:2], images[2:]])) == 3
    assert sorted(os.listdir(tmp_path / "out")) == ["00000.png", "00001.png", "00002.png"]
    found = rows_of(tmp_path / "out")
    assert found.dtype == images.dtype
    np.testing.assert_array_equal(found, images)


def test_a_folder_is_replaced_only_when_allowed(tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    write(out, IMAGES)
    with pytest.raises(DataError, match="is a folder with files in it: choose another name"):
        write(out, IMAGES)
    write(out, IMAGES[:1], overwrite=True)
    assert os.listdir(out) == ["00000.png"]
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds thesis\.txt, which is no PNG image"):
        write(out, IMAGES, overwrite=True)
    assert os.listdir(tmp_path) == ["out"]


def test_numbers_of_a_table_become_a_matrix(tmp_path: Path):
    write(tmp_path / "a.npy", TABLE.select(["a", "b"]))
    np.testing.assert_array_equal(rows_of(tmp_path / "a.npy"), [[1.5, 1], [2.5, 2], [np.nan, 3]])


def test_missing_values_of_a_single_column_are_not_lost(tmp_path: Path):
    for values in ([1, None, 3], ["a", None, "c"], [None, 1.5, None]):
        write(tmp_path / "a.csv", pa.table({"a": values}))
        assert rows_of(tmp_path / "a.csv")["a"].to_pylist() == values


def test_categories_are_written_as_text(tmp_path: Path):
    column = pa.array(["u", "v", "u"]).dictionary_encode()
    write(tmp_path / "a.csv", pa.table({"a": column, "b": [1, 2, 3]}))
    assert rows_of(tmp_path / "a.csv")["a"].to_pylist() == ["u", "v", "u"]


def test_an_error_on_the_way_leaves_the_old_file(tmp_path: Path):
    def chunks():
        yield MATRIX
        raise KeyboardInterrupt

    for name in ("a.csv", "a.parquet", "a.feather", "a.npy", "a.npz", "a.idx", "a.idx.gz"):
        (tmp_path / name).write_text("old")
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / name, chunks())
        assert (tmp_path / name).read_text() == "old"
        (tmp_path / name).unlink()
        assert os.listdir(tmp_path) == []


IMAGE = Schema(None, ("uint8",), (4, 5))
REFUSED = {
    "unknown suffix": ("a.xlsx", None, r"suffix '\.xlsx', which Isthmus cannot write: choose one"),
    "no such folder": ("no/a.csv", None, "cannot be written: make the folder .*no first"),
    "a folder": ("folder.csv", None, "is a folder, expected a file: add a file name"),
    "a file": ("file", None, "is a file, expected a folder for images"),
    "images as a table": ("a.csv", IMAGE, "would be a table, but the rows are arrays of 4 × 5"),
    "a table as images": ("a", Schema(("a",), ("double",), (1,)), "would be a folder of PNG"),
    "float images": ("a", Schema(None, ("float32",), (4, 5)), "not uint8 or uint16 images"),
    "int64 as idx": ("a.idx", Schema(None, ("int64",), (2,)), "cannot hold numbers of type int64"),
    "text as an array": ("a.npy", Schema(("a",), ("string",), (1,)), "column 'a' holds string"),
    "lists as csv": (
        "a.csv",
        Schema(("a",), ("list<item: int64>",), (1,)),
        "cannot hold a column of type list<item: int64>",
    ),
}


@pytest.mark.parametrize(("name", "schema", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name, schema, sentence):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=sentence):
        check_writable(tmp_path / name, schema)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.csv"]


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DataError, match="may not be written to, so choose another one"):
        check_writable(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "rows", "names", "sentence"),
    [
        ("a.csv", [], None, "There are no rows to write to"),
        ("a.csv", MATRIX, ["x"], "There are 1 column names for 3 columns"),
        ("a.npy", [MATRIX, MATRIX[:, :2]], None, "give chunks of one shape and type"),
        ("a.csv", [TABLE, TABLE.select(["a"])], None, "has other columns than the first"),
        ("a.npy", pa.table({"a": [1, None]}), None, "'a' has missing values, which an array of in"),
    ],
)
def test_rows_that_do_not_fit_have_their_sentence(tmp_path, name, rows, names, sentence):
    with pytest.raises(DataError, match=sentence):
        write(tmp_path / name, rows, names=names)
    assert os.listdir(tmp_path) == []


def test_replacing_follows_the_umask_and_symbolic_links(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    old = os.umask(0o027)
    try:
        with replacing(tmp_path / "link") as temporary:
            assert temporary.parent == tmp_path
            assert temporary.name.startswith(".real.")
            assert temporary.name.endswith(".part")
            temporary.write_text("new")
    finally:
        os.umask(old)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(28, "the disk is full: free some space"), (30, "the disk is read-only"), (5, "device fault")],
)
def test_a_refusal_of_the_system_names_the_path(tmp_path: Path, number: int, sentence: str):
    def half() -> None:
        with replacing(tmp_path / "a.csv") as temporary:
            temporary.write_text("half")
            raise OSError(number, "Device fault")

    with pytest.raises(IsthmusError, match=rf"a\.csv could not be written, because .*{sentence}"):
        half()
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_missing_is_named(tmp_path: Path):
    target = tmp_path / "no" / "a.csv"
    with pytest.raises(IsthmusError, match="no such file"), replacing(target) as temporary:
        temporary.write_text("x")


def test_a_device_is_not_replaced():
    with pytest.raises(IsthmusError, match="is not a regular file"), replacing(os.devnull):
        pass


def test_packed_idx_is_one_that_gzip_opens(tmp_path: Path):
    write(tmp_path / "a.idx.gz", IMAGES)
    assert gzip.decompress((tmp_path / "a.idx.gz").read_bytes())[:4] == b"\0\0\x08\x03"
