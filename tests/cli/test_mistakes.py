"""Every mistake is told in one line, and leaves the files as they were."""

from pathlib import Path

import numpy as np
import pytest

import isthmus.io

from .commands import FIT, fit

MISUSES = {
    "unknown command": (["frobnicate"], "frobnicate"),
    "unknown option": ([*FIT, "--frobnicate", "3"], "--frobnicate"),
    "no output": (["fit", "table.csv"], "--output"),
    "no data": (["fit", "-o", "new.isthmus"], "DATA"),
    "no model": (["info"], "MODEL"),
    "hidden is no number": ([*FIT, "--hidden", "abc"], "512,128"),
    "hidden is half a number": ([*FIT, "--hidden", "8,abc"], "512,128"),
    "hidden is empty": ([*FIT, "--hidden", ","], "512,128"),
    "hidden is negative": ([*FIT, "--hidden=-8"], "hidden"),
    "solver of a deep model": ([*FIT, "--solver", "gradient"], "--solver means nothing"),
    "l2 of a deep model": ([*FIT, "--l2", "1"], "--l2 means nothing"),
    "hidden of a linear model": ([*FIT, "--model", "linear", "--hidden", "8"], "--hidden means"),
    "start of a closed form": (
        [*FIT, "--model", "linear", "--init", "m.isthmus"],
        "init means nothing to solver='closed_form'",
    ),
    "checkpoint of a closed form": (
        [*FIT, "--model", "linear", "--checkpoint", "folder"],
        "checkpoint means nothing to solver='closed_form'",
    ),
    "sweep of a linear model": (["sweep", "table.csv", "--model", "linear"], "a sweep needs"),
    "fresh start of nothing": ([*FIT, "--fresh"], "--fresh means nothing without --checkpoint"),
    "code of no number": ([*FIT, "--n-components", "0"], "n_components"),
    "code of text": ([*FIT, "--n-components", "two"], "--n-components"),
    "unknown model": ([*FIT, "--model", "quadratic"], "--model quadratic is unknown: choose one"),
    "unknown activation": ([*FIT, "--activation", "foo"], "activation"),
    "unknown likelihood": ([*FIT, "--likelihood", "foo"], "likelihood"),
    "unknown scaling": ([*FIT, "--scaling", "foo"], "scaling"),
    "negative seed": ([*FIT, "--random-state=-1"], "random_state"),
    "half a unit": ([*FIT, "--n-components", "2.5"], "n_components"),
    "level of nothing": ([*FIT, "--level", "0.1"], "--level means nothing without --corruption"),
    "channels of a dense network": ([*FIT, "--channels", "4"], "give --network convolutional"),
    "k of another sparsity": (
        [*FIT, "--model", "sparse", "--sparsity", "l1", "--k", "3"],
        "--k means nothing to --sparsity l1",
    ),
    "penalty without strength": ([*FIT, "--penalty", "l1"], "l1=0.01,contractive=0.1"),
    "batches of no row": ([*FIT, "--batch-size", "0"], "batch_size"),
}


@pytest.mark.parametrize("name", MISUSES)
def test_misuse_is_one_line_and_exit_code_2(name, assert_fails):
    arguments, says = MISUSES[name]
    assert_fails(2, *arguments, says=says)


def test_misuse_is_told_before_data_are_read(assert_fails, monkeypatch):
    def read(*arguments, **options):
        raise AssertionError

    monkeypatch.setattr(isthmus.io, "read", read)
    for name in ("hidden is no number", "solver of a deep model", "unknown activation"):
        arguments, says = MISUSES[name]
        assert_fails(2, *arguments, says=says)


LINEAR = ["fit", "-o", "new.isthmus", "--model", "linear"]
FAILURES = {
    "missing data": (fit("missing.csv"), "missing.csv does not exist"),
    "glob without match": (fit("*.nope"), "*.nope matches no file"),
    "column of text": ([*LINEAR, "text.csv"], "column 'name' holds text"),
    "missing value": (
        [*LINEAR, "gap.csv"],
        "column 'b' has a missing value, the first in row 4",
    ),
    "odd value": (fit("odd.csv"), "column 'b' holds 'n.a.' in row 4, expected numbers"),
    "no such kind of column": (fit("table.csv", "--kind", "a=colour"), "names no kind of column"),
    "unknown format": (fit("notes.xyz"), "notes.xyz"),
    "unknown excluded column": (fit("table.csv", "--exclude", "nope"), "no column 'nope'"),
    "everything excluded": (fit("table.csv", "--exclude", *"abcd", "count", "flag"), "table.csv"),
    "suffix of the model": (fit(output="new.model"), "does not end in .isthmus"),
    "folder of the model": (fit(output="no/new.isthmus"), "folder that does not exist"),
    "model is a folder": (fit(output="folder.isthmus"), "is a folder"),
    "labels are nowhere": (fit("table.csv", "--labels", "nope"), "neither a column"),
    "too few labels": (fit("table.csv", "--labels", "two.csv"), "2 labels"),
    "too few labels, no report": (
        fit("table.csv", "--labels", "two.csv", "--no-report"),
        "2 labels",
    ),
    "labels in several columns": (fit("table.csv", "--labels", "table.csv"), "6 columns"),
    "labels in a matrix": (fit("table.csv", "--labels", "matrix.npy"), "matrix.npy"),
    "report is a file": (fit("table.csv", "--report", "gap.csv"), "gap.csv"),
    "two kinds of data": (["fit", "table.csv", "z.npy", *FIT[2:]], "z.npy"),
    "model that is none": (["encode", "table.csv", "table.csv", "-o", "o.npy"], "not an Isthmus"),
    "model cut off": (["encode", "cut.isthmus", "table.csv", "-o", "o.npy"], "cut.isthmus"),
    "model cut off, info": (["info", "cut.isthmus"], "cut.isthmus"),
    "model cut off, decode": (["decode", "cut.isthmus", "z.npy", "-o", "o.csv"], "cut.isthmus"),
    "empty model": (["info", "empty.isthmus"], "empty.isthmus"),
    "missing model": (["info", "missing.isthmus"], "missing.isthmus does not exist"),
    "folder as model": (["info", "folder.isthmus"], "folder.isthmus"),
    "other columns": (["encode", "m.isthmus", "other.csv", "-o", "o.npy"], "no column 'a'"),
    "image as table": (["encode", "m.isthmus", "images.npy", "-o", "o.npy"], "images.npy"),
    "codes of wrong width": (
        ["decode", "m.isthmus", "codes-of-3.npy", "-o", "o.csv"],
        "the codes have 3 columns",
    ),
    "images to a table": (["decode", "images.isthmus", "z.npy", "-o", "o.csv"], "o.csv"),
    "table to a folder": (["decode", "m.isthmus", "z.npy", "-o", "folder"], "PNG"),
    "codes to a folder": (["encode", "m.isthmus", "table.csv", "-o", "folder"], "PNG"),
    "suffix of codes": (["encode", "m.isthmus", "table.csv", "-o", "o.xyz"], "'.xyz'"),
    "suffix of rows": (["decode", "m.isthmus", "z.npy", "-o", "o.xyz"], "'.xyz'"),
    "model of scores": (["score", "table.csv", "table.csv"], "not an Isthmus"),
    "suffix of scores": (["score", "m.isthmus", "table.csv", "-o", "o.xyz"], "'.xyz'"),
    "folder of codes": (["encode", "m.isthmus", "table.csv", "-o", "no/o.npy"], "no"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_is_one_line_and_exit_code_1(name, frame, assert_fails):
    frame.assign(name="x").to_csv("text.csv", index=False)
    gap = frame.copy()
    gap.loc[3, "b"] = np.nan
    gap.to_csv("gap.csv", index=False)
    gap.astype({"b": object}).fillna({"b": "n.a."}).to_csv("odd.csv", index=False)
    frame.drop(columns="a").to_csv("other.csv", index=False)
    Path("two.csv").write_text("label\n1\n2\n", encoding="utf-8")
    np.save("matrix.npy", np.zeros((80, 2)))
    Path("notes.xyz").write_text("nothing", encoding="utf-8")
    Path("empty.isthmus").touch()
    Path("folder.isthmus").mkdir()
    Path("cut.isthmus").write_bytes(Path("m.isthmus").read_bytes()[:-20])
    arguments, says = FAILURES[name]
    assert_fails(1, *arguments, says=says)


def test_failure_is_one_line_even_if_a_name_has_two(assert_fails):
    assert_fails(1, "info", "two\nlines.isthmus", says="two lines.isthmus")
