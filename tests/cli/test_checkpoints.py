"""Checkpoints, logs and curves of `isthmus fit`."""

import signal
import sys
from pathlib import Path

import pytest

from isthmus import load
from isthmus.runs.interruption import Interruption

from .commands import BARE, fit, logged, run

ADVICE = (
    "PCA was kept, where training starts, and found anew from all rows: no gain of 2 epochs "
    "could be told from chance on held-out rows; more rows or epochs may show one.\n"
)


def test_same_command_resumes_and_says_so(here, capsys):
    arguments = ["fit", "table.csv", *BARE, "--checkpoint", "runs/a"]
    assert run(*arguments, "-o", "one.isthmus") == 0
    assert capsys.readouterr().err == ADVICE
    assert run(*arguments, "-o", "two.isthmus") == 0
    assert capsys.readouterr().err == (
        "Nothing is left to train: runs/a/checkpoint.isthmus holds the finished training.\n"
        + ADVICE
    )
    assert Path("one.isthmus").read_bytes() == Path("two.isthmus").read_bytes()
    assert run(*arguments, "-o", "three.isthmus", "--fresh", "--checkpoint-seconds", "5") == 0
    assert capsys.readouterr().err == ADVICE
    assert run(*arguments, "-o", "four.isthmus", "--random-state", "1") == 1
    error = capsys.readouterr().err
    assert "random_state=0, but now random_state=1" in error
    assert "--fresh" in error
    assert len(error.splitlines()) == 1
    assert not Path("four.isthmus").exists()


def test_ctrl_c_leaves_a_checkpoint_to_resume_from(here, capsys, monkeypatch):
    arguments = ["fit", "table.csv", *BARE, "--batch-size", "8", "-o", "one.isthmus"]
    assert run(*arguments) == 0
    whole = load("one.isthmus")
    enter = Interruption.__enter__

    def request(interruption):
        enter(interruption)
        interruption._handle(signal.SIGINT, None)
        return interruption

    capsys.readouterr()
    monkeypatch.setattr(Interruption, "__enter__", request)
    assert run(*arguments, "--checkpoint", "runs") == 130
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert run(*arguments, "--checkpoint", "runs") == 0
    assert "Resuming from epoch 1 of 2" in capsys.readouterr().err
    assert load("one.isthmus").history_["loss"] == whole.history_["loss"]


def test_log_and_curves_are_written_and_the_log_goes_on_with_the_checkpoint(here, capsys):
    pytest.importorskip("tensorboardX")
    arguments = ["fit", "table.csv", *BARE, "-o", "one.isthmus", "--checkpoint", "runs"]
    arguments += ["--log", "runs/run.jsonl", "--tensorboard", "curves"]
    assert run(*arguments) == 0
    epochs = [line["epoch"] for line in logged("runs/run.jsonl") if "event" not in line]
    assert epochs == [1, 2]
    assert len(list(Path("curves").iterdir())) == 1
    assert capsys.readouterr().err == ADVICE
    assert run(*arguments) == 0
    events = [line.get("event") for line in logged("runs/run.jsonl")]
    assert events == ["started", None, None, "finished", "resumed", "finished"]


def test_log_is_never_written_over_data(assert_fails):
    says = "m.isthmus holds something else than a log of Isthmus"
    assert_fails(1, *fit(), "--log", "m.isthmus", says=says)


def test_missing_tensorboardx_is_one_line(assert_fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX.record_writer", None)
    says = "run pip install 'isthmus[tensorboard]'."
    assert_fails(1, *fit(), "--tensorboard", "curves", says=says)


@pytest.mark.parametrize("option", [["--fresh"], ["--checkpoint-seconds", "3"]])
def test_options_of_checkpoints_need_a_folder(option, here, capsys):
    assert run("fit", "table.csv", "-o", "x.isthmus", *option) == 2
    assert f"{option[0]} means nothing without --checkpoint" in capsys.readouterr().err


def test_checkpoint_that_cannot_be_written_later_is_one_line(here, capsys, monkeypatch):
    from isthmus.errors import IsthmusError
    from isthmus.runs import checkpoint

    write, written = checkpoint.write_model_file, []

    def fail_later(*arguments):
        if written:
            raise IsthmusError("x could not be written, because the disk is full.")
        written.append(write(*arguments))

    monkeypatch.setattr(checkpoint, "write_model_file", fail_later)
    assert run("fit", "table.csv", "-o", "x.isthmus", *BARE, "--checkpoint", "runs") == 0
    line, advice = capsys.readouterr().err.splitlines()
    assert advice in ADVICE
    assert line.startswith("isthmus: x could not be written, because the disk is full; training")
