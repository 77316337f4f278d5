"""Ctrl-C keeps what was learned, and says so."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import isthmus.io
from isthmus import load
from isthmus.runs.interruption import Interruption

from .commands import fit, raising, run

ANNOUNCING = """
import sys
from isthmus.cli import main
from isthmus.training import loop

record = loop._Loop._record

def announce(self, *arguments):
    record(self, *arguments)
    if len(self.now.history["loss"]) == 20:
        print("20 epochs", flush=True)

loop._Loop._record = announce
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize(
    ("name", "code", "said"),
    [("SIGINT", 130, "Ctrl-C"), ("SIGTERM", 143, "SIGTERM"), ("SIGHUP", 129, "SIGHUP")],
)
def test_signal_keeps_the_best_and_leaves_with_its_code(name, code, said, here):
    arguments = ["fit", "table.csv", "-o", "new.isthmus", "--hidden", "8", "--no-report"]
    arguments += ["--n-components", "2", "--max-epochs", "1000000", "--no-early-stopping"]
    arguments += ["--no-shortcut"]
    with subprocess.Popen(
        [sys.executable, "-c", ANNOUNCING, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout.readline() == "20 epochs\n"
            process.send_signal(getattr(signal, name))
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code
    model = load("new.isthmus")
    n_epochs = len(model.history_["loss"])
    assert 20 <= n_epochs < 1000000
    assert errors == f"Stopped by {said}; the best of {n_epochs} epochs was kept.\n"
    assert output == "Model: new.isthmus\n"
    assert np.isfinite(model.transform("table.csv")).all()


def test_ctrl_c_in_the_first_epoch_keeps_what_was_learned(here, capsys, monkeypatch):
    enter = Interruption.__enter__

    def interrupt(self):
        enter(self)
        monkeypatch.setattr(Interruption, "__enter__", enter)
        signal.raise_signal(signal.SIGINT)
        return self

    monkeypatch.setattr(Interruption, "__enter__", interrupt)
    assert run(*fit(), "--no-report", "--no-shortcut") == 130
    captured = capsys.readouterr()
    assert captured.err == "Stopped by Ctrl-C; what part of an epoch had taught was kept.\n"
    assert captured.out == "Model: new.isthmus\n"
    assert np.isfinite(load("new.isthmus").transform("table.csv")).all()
    monkeypatch.setattr(Interruption, "__enter__", interrupt)
    assert run(*fit(), "--no-report") == 130
    assert capsys.readouterr().err == "Stopped by Ctrl-C; PCA, where training starts, was kept.\n"


def test_ctrl_c_before_training_writes_nothing(assert_fails, monkeypatch):
    monkeypatch.setattr(isthmus.io, "read", raising(KeyboardInterrupt()))
    assert_fails(130, *fit(), says="stopped by Ctrl-C; nothing was written.")


def test_ctrl_c_during_the_report_does_not_deny_the_model(here, capsys, monkeypatch):
    import isthmus.report

    monkeypatch.setattr(isthmus.report, "write_report", raising(KeyboardInterrupt()))
    assert run(*fit()) == 130
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "nothing was written" not in error
    assert "new.isthmus" in error
    assert load("new.isthmus").n_components_ == 2


def test_ctrl_c_in_pretraining_says_what_was_kept(here, capsys, monkeypatch):
    enter = Interruption.__enter__

    def interrupt(self):
        enter(self)
        if self._outer is not None:
            signal.raise_signal(signal.SIGINT)
        return self

    monkeypatch.setattr(Interruption, "__enter__", interrupt)
    options = ["--model", "stacked", "--n-pretraining-epochs", "9"]
    assert run(*fit(), *options) == 130
    captured = capsys.readouterr()
    assert captured.err == (
        "Stopped by Ctrl-C while layer 1 was pretrained; what the layers up to it had learned was "
        "kept, and the whole was not trained.\n"
    )
    assert "Report: " in captured.out
    assert np.isfinite(load("new.isthmus").transform("table.csv")).all()


def test_ctrl_c_twice_says_what_is_there(assert_fails, capsys, monkeypatch):
    enter = Interruption.__enter__

    def interrupt(self):
        enter(self)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Interruption, "__enter__", interrupt)
    assert_fails(130, *fit(), says="stopped by Ctrl-C; nothing was written.")
    assert run(*fit(), "--log", "run.jsonl", "--checkpoint", "runs") == 130
    error = capsys.readouterr().err
    assert error == (
        "isthmus: stopped by Ctrl-C; no model was written; what runs holds can be gone on from.\n"
    )


TWICE = """
import os, signal, sys
from isthmus.cli import main
from isthmus.runs import log_file

system_write, n_written = os.write, 0

def write(descriptor, line):
    global n_written
    n_written += line[:1] == b"{"  # libraries write, too
    if n_written == 5:
        n_written += 1
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    return system_write(descriptor, line)

log_file.os.write = write
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_log_is_whole_after_ctrl_c_twice_in_the_middle_of_it(here):
    arguments = ["fit", "table.csv", "-o", "new.isthmus", "--max-epochs", "10000", "--no-report"]
    arguments += ["--log", "run.jsonl"]
    result = subprocess.run([sys.executable, "-c", TWICE, *arguments], capture_output=True)
    assert result.returncode == 130
    assert result.stderr == b"isthmus: stopped by Ctrl-C; no model was written.\n"
    content = Path("run.jsonl").read_text()
    assert content.endswith("\n")
    assert len([json.loads(line) for line in content.splitlines()]) in (4, 5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows raises no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("output", ["z.csv", "z.npy", "z.parquet"])
def test_writing_that_a_signal_ends_leaves_nothing_behind(output, name, assert_fails, monkeypatch):
    from isthmus.fitting.base import BaseAutoencoder

    def transform_chunks(self, X):
        yield np.zeros((5, 2), np.float32)
        signal.raise_signal(getattr(signal, name))
        yield np.zeros((5, 2), np.float32)

    monkeypatch.setattr(BaseAutoencoder, "transform_chunks", transform_chunks)
    arguments = ["encode", "m.isthmus", "table.csv", "-o", output]
    code = 128 + getattr(signal, name)
    assert_fails(code, *arguments, says=f"stopped by {name}; nothing was written.")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows raises no such signals")
def test_signal_while_the_model_is_saved_waits_until_it_is(here, capsys, monkeypatch):
    from isthmus.fitting.persistence import Persistent

    save = Persistent.save

    def interrupted(self, path):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        save(self, path)

    monkeypatch.setattr(Persistent, "save", interrupted)
    assert run(*fit()) == 143
    assert capsys.readouterr().err == "isthmus: stopped by SIGTERM; the model is new.isthmus.\n"
    assert load("new.isthmus").n_components_ == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows raises no such signals")
def test_what_a_library_makes_of_a_signal_is_no_defect(assert_fails, monkeypatch):
    def read(*arguments, **options):
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as error:
            raise ImportError("initialization failed") from error

    monkeypatch.setattr(isthmus.io, "read", read)
    assert_fails(143, *fit(), says="stopped by SIGTERM; nothing was written.")
