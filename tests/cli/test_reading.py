"""Passes over data that take long show how far they are, on a terminal and nowhere else."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from isthmus import LinearAutoencoder
from isthmus.cli import reading
from isthmus.cli.reading import ReadingBar
from isthmus.passes import Pass

from .commands import make_frame, run

RED = "\x1b[31m"


@pytest.fixture
def screen(monkeypatch):
    """What a terminal of 80 columns was sent, by passes of any length."""
    text = io.StringIO()
    console = Console(file=text, width=80, force_terminal=True)
    monkeypatch.setattr(
        "rich.console.Console", lambda stderr=False: console if stderr else Console()
    )
    monkeypatch.setattr(reading, "on_terminal", lambda: True)
    monkeypatch.setattr(reading, "_DELAY", -1.0)
    return lambda: re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.getvalue())


@pytest.fixture
def bar():
    bar = ReadingBar()
    yield bar
    bar.close()


def test_bar_shows_what_is_read_and_goes_away_at_the_end(screen, bar):
    bar(Pass("x.csv", 1_500, 3_000))
    bar(Pass("x.csv", 3_000, 3_000, ended=True))
    assert re.search(r"^reading x\.csv ━+.* 1,500 rows ", screen(), re.MULTILINE)
    before = screen()
    bar(Pass("x.csv", 3_000, 3_000, ended=True))
    assert screen() == before


def test_rows_whose_number_nobody_knows_are_counted(screen, bar):
    bar(Pass("x.csv", 1_500, None))
    assert "1,500 rows" in screen()
    assert "left" not in screen()


def test_a_pass_within_another_is_not_shown(screen, bar):
    bar(Pass("outer", 1, 3))
    bar(Pass("inner", 7, 7))
    bar(Pass("inner", 7, 7, ended=True))
    bar(Pass("outer", 2, 3))
    bar._bar.refresh()
    assert "inner" not in screen()
    assert "2 rows" in screen()


def test_names_are_text_to_the_terminal(screen, bar):
    bar(Pass(f"[bold]a{RED}\n.csv", 1, 2))
    assert r"reading [bold]a\u001b[31m\n.csv" in screen().replace("\n", "")


def test_short_passes_and_pipes_show_nothing(screen, bar, monkeypatch):
    monkeypatch.setattr(reading, "_DELAY", 60.0)
    bar(Pass("x.csv", 1, 2))
    monkeypatch.undo()
    monkeypatch.setattr(reading, "_DELAY", -1.0)
    bar(Pass("x.csv", 2, 2))
    assert screen() == ""


def test_commands_show_their_passes(screen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_frame(400).to_csv("t.csv", index=False)
    fit = ["fit", "t.csv", "-o", "m.isthmus", "--n-components", "2", "--hidden", "4"]
    assert run(*fit, "--max-epochs", "1", "--no-report", "--memory", "1MB") == 0
    assert "reading t.csv" in screen()
    before = len(screen())
    assert run("encode", "m.isthmus", "t.csv", "-o", "codes.csv") == 0
    assert "reading t.csv" in screen()[before:]
    before = len(screen())
    assert run("decode", "m.isthmus", "codes.csv", "-o", "again.csv") == 0
    assert "reading codes.csv" in screen()[before:]


def test_a_failure_is_said_when_the_bar_is_gone(screen, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    frame = make_frame(100_000)[list("ab")]
    LinearAutoencoder(1).fit(frame).save("m.isthmus")
    frame.loc[99_000, "a"] = np.inf
    frame.to_parquet("odd.parquet")
    assert run("encode", "m.isthmus", "odd.parquet", "-o", "codes.csv") == 1
    assert "reading odd.parquet" in screen()
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("isthmus: odd.parquet")
    assert "isthmus:" not in screen()
