"""A format of a single file is known everywhere once that file is imported."""

import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from isthmus import DataError, LinearAutoencoder, cli
from isthmus.io import Schema, check_writable, read, write
from isthmus.io.formats import readable, registry, writable

TABLE = pa.table({"height": [1.5, 2.5, 3.5]})


@pytest.fixture(autouse=True)
def _lines(monkeypatch):
    """Import the toy format, which is forgotten after the test."""
    monkeypatch.setattr(registry, "_formats", dict(registry._formats))
    spec = importlib.util.spec_from_file_location("lines", Path(__file__).with_name("lines.py"))
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.mark.parametrize("rows", [TABLE, [TABLE[:1], TABLE[1:]]], ids=["whole", "chunks"])
def test_rows_are_written_and_read(rows, tmp_path):
    assert write(tmp_path / "a.LINES", rows) == 3
    assert read(tmp_path / "a.LINES").to_memory().equals(TABLE)
    write(tmp_path / "b.lines", np.array([[4.5]]), names=["height"])
    joined = read([tmp_path / "a.LINES", tmp_path / "b.lines"])
    assert joined.to_memory()["height"].to_pylist() == [1.5, 2.5, 3.5, 4.5]


def test_file_without_suffix_is_told_by_its_first_bytes(tmp_path):
    write(tmp_path / "a.lines", TABLE)
    (tmp_path / "a.lines").rename(tmp_path / "a")
    assert read(tmp_path / "a").to_memory().equals(TABLE)


def test_rows_that_it_cannot_hold_are_refused_before_any_work(tmp_path):
    check_writable(tmp_path / "a.lines", Schema(None, ("float32",), (1,)))
    with pytest.raises(DataError, match=r"a\.lines holds one column, not 2: write \.csv"):
        check_writable(tmp_path / "a.lines", Schema(None, ("float32",), (2,)))
    with pytest.raises(DataError, match=r"a\.lines would be a table, but the rows are arrays"):
        write(tmp_path / "a.lines", np.zeros((3, 2, 2)))
    assert not list(tmp_path.iterdir())


def test_errors_of_its_parser_are_one_sentence(tmp_path):
    (tmp_path / "a.lines").write_text("%lines\nheight\nmuch\n")
    with pytest.raises(DataError, match=r"a\.lines could not be read as a data file \(could not"):
        read(tmp_path / "a.lines")


def test_messages_that_list_the_formats_name_it(tmp_path):
    (tmp_path / "a.docx").write_text("hello")
    with pytest.raises(DataError, match=r"expected one of \.arrow, .*\.jpg, \.lines, \.npy"):
        read(tmp_path / "a.docx")
    with pytest.raises(DataError, match=r"choose one of \.arrow, .*\.idx\.gz, \.lines, \.npy"):
        write(tmp_path / "a.docx", TABLE)


def test_the_command_line_reads_and_writes_it(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    heights = np.random.default_rng(0).normal(size=(20, 1))
    write("heights.lines", heights, names=["height"])
    model = LinearAutoencoder(1).fit("heights.lines")
    model.save("model.isthmus")
    assert cli.run(["encode", "model.isthmus", "heights.lines", "-o", "codes.lines"]) == 0
    assert capsys.readouterr().err == "20 codes of 1: codes.lines\n"
    codes = read("codes.lines").to_memory().column(0).to_numpy()
    expected = model.transform(pa.table({"height": heights[:, 0]}))
    np.testing.assert_array_equal(codes, np.ravel(expected))
    assert cli.run(["encode", "model.isthmus", "heights.lines", "-o", "codes.docx"]) == 1
    assert ".idx.gz, .lines, .npy" in capsys.readouterr().err


def test_a_format_of_the_same_name_takes_its_place(tmp_path):
    known = dict(registry._formats)
    registry.register(known["lines"])
    assert registry._formats == known
    assert readable().count(".lines") == writable().count(".lines") == 1


def test_formats_that_can_hold_rows_are_listed_for_them():
    texts, numbers = Schema(("a",), ("string",), (1,)), Schema(None, ("float32",), (8,))
    assert ".npy" not in writable(texts)
    assert ".csv" in writable(texts)
    assert ".npy" in writable(numbers)
    assert "folder" in writable()
    assert "folder" not in writable(numbers)
