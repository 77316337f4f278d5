"""Gaps of files."""

import signal
from pathlib import Path

import pandas as pd
import pytest

from isthmus.runs.interruption import Interruption

from .commands import BARE, make_frame, run

QUICK = ["--max-epochs", "1"]


@pytest.fixture
def gaps(here):
    """A table with gaps, in which all else is written in its own way."""
    frame = make_frame().assign(word=["a", "b"] * 40).astype({"count": "Int64"})
    frame.loc[3:7, ["a", "count", "word"]] = None
    frame.to_csv("gaps.csv", index=False)
    return frame


def cells(path):
    return [line.split(",") for line in Path(path).read_text().replace('"', "").splitlines()]


def test_a_table_is_filled_by_what_it_teaches_and_all_else_stays(gaps, capsys):
    assert run("impute", "gaps.csv", "-o", "filled.csv", "--model-out", "i.isthmus", *QUICK) == 0
    given, filled = cells("gaps.csv"), cells("filled.csv")
    assert len(given) == len(filled)
    for row, other in zip(given[1:], filled[1:], strict=True):
        for cell, found in zip(row, other, strict=True):
            assert found
            assert not cell or found.lower() == cell.lower()
    assert "81 rows" not in capsys.readouterr().out
    assert run("impute", "i.isthmus", "gaps.csv", "-o", "again.csv") == 0
    assert Path("again.csv").read_bytes() == Path("filled.csv").read_bytes()


def test_an_autoencoder_fills_gaps_too(gaps):
    assert run("fit", "gaps.csv", "-o", "own.isthmus", *BARE) == 0
    assert run("impute", "own.isthmus", "gaps.csv", "-o", "filled.parquet") == 0
    assert not pd.read_parquet("filled.parquet").isna().any(axis=None)


def test_an_imputer_is_told_of_and_asked_for_no_codes(gaps, capsys, assert_fails):
    assert run("impute", "gaps.csv", "-o", "filled.csv", "--model-out", "i.isthmus", *QUICK) == 0
    capsys.readouterr()
    assert run("info", "i.isthmus") == 0
    assert "AutoencoderImputer" in capsys.readouterr().out
    assert_fails(1, "encode", "i.isthmus", "gaps.csv", "-o", "z.npy", says="gives no codes")
    assert_fails(1, "decode", "i.isthmus", "codes-of-3.npy", "-o", "z.csv", says="no decoder")


def test_the_same_command_goes_on_and_a_stopped_one_fills_with_what_it_has(
    gaps, capsys, monkeypatch
):
    arguments = ["impute", "gaps.csv", "--batch-size", "8", "--max-epochs", "2"]
    assert run(*arguments, "-o", "whole.csv") == 0
    enter = Interruption.__enter__

    def request(interruption):
        enter(interruption)
        interruption._handle(signal.SIGINT, None)
        return interruption

    kept = [*arguments, "--checkpoint", "runs", "--log", "log.jsonl"]
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(Interruption, "__enter__", request)
        assert run(*kept, "-o", "stopped.csv") == 130
    assert "filled with what had been learned" in capsys.readouterr().err
    assert not pd.read_csv("stopped.csv").isna().any(axis=None)
    assert run(*kept, "-o", "resumed.csv") == 0
    assert "Resuming from epoch 1 of 2 (runs/checkpoint.isthmus)" in capsys.readouterr().err
    assert Path("resumed.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert '"event": "resumed"' in Path("log.jsonl").read_text()
    assert run(*kept, "-o", "other.csv", "--learning-rate", "0.1") == 1
    assert "learning_rate=0.002, but now learning_rate=0.1" in capsys.readouterr().err


def test_mistakes_are_told(gaps, assert_fails):
    assert_fails(2, "impute", "m.isthmus", "-o", "x.csv", says="name the data")
    assert_fails(2, "impute", "m.isthmus", "gaps.csv", "-o", "x.csv", *QUICK, says="fitted already")
    for option in (
        ["--checkpoint", "runs"],
        ["--coordinator", "auto"],
        ["--processes", "2"],
        ["--log", "l.jsonl"],
    ):
        assert_fails(
            2, "impute", "m.isthmus", "gaps.csv", "-o", "x.csv", *option, says="fitted already"
        )
    assert_fails(2, "impute", "gaps.csv", "-o", "x.csv", "--fresh", says="without --checkpoint")
    assert_fails(1, "impute", "gaps.csv", "-o", "x.csv", "--log", "x.csv", says="the same place")
    assert_fails(1, "impute", "gaps.csv", "-o", "gaps.csv", says="would write over")
    assert_fails(1, "impute", "m.isthmus", "gaps.csv", "-o", "x.csv", says="gaps.csv")
