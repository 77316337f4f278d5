"""Commands on streams that are closed, full, cut off, or of an encoding that lacks letters."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from isthmus import load
from isthmus.errors import DataWarning

from .commands import BARE, SCRIPT, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells and /dev/full")


def shell(line, **environment):
    """Run a line in which {isthmus} stands for the command."""
    return subprocess.run(
        ["bash", "-c", line.format(isthmus=SCRIPT)],
        capture_output=True,
        env=os.environ | environment,
        timeout=120,
    )


FIT = f"{{isthmus}} fit table.csv -o new.isthmus {' '.join(BARE)}"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-", "2>/dev/full"])
def test_a_fit_needs_nobody_who_listens(closed, here):
    done = shell(f"{FIT} {closed}")
    assert done.returncode == 0
    assert b"defect" not in done.stderr
    assert load("new.isthmus").n_components_ == 2


def test_what_cannot_be_printed_fails_after_the_work_is_done(here):
    done = shell(f"{FIT} >/dev/full")
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"what was to be printed could not be written (No space left" in done.stderr
    assert load("new.isthmus").n_components_ == 2


def test_a_reader_that_leaves_is_no_failure(here):
    done = shell(f"{FIT} 2>&1 | true; exit ${{{{PIPESTATUS[0]}}}}")
    assert done.returncode == 0
    assert load("new.isthmus").n_components_ == 2


# Two commands one after the other, in one process because loading the libraries takes seconds.
SAYING = """
from isthmus.cli import main

try:
    main(["info", "m.isthmus"])
except SystemExit as left:
    assert left.code == 0
main(["fit", "no→é.csv", "-o", "new.isthmus"])
"""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16"])
def test_every_encoding_can_say_it(encoding, here):
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", SAYING], capture_output=True, env=environment)
    assert done.returncode == 1, done.stderr
    arrow = "→" if encoding == "utf-16" else "->"
    assert f" {arrow} 8 {arrow} " in done.stdout.decode(encoding)
    assert "does not exist" in done.stderr.decode(encoding)


def test_decisions_about_data_are_remarks_on_one_line(here, capsys):
    y = np.arange(80) % 3 - 1
    np.save("y.npy", y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code = run(
            "classify", "fit", "table.csv", "--labels", "y.npy", "-o", "c.isthmus", *BARE[:-1]
        )
    assert code == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"isthmus: {(y == -1).sum()} of 80 rows have the label -1")
    assert sum("label -1" in line for line in lines) == 1
    assert DataWarning.__name__ not in "\n".join(lines)
