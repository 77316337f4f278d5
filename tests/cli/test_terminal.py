"""A terminal obeys what it is sent, so names reach it as text, each sentence on one line."""

import ast
import json
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus import Autoencoder, AutoencoderClassifier
from isthmus import cli as package
from isthmus.errors import DataWarning, printable

from .commands import QUICK, SCRIPT, run

RED = "\x1b[31m"
ODD = f"a{RED}\r\n\x07\u009b1m\u202e\u2028b"
SAFE = "a\\u001b[31m\\r\\n\\u0007\\u009b1m\\u202e\\u2028b"


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A folder with files, columns and classes of such names."""
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 3)), columns=[ODD, "x", "中文"])
    frame.to_parquet(f"{ODD}.parquet")
    model = Autoencoder(2, hidden=[4], max_epochs=1, random_state=0).fit(frame)
    model.save(f"{ODD}.isthmus")
    classes = [ODD, "größe"] * 12
    AutoencoderClassifier(model, max_epochs=1, random_state=0).fit(frame, classes).save("c.isthmus")
    frame.assign(label=classes).to_parquet("labelled.parquet")
    return tmp_path


def assert_safe(captured, n_lines=None):
    for text in captured:
        assert all(line.isprintable() for line in text.split("\n")), text
    if n_lines is not None:
        # What so short a training has gained is no matter here.
        lines = [*captured.err.splitlines(), *captured.out.splitlines()]
        advice = ("Still improving", "PCA was kept")
        assert len([line for line in lines if not line.startswith(advice)]) == n_lines


MODEL, DATA = f"{ODD}.isthmus", f"{ODD}.parquet"
COMMANDS = {
    "fit": (["fit", DATA, "-o", f"new{RED}.isthmus", "--no-report", *QUICK], 0, 1),
    "report": (["fit", DATA, "-o", f"new{RED}.isthmus", *QUICK], 0, None),
    "encode": (["encode", MODEL, DATA, "-o", f"{ODD}.npy"], 0, 1),
    "score": (["score", MODEL, DATA, "-o", f"{ODD}.npy"], 0, 2),
    "sweep": (["sweep", DATA, "-o", ODD, "--components", "1", "--max-epochs", "1"], 0, None),
    "classes": (
        [
            *["classify", "fit", "labelled.parquet", "--labels", "label", "-o", "new.isthmus"],
            *["--init", MODEL, "--max-epochs", "1"],
        ],
        0,
        2,
    ),
    "no such model": (["info", ODD], 1, 1),
    "no such data": (["encode", MODEL, f"no{ODD}", "-o", "z.npy"], 1, 1),
    "no such command": ([ODD], 2, 1),
    "no such option": (["fit", DATA, "-o", "m.isthmus", f"--{RED}"], 2, 1),
    "no such kind": (["fit", DATA, "-o", "m.isthmus", "--model", ODD], 2, 1),
    "no such column": (["fit", DATA, "-o", "m.isthmus", "--exclude", f"no{RED}"], 1, 1),
    "no such labels": (["fit", DATA, "-o", "m.isthmus", "--labels", f"no{RED}"], 1, 1),
    "over what is read": (["encode", MODEL, DATA, "-o", DATA], 1, 1),
    "suffix": (["encode", MODEL, DATA, "-o", f"z.{ODD}"], 1, 1),
    "column of text": (
        ["fit", "labelled.parquet", "-o", "m.isthmus", "--model", "linear"],
        *(1, 1),
    ),
    "info": (["info", MODEL], 0, None),
    "info of classes": (["info", "c.isthmus"], 0, None),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_name_commands_the_terminal(name, odd, capsys):
    arguments, code, n_lines = COMMANDS[name]
    assert run(*arguments) == code
    assert_safe(capsys.readouterr(), n_lines)


def test_resuming_names_its_folder_safely(odd, capsys):
    for _ in range(2):
        fit = ["fit", DATA, "-o", "m.isthmus", "--checkpoint", ODD, "--no-report", *QUICK]
        assert run(*fit) == 0
    captured = capsys.readouterr()
    assert SAFE in captured.err
    assert_safe(captured, 3)


@pytest.mark.parametrize("model", [MODEL, "c.isthmus"])
def test_json_is_json_whatever_the_names(model, odd, capsys):
    assert run("info", model, "--json") == 0
    captured = capsys.readouterr()
    assert_safe(captured)
    description = json.loads(captured.out)
    assert description["columns"] == [ODD, "x", "中文"]
    assert "中文" in captured.out
    if model == "c.isthmus":
        assert description["classes"] == [ODD, "größe"]


def test_names_that_are_no_text_in_utf_8_are_told(odd):
    name = b"no\xff\x1b.isthmus"
    found = subprocess.run([SCRIPT, "info", name], capture_output=True)
    assert found.returncode == 1
    assert found.stderr.isascii()
    assert found.stderr.startswith(b"isthmus: no\\udcff\\u001b.isthmus does not exist")


def test_warnings_are_told_on_one_line(odd, capsys, monkeypatch):
    def warn(*arguments, **options):
        warnings.warn(f"{ODD} was left out,\nas it is odd.", DataWarning, stacklevel=2)

    monkeypatch.setattr("isthmus.cli.codes._begin_writing", warn)
    assert run("score", MODEL, DATA) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("isthmus: a\\u001b[31m ")
    assert_safe(captured, 2)


def test_every_text_of_the_commands_goes_one_way():
    for path in Path(package.__file__).parent.glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        printed = [n for n in nodes if isinstance(n, ast.Name) and n.id == "print"]
        assert not printed or path.name == "messages.py", path


def test_printable_text_stays_as_it_is():
    for text in ("größe 中文 हिन्दी", "می‌خواهم", "👩‍🔬", "→ × ≤", ""):
        assert printable(text) == text
