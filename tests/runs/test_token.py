"""The processes of a job know each other by a secret."""

import os
import stat
import subprocess
import sys

import pytest

from isthmus.errors import IsthmusError
from isthmus.runs.token import VARIABLE, is_proof, proof, shared_token


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name, **options: str(tmp_path / name))
    return tmp_path / "isthmus" / "token"


def test_secret_of_the_environment_counts(monkeypatch):
    monkeypatch.setenv(VARIABLE, " a secret of some length\n")
    assert shared_token() == b"a secret of some length"


def test_short_secret_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(IsthmusError, match="has 5 characters, expected at least 16: set ISTHMUS"):
        shared_token()


def test_secret_is_made_once_and_for_this_user_alone(home):
    made = shared_token()
    assert len(made) == 64
    assert shared_token() == made
    assert os.listdir(home.parent) == ["token"]
    if os.name != "nt":
        assert stat.S_IMODE(home.stat().st_mode) == 0o600


def test_processes_that_start_together_make_one(tmp_path):
    code = "from isthmus.runs.token import shared_token; print(shared_token())"
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    del environment[VARIABLE]
    command = [sys.executable, "-c", code]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in "ab"]
    first, second = (process.communicate()[0] for process in both)
    assert first == second != b""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_secret_that_others_can_read_is_none(home):
    shared_token()
    home.chmod(0o644)
    with pytest.raises(IsthmusError, match="because others may read or write it: remove it"):
        shared_token()


def test_secret_that_is_cut_off_is_none(home):
    shared_token()
    home.write_text("")
    with pytest.raises(IsthmusError, match="because it is cut off: remove it"):
        shared_token()


def test_home_that_cannot_be_written_to_is_a_sentence(home):
    home.parent.parent.joinpath("isthmus").write_text("a file")
    with pytest.raises(IsthmusError, match=r"cannot hold a secret .* set ISTHMUS_TOKEN"):
        shared_token()


def test_proof_holds_for_what_was_said_and_for_nothing_else():
    found = proof(b"secret", "challenge", id=1)
    assert is_proof(found, b"secret", "challenge", id=1)
    assert not is_proof(found, b"secret", "challenge", id=2)
    assert not is_proof(found, b"secret", "another", id=1)
    assert not is_proof(found, b"other", "challenge", id=1)
    for nonsense in (None, 1, [], "", "\ud800", "ä" * 64):
        assert not is_proof(nonsense, b"secret", "challenge", id=1)
