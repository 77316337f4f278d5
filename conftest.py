"""Every code block of the README and the docs runs as a test, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent

# One compilation cache for the whole run, and for the processes that tests start.
os.environ.setdefault("ISTHMUS_CACHE", str(ROOT / ".cache" / "compiled"))
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session", autouse=True)
def _doctests_find_no_terminal():
    os.environ.setdefault("COLUMNS", "140")


def run_shell(example):
    """Run a block of shell lines; a line that fails stops the block."""
    subprocess.run(["bash", "-euo", "pipefail", "-c", example.parsed], check=True)


def enter_folder(namespace):
    namespace["_home"] = os.getcwd()
    folder = ROOT / ".cache" / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)


def leave_folder(namespace):
    os.chdir(namespace["_home"])


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        CodeBlockParser(language="bash", evaluator=run_shell),
        SkipParser(),
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()
