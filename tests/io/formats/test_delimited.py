"""Tables written as text, in memory or spilled to a temporary file."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from isthmus import DataError, IsthmusError
from isthmus.io import limited_memory, read, write


def rows_of(path: Path):
    return read(path).to_memory()


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz"])
def test_an_empty_cell_is_missing_in_any_column(files: dict[str, Path], name: str):
    assert rows_of(files[name])["name"].to_pylist() == ["a", None, "c"]


def test_csv_parts_agree_on_the_wider_number_type(tmp_path: Path):
    for name, text in {"1": "a,b\n1,\n", "2": "a,b\n1.5,2\n", "3": "a,b\n"}.items():
        (tmp_path / f"{name}.csv").write_text(text)
    dataset = read(tmp_path / "*.csv")
    assert dataset.schema.dtypes == ("double", "int64")
    assert dataset.to_memory().to_pydict() == {"a": [1.0, 1.5], "b": [None, 2]}


def test_a_byte_order_mark_and_a_quoted_line_break_are_read(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbfname,b\n"two\nlines",1\n')
    assert rows_of(tmp_path / "a.csv").to_pydict() == {"name": ["two\nlines"], "b": [1]}


def test_numbers_counted_from_zero_are_column_names(tmp_path: Path):
    (tmp_path / "a.csv").write_text("0,1\n5,6\n")
    assert read(tmp_path / "a.csv").schema.names == ("0", "1")


def test_missing_values_of_a_single_column_are_not_lost(tmp_path: Path):
    for values in ([1, None, 3], ["a", None, "c"], [None, 1.5, None]):
        write(tmp_path / "a.csv", pa.table({"a": values}))
        assert rows_of(tmp_path / "a.csv")["a"].to_pylist() == values


def test_categories_are_written_as_text(tmp_path: Path):
    column = pa.array(["u", "v", "u"]).dictionary_encode()
    write(tmp_path / "a.csv", pa.table({"a": column, "b": [1, 2, 3]}))
    assert rows_of(tmp_path / "a.csv")["a"].to_pylist() == ["u", "v", "u"]


@pytest.fixture
def lines():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": generator.integers(0, 9, 60_000), "b": generator.normal(size=60_000)}
    )
    return frame.round(6)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz"])
def test_text_that_memory_does_not_hold_is_spilled(suffix, lines, tmp_path):
    path = tmp_path / f"lines{suffix}"
    text = lines.to_csv(index=False, sep="\t" if suffix == ".tsv" else ",")
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    with limited_memory("1MB"):
        dataset = read(path)
    assert dataset.folder is not None
    assert dataset.source == str(path)
    assert dataset.schema == read(path).schema
    assert dataset.to_memory().to_pydict() == lines.to_dict("list")


def test_whole_numbers_before_fractions_become_fractions(lines, tmp_path):
    (tmp_path / "lines.csv").write_text(lines.to_csv(index=False) + "0.5,1\n")
    with limited_memory("1MB"):
        dataset = read(tmp_path / "lines.csv")
    assert dataset.schema.dtypes == ("double", "double")
    assert dataset.to_memory()["a"].to_pylist() == [*lines["a"], 0.5]


@pytest.fixture
def pieces(lines, tmp_path):
    """Files of which each would fit, and all together would not; some have whole numbers only."""
    for i in range(10):
        (tmp_path / f"{i}.csv").write_text(lines[i * 6_000 : (i + 1) * 6_000].to_csv(index=False))
    (tmp_path / "5.csv").write_text("a,b\n1,2\n")
    (tmp_path / "7.csv").write_text("a,b\n")
    (tmp_path / "9.csv").write_text("a,b\n0.5,\n")
    return tmp_path


def test_many_small_files_of_text_are_spilled_together(pieces):
    expected = read(pieces / "*.csv")
    with limited_memory("1MB"):
        dataset = read(pieces / "*.csv")
        twice = read([pieces / "1.csv", *[pieces / f"{i}.csv" for i in range(9)]])
    assert dataset.folder is not None
    assert dataset.source == expected.source == str(pieces / "*.csv")
    assert dataset.schema == expected.schema
    assert dataset.schema.dtypes == ("double", "double")
    assert dataset.to_memory().to_pydict() == expected.to_memory().to_pydict()
    assert twice.n_rows == 8 * 6_000 + 1
    assert twice.source == f"{pieces / '1.csv'} and 9 more"


def test_commas_and_tabs_are_spilled_together(pieces):
    (pieces / "2.tsv").write_text((pieces / "2.csv").read_text().replace(",", "\t"))
    with limited_memory("1MB"):
        dataset = read([pieces / "1.csv", pieces / "2.tsv", *[pieces / "3.csv"] * 7])
    assert dataset.folder is not None
    assert dataset.n_rows == 9 * 6_000


def test_small_files_of_text_that_do_not_agree_are_one_sentence(pieces):
    (pieces / "8.csv").write_text("a,c\n1,2\n")
    with (
        limited_memory("1MB"),
        pytest.raises(DataError, match=r"8.csv has no column 'b', unlike .*0"),
    ):
        read(pieces / "*.csv")
    (pieces / "8.csv").write_text("a,b\n1,much\n")
    with limited_memory("1MB"), pytest.raises(DataError, match=r"8.csv has string in column 'b'"):
        read(pieces / "*.csv")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1,2,3\n", "lines.csv has 3 cells in row 60,001, expected 2 as in its header"),
        ("1,\xe9\n", "lines.csv is not UTF-8 text in column 'b'"),
    ],
)
def test_text_with_a_wrong_line_is_one_sentence(line, sentence, lines, tmp_path):
    (tmp_path / "lines.csv").write_text(lines.to_csv(index=False) + line, "latin-1")
    with limited_memory("1MB"), pytest.raises(IsthmusError, match=sentence):
        read(tmp_path / "lines.csv")
