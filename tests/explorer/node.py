"""Ask the modules of the page, run by Node."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from isthmus.explorer.messages import pack

# Before version 22 Node has to be told that a file may be a module, whatever its suffix.
DETECT = "--experimental-detect-module"
FOLDER = Path(__file__).parent


def node(*arguments, **options):
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs node")
    command = [program, DETECT, *arguments]
    return subprocess.run(command, cwd=FOLDER, capture_output=True, timeout=60, **options)


def answers(asked, arrays):
    result = node("answer.mjs", input=pack({"asked": asked}, arrays))
    assert result.returncode == 0, result.stderr.decode()
    return json.loads(result.stdout)


class Kept:
    """Arrays that a message carries, by their numbers."""

    def __init__(self):
        self.arrays = []

    def __call__(self, array):
        self.arrays.append(array)
        return len(self.arrays) - 1
