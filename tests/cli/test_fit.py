import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus import load

from .commands import BARE, QUICK, command, files_in, fit, run


def test_fit_writes_report_beside_the_model(here, capsys):
    assert run("fit", "table.csv", "-o", "new.isthmus", *QUICK) == 0
    captured = capsys.readouterr()
    assert captured.err == (
        "PCA was kept, where training starts, and found anew from all rows: no gain of 2 epochs "
        "could be told from chance on held-out rows; more rows or epochs may show one.\n"
    )
    assert "PCA’s" in captured.out
    assert captured.out.endswith(
        f"Report: {Path('new-report', 'report.html')}\nModel: new.isthmus\n"
    )
    assert Path("new-report", "report.html").is_file()
    assert load("new.isthmus").n_components_ == 2


def test_fit_without_report_writes_the_model_only(here, capsys):
    before = set(files_in(here))
    assert run("fit", "table.csv", "-o", "new.isthmus", *BARE) == 0
    assert capsys.readouterr().out == "Model: new.isthmus\n"
    assert set(files_in(here)) - before == {here / "new.isthmus"}


def test_report_goes_where_it_is_told(here, capsys):
    arguments = ["-o", "new.isthmus", "--report", "elsewhere/deep", *QUICK]
    assert run("fit", "table.csv", *arguments) == 0
    assert Path("elsewhere/deep/report.html").is_file()
    assert not Path("new-report").exists()
    assert "elsewhere" in capsys.readouterr().out


def test_column_of_labels_is_no_feature(here, frame):
    kinds = np.where(frame["flag"], "sick", "well")
    frame.assign(kind=kinds).to_csv("labelled.csv", index=False)
    arguments = ["-o", "new.isthmus", "--labels", "kind", *QUICK]
    assert run("fit", "labelled.csv", *arguments) == 0
    assert list(load("new.isthmus").feature_names_in_) == list(frame)
    assert Path("new-report/report.html").is_file()


def test_an_index_is_no_feature_but_may_be_the_labels(here, frame, capsys):
    frame.set_index(pd.Index(["u", "v"] * 40, name="kind")).to_parquet("indexed.parquet")
    assert run("fit", "indexed.parquet", "-o", "new.isthmus", "--labels", "kind", *QUICK) == 0
    assert "index" not in capsys.readouterr().err
    assert list(load("new.isthmus").feature_names_in_) == list(frame)


def test_what_was_taken_of_text_is_one_line(here, frame, capsys):
    frame.to_csv("german.csv", sep=";", decimal=",")
    assert run("fit", "german.csv", "-o", "new.isthmus", *BARE) == 0
    line, *_ = capsys.readouterr().err.splitlines()
    assert line.startswith("isthmus: german.csv: cells are taken to be separated by semicolons")
    assert "decimals by a comma; the unnamed first column is taken for an index" in line
    assert list(load("new.isthmus").feature_names_in_) == list(frame)


def test_a_column_that_colours_the_report_stays_a_feature(here, frame, capsys):
    frame = frame.assign(kind=np.where(frame["flag"], "sick", "well"))
    frame.to_csv("mixed.csv", index=False)
    arguments = ["-o", "new.isthmus", "--colour", "kind", *QUICK]
    assert run("fit", "mixed.csv", *arguments) == 0
    assert list(load("new.isthmus").feature_names_in_) == list(frame)
    assert Path("new-report/report.html").is_file()
    assert run("info", "new.isthmus") == 0
    assert "kind: category" in capsys.readouterr().out
    assert run("fit", "mixed.csv", *arguments, "--labels", "flag") == 2
    assert "give one of them" in capsys.readouterr().err


def test_labels_may_have_gaps(here, frame):
    kinds = np.where(frame["flag"], "sick", "well").astype(object)
    kinds[3] = None
    frame.assign(kind=kinds).to_parquet("labelled.parquet")
    arguments = ["-o", "new.isthmus", "--labels", "kind", *QUICK]
    assert run("fit", "labelled.parquet", *arguments) == 0


@pytest.mark.parametrize("name", ["labels.csv", "labels.npy"])
def test_file_of_labels_colours_the_report(name, here, frame):
    labels = frame["flag"].to_numpy().astype(int)
    if name == "labels.npy":
        np.save(name, labels)
    else:
        pd.DataFrame({"kind": labels}).to_csv(name, index=False)
    arguments = ["-o", "new.isthmus", "--labels", name, *QUICK]
    assert run("fit", "table.csv", *arguments) == 0
    assert list(load("new.isthmus").feature_names_in_) == list(frame)


@pytest.mark.parametrize("option", [["--exclude", "d", "flag"], ["--exclude=d", "--exclude=flag"]])
def test_excluded_columns_are_left_out(option, here):
    assert run("fit", "table.csv", "-o", "new.isthmus", *option, *BARE) == 0
    assert list(load("new.isthmus").feature_names_in_) == ["a", "b", "c", "count"]


def test_fit_takes_text_columns_when_they_are_excluded(here, frame):
    frame.assign(name="x").to_csv("named.csv", index=False)
    assert run("fit", "named.csv", "-o", "new.isthmus", "--exclude", "name", *BARE) == 0
    assert list(load("new.isthmus").feature_names_in_) == list(frame)


@pytest.mark.parametrize(
    ("text", "hidden"), [("16,8", (16, 8)), ("16, 8", (16, 8)), ("16,", (16,)), ("8", 8)]
)
def test_hidden_takes_widths_or_one_number(text, hidden, here):
    arguments = ["--n-components", "2", "--max-epochs", "1", "--no-report"]
    assert run("fit", "table.csv", "-o", "new.isthmus", "--hidden", text, *arguments) == 0
    found = load("new.isthmus").hidden
    assert (found if isinstance(found, int) else tuple(found)) == hidden


def test_options_reach_the_estimator(here):
    options = {
        "activation": "tanh",
        "likelihood": "squared_error",
        "scaling": "center",
        "batch_size": 16,
        "learning_rate": 0.01,
        "weight_decay": 0.001,
        "validation_fraction": 0.25,
        "patience": 3,
        "random_state": 7,
    }
    arguments = []
    for name, value in options.items():
        arguments += ["--" + name.replace("_", "-"), value]
    arguments += ["--tied-weights", "--no-early-stopping", "--no-verbose"]
    assert run("fit", "table.csv", "-o", "new.isthmus", *arguments, *BARE) == 0
    parameters = load("new.isthmus").get_params()
    options |= {"tied_weights": True, "early_stopping": False, "verbose": False}
    assert {name: parameters[name] for name in options} == options


def test_same_seed_gives_equal_bits(here):
    # Without a linear start, which would be kept of two epochs and is that of the rows alone.
    drawn = ["--no-report", "--no-shortcut", "--random-state"]
    for name in ("one", "two"):
        assert run(*fit(output=f"{name}.isthmus"), *drawn, "5") == 0
        assert run("encode", f"{name}.isthmus", "table.csv", "-o", f"{name}.npy") == 0
    assert Path("one.npy").read_bytes() == Path("two.npy").read_bytes()
    assert run(*fit(output="other.isthmus"), *drawn, "6") == 0
    assert run("encode", "other.isthmus", "table.csv", "-o", "other.npy") == 0
    assert Path("one.npy").read_bytes() != Path("other.npy").read_bytes()


def test_fit_in_another_process_prints_no_progress_and_gives_equal_bits(here):
    done = command(*fit(), "--random-state", "5")
    assert done.returncode == 0
    assert done.stderr.startswith("PCA was kept, ")
    assert "PCA" in done.stdout
    assert not re.search(r"\x1b|\r|epoch", done.stdout)
    assert run(*fit(output="again.isthmus"), "--no-report", "--random-state", "5") == 0
    for name in ("new", "again"):
        assert run("encode", f"{name}.isthmus", "table.csv", "-o", f"{name}.npy") == 0
    assert Path("new.npy").read_bytes() == Path("again.npy").read_bytes()


def test_model_that_the_disk_has_no_room_for_is_kept_elsewhere(
    here, small_disk, capsys, monkeypatch
):
    (small_disk / "rest").write_bytes(bytes(64 * 1024))
    monkeypatch.setenv("TMPDIR", str(here))
    monkeypatch.setattr(tempfile, "tempdir", None)
    output = small_disk / "new.isthmus"
    assert run(*fit("table.csv", "--no-report", output=str(output))) == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "the disk is full" in shown
    kept = re.search(r"What was learned is in (\S+):", shown)
    assert kept is not None
    assert load(kept[1]).n_components_ == load("m.isthmus").n_components_
    assert not output.exists()


def test_fit_starts_from_another_model(here, capsys):
    assert run(*fit(), "--no-report", "--no-shortcut") == 0
    on = ["--no-report", "--no-shortcut", "--init", "new.isthmus"]
    assert run(*fit(output="on.isthmus"), *on) == 0
    first, second = load("new.isthmus").history_, load("on.isthmus").history_
    assert second["loss"][0] < first["loss"][0]
    capsys.readouterr()
    wrong = ["fit", "table.csv", "-o", "x.isthmus", "--n-components", "3", "--init", "new.isthmus"]
    assert run(*wrong) == 1
    assert "give both the same network" in capsys.readouterr().err
    assert run(*wrong, "--model", "linear") == 2
    assert not Path("x.isthmus").exists()
