"""The modules of the page, tested by themselves."""

import shutil
import subprocess
from pathlib import Path

import pytest


def test_modules_of_the_page_do_what_they_say():
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    # Before version 22 it has to be told that a file may be a module, whatever its suffix.
    command = [node, "--experimental-detect-module", "--test", "modules.test.mjs"]
    result = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stdout
