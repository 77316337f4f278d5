"""Every code block of the README and the docs runs as a test, in a folder of its own."""

import gc
import os
import shlex
import signal
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent
DATA = Path(os.environ.get("ISTHMUS_DATA", ROOT.parent / "shared" / "data"))
WORK = ROOT / ".test-run"  # .cache is emptied by zensical

# Tracing takes as long as compiling: no program needs to know which lines it comes from, and
# looking for garbage among the objects of every trace took a tenth of the time.
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")
gc.set_threshold(50_000)

# One compilation cache for the whole run, and for the processes that tests start.
os.environ.setdefault("ISTHMUS_CACHE", str(WORK / "compiled"))
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session", autouse=True)
def _doctests_find_no_terminal():
    os.environ.setdefault("COLUMNS", "140")


@pytest.fixture(scope="module", autouse=True)
def _compiled_programs_are_let_go():
    """Thousands of them in one process use up the memory maps that Linux allows, and it aborts."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard():
    """A shell lets what it starts in the background ignore Ctrl-C; the tests send it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def needs_no_shell(line):
    return line.startswith("isthmus ") and not set(line) & set("<>|&;$\\")


def run_shell(example):
    """Run a block of shell lines; a line that fails stops the block."""
    from isthmus import cli

    # A process of its own spends seconds on loading JAX, so commands that need nothing of a shell
    # run in this one.
    for alone, lines in groupby(example.parsed.splitlines(), needs_no_shell):
        if alone:
            for line in lines:
                assert cli.run(shlex.split(line)[1:]) == 0, line
        else:
            subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join(lines)], check=True)


def registries():
    """Give what knows parts, estimators and formats, once all of Isthmus is in there."""
    import isthmus.loading
    from isthmus.fitting.persistence import Persistent
    from isthmus.io.formats import registry

    return isthmus.family._PARTS, Persistent._registered, registry._formats


def enter_folder(namespace):
    namespace["_registered"] = [dict(registry) for registry in registries()]
    namespace["_home"] = os.getcwd()
    folder = WORK / "docs" / os.environ.get("PYTEST_XDIST_WORKER", "")
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    # Pages skip what asks for it where it is not there.
    namespace["has_mnist"] = (DATA / "mnist").is_dir()
    if namespace["has_mnist"] and not Path("mnist").exists():
        Path("mnist").symlink_to(DATA / "mnist")
    if not Path("measurements.csv").exists():
        x = np.random.default_rng(0).normal(size=(300, 3))
        header = ",".join("abcdef")
        np.savetxt(
            "measurements.csv", np.hstack([x, x**2]), "%.4f", ",", header=header, comments=""
        )


def leave_folder(namespace):
    os.chdir(namespace["_home"])
    for registry, before in zip(registries(), namespace["_registered"], strict=True):
        registry.clear()
        registry.update(before)


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
