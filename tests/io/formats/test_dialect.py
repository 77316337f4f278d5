"""What stands between cells and before fractions is found, said, or asked for."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus import DataError, read
from isthmus.errors import DataWarning
from isthmus.io import limited_memory


def lines(head: str, row: str, n: int = 10) -> str:
    return head + "".join(row.format(i=i, twice=2 * i) for i in range(n))


def told(path: Path) -> tuple[pa.Table, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        rows = read(path).to_memory()
    assert isinstance(rows, pa.Table)
    return rows, [str(warning.message) for warning in caught]


FOUND = {
    "semicolons": ("a.csv", lines("x;y\n", "{i}.5;{twice}\n"), "semicolons (';'), decimals by"),
    "comma": (
        "a.csv",
        lines("x;y\n", "{i},5;{twice},25\n"),
        "semicolons (';'), decimals by a c",
    ),
    "bars": ("a.csv", lines("x|y\n", "{i}.5|{twice}\n"), "bars ('|'), decimals by a point"),
    "tabs": ("a.csv", lines("x\ty\n", "{i}.5\t{twice}\n"), "tabs, decimals by a point"),
    "csv named tsv": ("a.tsv", lines("x,y\n", "{i}.5,{twice}\n"), "commas, decimals by a point"),
    "tabs and commas": ("a.tsv", lines("x\ty\n", "{i},5\t{twice},25\n"), "tabs, decimals by a c"),
    "in quotes": ("a.csv", lines("x,y\n", '"{i},5","{twice},25"\n'), "commas, decimals by a comma"),
    "windows": ("a.csv", lines("x;y\r\n", "{i},5;{twice},25\r\n"), "decimals by a comma"),
    "marked": ("a.csv", "\ufeff" + lines("x;y\n", "{i},5;{twice},25\n"), "decimals by a comma"),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_is_not_usual_is_found_and_said(case, tmp_path):
    name, text, sentence = FOUND[case]
    (tmp_path / name).write_bytes(text.encode())
    rows, (said,) = told(tmp_path / name)
    assert said.startswith(f"{tmp_path / name}: cells are taken to be separated by ")
    assert sentence in said
    assert rows.column_names == ["x", "y"]
    assert rows["x"].to_pylist() == [i + 0.5 for i in range(10)]
    assert [int(value) for value in rows["y"].to_pylist()] == [2 * i for i in range(10)]


USUAL = {
    "quoted semicolons": ("a.csv", lines("x,y\n", '"u;v;{i}",{i}\n'), ["x", "y"]),
    "commas in a list": ("a.tsv", lines("x\ty\n", "1,2,{i}\t{i}.5\n"), ["x", "y"]),
    "one column": ("a.csv", lines("x\n", "{i}\n"), ["x"]),
    "semicolons in text": ("a.csv", lines("x,y\n", "u;v;{i},{i}\n"), ["x", "y"]),
    "a delimiter at the end": ("a.csv", lines("x,y,\n", "{i},{twice},\n"), ["x", "y"]),
    "blank lines": ("a.csv", "\n\n" + lines("x,y\n\n", "{i},{twice}\n\n"), ["x", "y"]),
    "old mac": ("a.csv", lines("x,y\r", "{i},{twice}\r"), ["x", "y"]),
    "a quoted break": ("a.csv", lines('"x\n1",y\n', '"u\n{i}",{i}\n'), ["x\n1", "y"]),
}


@pytest.mark.parametrize("case", USUAL)
def test_nothing_is_said_of_what_is_usual(case, tmp_path):
    name, text, names = USUAL[case]
    (tmp_path / name).write_bytes(text.encode())
    rows, said = told(tmp_path / name)
    assert rows.column_names == names
    assert rows.num_rows == 10
    assert said == []


def test_a_comma_in_a_name_does_not_hide_semicolons(tmp_path):
    (tmp_path / "a.csv").write_text(lines("name;size, cm;n\n", "A;{i},{i}5;2\n"))
    rows, _ = told(tmp_path / "a.csv")
    assert rows.column_names == ["name", "size, cm", "n"]
    assert rows["size, cm"].to_pylist()[1] == 1.15


REFUSED = {
    "thousands and a fraction": (lines("x;y\n", "1.23{i},5;{i}\n"), "signs between its thousands"),
    "thousands or a fraction": (lines("x;y\n", "1,23{i};{i}\n"), "'1,230', which .* or thousands"),
    "a fraction or two numbers": ("x;y\n" + "1,5;2,5\n" * 9, r"semicolons .* or two numbers"),
    "points and commas": (lines("x;y\n", "{i},5;{i}.25\n"), "a comma where '0.25' has a point"),
    "spaces": (lines("x y z\n", "{i} 2 3\n"), "has spaces between its cells, as in 'x y z'"),
    "excel's own": ("sep=;\n" + lines("x;y\n", "{i};2\n"), "begins with 'sep=;', which is for"),
    "row names": (lines("x,y\n", "r{i},{i},2\n"), "2 names over rows of 3 cells: put a name above"),
    "ends": (lines("x,y\n", "{i},2,\n"), "2 names over rows of 3 cells: take the last delimiter"),
    "a zero byte": ("x,y\n1,\0\n", "holds a zero byte in line 2"),
    "an open quote": ('x,y\n1,2\n1,"2\n3,4\n', "a quote without its second one in row 2"),
    "one line": ("x,y", "has no rows under its first line"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_certain_is_one_sentence(case, tmp_path):
    text, sentence = REFUSED[case]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=sentence):
        read(tmp_path / "a.csv")


def test_wide_characters_without_a_mark_are_named(tmp_path):
    (tmp_path / "a.csv").write_bytes(lines("x,y\n", "{i},2\n").encode("utf-16-le"))
    with pytest.raises(DataError, match="is UTF-16 text"):
        read(tmp_path / "a.csv")


def test_many_files_are_told_of_once(tmp_path):
    for i in range(5):
        (tmp_path / f"{i}.csv").write_text(lines("x;y\n", "{i},5;{twice},25\n"))
    with pytest.warns(DataWarning, match=r"0\.csv and 4 more: cells are taken") as caught:
        read(tmp_path / "*.csv")
    assert len(caught) == 1


@pytest.mark.parametrize("case", ["comma", "tabs and commas", "in quotes"])
def test_what_is_spilled_is_read_alike(case, tmp_path):
    name, text, _ = FOUND[case]
    head, *rows = text.splitlines(keepends=True)
    (tmp_path / name).write_text(head + "".join(rows) * 4000)
    whole, said = told(tmp_path / name)
    with limited_memory("1MB"):
        spilled, again = told(tmp_path / name)
    assert spilled.equals(whole)
    assert again == said


def columns_as_pandas_writes_them() -> st.SearchStrategy[pd.Series]:
    numbers = st.integers(-(10**7), 10**7).map(lambda number: number / 1000)
    text = st.sampled_from(["u", "u, v", "u;v", "u|v", "NA", "two\nlines", 'in "quotes"'])
    kinds = st.sampled_from([numbers, st.integers(-5, 99), text, st.none() | numbers])
    return kinds.flatmap(lambda kind: st.lists(kind, min_size=6, max_size=6)).map(pd.Series)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    columns=st.lists(columns_as_pandas_writes_them(), min_size=1, max_size=4),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    comma=st.booleans(),
    quoting=st.sampled_from([0, 1, 2]),
    index=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_pandas_writes_comes_back_or_is_refused(
    columns, separator, comma, quoting, index, end, tmp_path
):
    frame = pd.DataFrame({f"name {i}": column for i, column in enumerate(columns)})
    decimal = "," if comma and separator != "," else "."
    path = tmp_path / "a.csv"
    frame.to_csv(
        path, sep=separator, decimal=decimal, quoting=quoting, index=index, lineterminator=end
    )
    rows, sentence = None, ""
    try:
        rows, _ = told(path)
    except DataError as error:
        sentence = str(error)
    if rows is None:
        assert "not guessed" in sentence or len(columns) + index == 1
        return
    back = rows.select(list(frame)).to_pandas()
    assert len(back) == len(frame)
    # One column in quotes has no separator to tell its commas from: it may be left as text.
    texts = len(columns) + index == 1 and decimal == ","
    for name, column in frame.items():
        expected, found = column.tolist(), back[name].tolist()
        for one, other in zip(expected, found, strict=True):
            same = one == other or (texts and str(one).replace(".", ",") == other)
            assert same or (pd.isna(one) and pd.isna(other)), (name, one, other)
