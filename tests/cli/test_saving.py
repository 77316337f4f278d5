"""What was learned is not lost, whatever fails while it is saved."""

import pickle
import re
import tempfile
from pathlib import Path

import pytest

import isthmus.fitting.persistence
from isthmus import load
from isthmus.fitting.persistence import Persistent

from .commands import fit, run


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def failing(error, times):
    """Give a way to save that fails so often."""
    save, calls = Persistent.save, []

    def fail(self, path):
        calls.append(path)
        if len(calls) <= times:
            raise error
        save(self, path)

    return fail


ERRORS = [
    OSError(5, "Input/output error"),
    RuntimeError("two\nlines"),
    KeyError("x"),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_any_failure_keeps_the_model_elsewhere(error, here, capsys, monkeypatch):
    monkeypatch.setattr(Persistent, "save", failing(error, 1))
    assert run(*fit(), "--no-report") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    kept = re.search(r"What was learned is in (\S+): move it from there\.", said)
    assert load(kept[1]).n_components_ == 2
    assert not Path("new.isthmus").exists()


def test_model_that_no_file_can_hold_is_pickled(here, capsys, monkeypatch):
    monkeypatch.setattr(isthmus.fitting.persistence, "describe", lambda estimator: 1 / 0)
    assert run(*fit(), "--no-report") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "new.isthmus could not be written (ZeroDivisionError: division by zero)." in said
    kept = re.search(r"What was learned is in (\S+): read it with Python's pickle\.load\.", said)
    assert pickle.loads(Path(kept[1]).read_bytes()).n_components_ == 2  # noqa: S301 our own


def test_model_that_can_be_kept_nowhere_is_said_to_be_lost(here, temporary, capsys, monkeypatch):
    monkeypatch.setattr(Persistent, "save", failing(OSError(28, "No space left on device"), 9))
    assert run(*fit(), "--no-report") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"could not be kept in {temporary} either" in said
    assert "so it is lost" in said
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("suffix", [".isthmus", ""])
def test_name_that_is_too_long_is_refused_before_any_work(suffix, assert_fails):
    name = "n" * 300 + suffix
    says = f"{name} cannot be used, because the name is too long: choose a shorter one."
    if suffix:
        assert_fails(1, *fit(output=name), says=says)
        assert_fails(1, "sweep", "table.csv", "--best", name, says=says)
    else:
        assert_fails(1, *fit(), "--report", name, says=says)
        assert_fails(1, "encode", "m.isthmus", "table.csv", "-o", name, says=says)
