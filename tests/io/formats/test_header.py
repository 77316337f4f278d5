"""The first line of a text file is names for certain, or the file is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus import DataError, LinearAutoencoder, read
from isthmus.errors import DataWarning
from isthmus.io import limited_memory

ROWS = range(12)
QUICK = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def lines(row: str) -> str:
    return "".join(row.format(i=i, odd=i % 2, third=i % 3) for i in ROWS)


NO_HEADER = {
    "whole numbers": lines("6{i},{odd},14{i}\n"),
    "numbers and a class": lines("5.{i},{third},setosa\n"),
    "a class and numbers": lines("setosa,{third},5.{i}\n"),
    "whole numbers and a class": lines("{third},{odd},b\n"),
    "names of rows": lines("p{i},{odd},{third}\n"),
    "negative": lines("-{i},{third}\n"),
    "powers": lines("{i}.0e+00,1e5\n"),
    "commas": lines("{i},5;{i},2{odd}\n"),
    "a gap": "3,?\n" + lines("{i},{third}\n"),
    "flags": "0,1\n" + lines("{odd},{third}\n").replace("2", "1"),
    "counting": "0,1,2\n3,4,5\n6,7,8\n9,10,11\n",
    "two rows": "1,2,3\n4,5,6\n",
    "one column": lines("{odd}\n"),
    "dates": lines("2024-01-1{odd},{i}\n"),
    "only dates": lines("2024-01-1{odd},2024-02-1{odd}\n"),
    "classes": lines("setosa\n"),
    "yes and no": lines("true,false\n"),
    "marked": "\ufeff" + lines("{i},{i}.5\n"),
    "growing": lines("1{i},2{i},3{i}\n"),
}


@pytest.mark.parametrize("case", NO_HEADER)
def test_a_first_row_is_never_lost(case, tmp_path):
    (tmp_path / "a.csv").write_text(NO_HEADER[case])
    with pytest.raises(DataError, match=r"in its first line, expected column names: put a line"):
        read(tmp_path / "a.csv")


NAMES = {
    "text": "a,b,c\n" + lines("{i},{odd},u\n"),
    "pandas' own": "0,1,2\n" + lines("{i}.5,{odd},3\n"),
    "counted from one": "1,2,3\n" + lines("{i}.5,{odd},.5\n"),
    "years": "2019,2020,2021\n" + lines("{i}.5,2.5,3.7\n"),
    "falling years": "2021,2020,2019\n" + lines("{i}.5,2.5,3.7\n"),
    "waves": "id,400.5,402.5,404.5\n" + lines("s{i},0.{i},0.4,0.5\n"),
    "quoted": '"2019","2020"\n' + lines("{i}.5,2.5\n"),
    "label and pixels": "label,0,1\n" + lines("{third},{odd},{odd}\n"),
    "doses": "id,5,7,9\n" + lines("{i},{odd},{third},1\n"),
    "text alone": "name,city\n" + lines("p{i},q{odd}\n"),
    "flags": "a,b\n" + lines("true,{odd}\n"),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_are_names_even_if_they_are_numbers(case, tmp_path):
    (tmp_path / "a.csv").write_text(NAMES[case])
    dataset = read(tmp_path / "a.csv")
    assert dataset.n_rows == len(ROWS)
    assert list(dataset.schema.names or ()) == NAMES[case].splitlines()[0].replace('"', "").split(
        ","
    )


def test_no_names_at_all_are_one_sentence(tmp_path):
    for text in (",\n1,\n2,\n", ",,\n1,2,3\n"):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(DataError, match="has no names in its first line"):
            read(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("# made by a tool\nx,y\n1,2\n")
    with pytest.raises(DataError, match=r"begins with a comment \('# made by a tool'\)"):
        read(tmp_path / "a.csv")


FRAME = pd.DataFrame(
    np.random.default_rng(0).normal(size=(40, 3)).round(6), columns=pd.Index(["a", "b", "c"])
)


def written_twice(frame: pd.DataFrame, path) -> None:
    frame.to_csv(path)
    pd.read_csv(path).to_csv(path)


WITH_INDEX = {
    "pandas": lambda frame, path: frame.to_csv(path),
    "filtered": lambda frame, path: frame.set_axis(frame.index[::-1]).to_csv(path),
    "words": lambda frame, path: frame.rename(index="p{}".format).to_csv(path),
    "twice": written_twice,
    "once and read": lambda frame, path: frame.rename_axis("Unnamed: 0").to_csv(path),
    "R": lambda frame, path: frame.to_csv(path, index_label='""', quoting=3),
    "decimal commas": lambda frame, path: frame.to_csv(path, sep=";", decimal=","),
    "made up": lambda frame, path: frame.rename_axis("__index_level_0__").to_csv(path),
}


@pytest.mark.parametrize("case", WITH_INDEX)
@pytest.mark.parametrize("memory", [None, "1MB"])
def test_an_index_in_text_is_no_feature(case, memory, tmp_path):
    model = LinearAutoencoder(2).fit(FRAME)
    frame = FRAME if memory is None else pd.concat([FRAME] * 250, ignore_index=True)
    WITH_INDEX[case](frame, tmp_path / "rows.csv")
    with (
        limited_memory(memory),
        pytest.warns(DataWarning, match=r"rows\.csv: .*for (an index|indexes)"),
    ):
        dataset = read(tmp_path / "rows.csv")
    assert (dataset.folder is None) == (memory is None)
    assert dataset.schema.names == ("a", "b", "c")
    assert dataset.n_rows == len(frame)
    codes = model.transform(FRAME)
    np.testing.assert_allclose(model.transform(dataset)[: len(codes)], codes, rtol=1e-5, atol=1e-5)
    assert dataset.select([dataset.index_names[0], "b"]).to_memory().shape == (len(frame), 2)


def test_a_model_of_either_takes_the_other(tmp_path):
    FRAME.to_csv(tmp_path / "with.csv")
    FRAME.to_csv(tmp_path / "without.csv", index=False)
    with pytest.warns(DataWarning, match="unnamed first column is taken for an index and left out"):
        models = [LinearAutoencoder(2).fit(tmp_path / name) for name in ("with.csv", "without.csv")]
    with pytest.warns(DataWarning, match="unnamed"):
        codes = [m.transform(tmp_path / n) for m in models for n in ("with.csv", "without.csv")]
    for other in codes[1:]:
        np.testing.assert_array_equal(codes[0], other)


def test_measurements_under_pandas_own_name_are_kept(tmp_path):
    (tmp_path / "a.csv").write_text("Unnamed: 0,a\n0.5,1\n0.7,2\n")
    assert read(tmp_path / "a.csv").schema.names == ("Unnamed: 0", "a")


def test_parts_with_and_without_an_index_are_read_together(tmp_path):
    FRAME.to_csv(tmp_path / "1.csv")
    FRAME.to_csv(tmp_path / "2.csv", index=False)
    with pytest.warns(DataWarning, match=r"1\.csv: the unnamed"):
        dataset = read(tmp_path / "*.csv")
    assert dataset.schema.names == ("a", "b", "c")
    assert dataset.n_rows == 80
    with limited_memory("1MB"), pytest.warns(DataWarning, match=r"1\.csv and 99 more: the unnamed"):
        dataset = read([tmp_path / "1.csv"] * 100)
    assert dataset.select([""]).to_memory()[""].to_pylist()[:3] == [0, 1, 2]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.lists(st.integers(-99, 999), min_size=3, max_size=3), min_size=3, max_size=12)
)
def test_rows_of_whole_numbers_without_a_header_are_refused_or_kept(rows, tmp_path):
    (tmp_path / "a.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    try:
        dataset = read(tmp_path / "a.csv")
    except DataError:
        return
    assert rows[0] in ([0, 1, 2], [1, 2, 3]) or dataset.n_rows == len(rows)
