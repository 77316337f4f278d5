"""Rows of text, however wide, packed or long, within the memory that was promised."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from isthmus import DataError, IsthmusError, read
from isthmus.io import limited_memory


def test_a_first_line_of_more_than_a_megabyte_is_read(tmp_path: Path):
    names = [f"{'wide' * 40}{i}" for i in range(7_000)]
    rows = np.arange(3 * len(names)).reshape(3, -1)
    with (tmp_path / "a.csv").open("w") as file:
        file.write(",".join(names) + "\n")
        np.savetxt(file, rows, fmt="%d", delimiter=",")
    assert (tmp_path / "a.csv").read_text().index("\n") > 2**20
    dataset = read(tmp_path / "a.csv")
    assert dataset.schema.names == tuple(names)
    columns = dataset.to_memory()
    assert [columns[0][0].as_py(), columns[len(names) - 1][2].as_py()] == [0, rows.size - 1]


@pytest.mark.parametrize("memory", [None, "64MB"])
def test_rows_far_longer_than_the_header_are_read(memory, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,u\n" + f"2,{'v' * 3_000_000}\n" * 8)
    with limited_memory(memory):
        dataset = read(tmp_path / "a.csv")
        assert dataset.n_rows == 9
        assert [len(text) for text in dataset.to_memory()["b"].to_pylist()] == [1, *[3_000_000] * 8]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a" * 3_000_000 + ",b\n1,2\n", "first line of more than 64.0 kB, for which 1.0 MB of mem"),
        ("a,b\n1,2\n" + "3" * 30_000_000 + ",4\n", "a line of more than .* of memory are too litt"),
    ],
)
def test_a_line_that_memory_does_not_allow_is_one_sentence(text, sentence, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with limited_memory("1MB"), pytest.raises(IsthmusError, match=sentence):
        read(tmp_path / "a.csv")


def test_text_that_unpacks_to_much_more_than_its_file_is_spilled(tmp_path):
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        file.write(b"a,b\n" + b"1,2.5\n" * 300_000)
    assert (tmp_path / "a.csv.gz").stat().st_size < 2**14
    assert read(tmp_path / "a.csv.gz").folder is None
    with limited_memory("1MB"):
        dataset = read(tmp_path / "a.csv.gz")
    assert dataset.folder is not None
    assert dataset.n_rows == 300_000
    assert dataset.schema.dtypes == ("int64", "double")


@pytest.mark.parametrize(
    ("last", "kind"),
    [("1,2.5", "double"), ("1,much", "string"), ("1,NA", "int64"), ("1,2", "int64")],
)
def test_what_comes_late_is_read_alike(last, kind, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n3,4\n" * 50_000 + last + "\n")
    expected = read(tmp_path / "a.csv")
    with limited_memory("1MB"):
        dataset = read(tmp_path / "a.csv")
    assert dataset.schema == expected.schema
    assert dataset.schema.dtypes == ("int64", kind)
    assert dataset.to_memory().equals(expected.to_memory())


def test_words_for_gaps_are_classes_among_words(tmp_path):
    classes = ["NA", "None", "null", "nan", "setosa", ""]
    rows = "".join(f"{i},{name}\n" for i, name in enumerate(classes))
    (tmp_path / "a.csv").write_text("size,kind\n" + rows)
    assert read(tmp_path / "a.csv").to_memory()["kind"].to_pylist() == [*classes[:-1], None]


def test_rows_of_another_length_are_counted_under_the_header(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 90_000 + "1,2,3\n" + "1,2\n" * 9)
    for memory in (None, "1MB"):
        with limited_memory(memory), pytest.raises(DataError, match="has 3 cells in row 90,001"):
            read(tmp_path / "a.csv")
