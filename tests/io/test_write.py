from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from isthmus.errors import DataError
from isthmus.io import Schema, check_writable, write

TABLE = pa.table({"a": [1.5, 2.5, None], "b": [1, 2, 3], "c": ["x,y", None, "z"]})
MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3) + 0.5


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
