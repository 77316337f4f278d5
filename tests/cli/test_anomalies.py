from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus import OutlierDetector, load

from .commands import run


@pytest.fixture
def odd(here, frame):
    """The table with one number that does not belong there, in row 18."""
    odd = frame.copy()
    odd.loc[17, "b"] = 40.0
    odd.to_csv("odd.csv", index=False)
    return pd.read_csv("odd.csv")


def test_odd_rows_are_told_with_reasons(odd, capsys):
    assert run("anomalies", "odd.csv", "-o", "scores.csv", "--n-shown", "2") == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("row 18: ")
    assert "b is 40, expected " in lines[0]
    table = pd.read_csv("scores.csv")
    detector = OutlierDetector(random_state=0).fit(odd)
    np.testing.assert_allclose(table["score"], detector.score_samples(odd))
    assert (table["outlier"] == (detector.predict(odd) == -1)).all()
    assert table.loc[17, "column_1"] == "b"
    assert (table.loc[17, "value_1"], table.loc[17, "outlier"]) == (40, True)
    assert list(table.columns)[-4:] == ["column_3", "value_3", "expected_3", "amount_3"]
    assert f"80 scores, {int(table['outlier'].sum())} of them of outliers" in captured.err


def test_a_detector_is_kept_and_judges_other_rows(odd, capsys):
    kept = ["--model-out", "odd.isthmus", "--contamination", "0.05"]
    assert run("anomalies", "table.csv", "-o", "scores.parquet", *kept) == 0
    assert load("odd.isthmus").contamination == 0.05
    assert run("anomalies", "odd.isthmus", "odd.csv", "-o", "found.csv", "--n-reasons", "0") == 0
    found = pd.read_csv("found.csv")
    assert list(found.columns) == ["score", "outlier"]
    assert found["score"].idxmin() == 17
    assert "row 18: " in capsys.readouterr().out
    capsys.readouterr()
    assert run("info", "odd.isthmus") == 0
    assert "outliers score below" in capsys.readouterr().out


def test_an_autoencoder_judges_where_it_is_asked_to(here):
    options = ["--method", "reconstruction", "--n-shown", "1"]
    assert run("anomalies", "table.csv", "-o", "scores.csv", "--exclude", "flag", *options) == 0
    assert pd.read_csv("scores.csv")["column_1"].isin([*"abcd", "count"]).all()


MISTAKES = {
    "no data for a detector": (2, ["m.isthmus", "-o", "s.csv"], "name the data"),
    "an option for a fitted one": (
        2,
        ["m.isthmus", "table.csv", "-o", "s.csv", "--contamination", "0.1"],
        "--contamination means nothing",
    ),
    "another model": (1, ["m.isthmus", "table.csv", "-o", "s.csv"], "which is no detector"),
    "a share beyond half": (2, ["table.csv", "-o", "s.csv", "--contamination", "0.7"], "0.5"),
    "an unknown way": (2, ["table.csv", "-o", "s.csv", "--method", "foo"], "'reconstruction'"),
    "fewer than no reasons": (2, ["table.csv", "-o", "s.csv", "--n-reasons=-1"], "--n-reasons -1"),
    "a table into an array": (1, ["table.csv", "-o", "s.npy"], "s.npy"),
    "a model of another name": (
        1,
        ["table.csv", "-o", "s.csv", "--model-out", "m.bin"],
        "does not end in .isthmus",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line(name, assert_fails):
    code, arguments, says = MISTAKES[name]
    assert_fails(code, "anomalies", *arguments, says=says)


def test_a_detector_gives_no_codes(odd, assert_fails):
    assert run("anomalies", "table.csv", "-o", "s.csv", "--model-out", "odd.isthmus") == 0
    assert_fails(1, "encode", "odd.isthmus", "table.csv", "-o", "z.csv", says="gives no codes")
    assert_fails(1, "score", "odd.isthmus", "table.csv", says="no decoder")


def test_a_report_says_no_more_that_a_column_was_left_out(here, frame, capsys):
    named = frame.assign(name=[f"row {i}" for i in range(len(frame))])
    named.to_csv("named.csv", index=False)
    assert run("fit", "named.csv", "-o", "new.isthmus", "--max-epochs", "1") == 0
    assert capsys.readouterr().err.count("'name' was found useless") == 1
    assert "Odd rows" in Path("new-report/report.html").read_text()
