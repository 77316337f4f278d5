"""Rooms import from rooms under them; import-linter holds that, and this the rest."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import isthmus

SOURCE = Path(isthmus.__file__).parent
LONGEST_FILE, LONGEST_FUNCTION = 350, 60


def modules():
    """Give the files of all modules by their names."""
    return {
        ".".join(("isthmus", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): path
        for path in SOURCE.rglob("*.py")
    }


def imported(path, known):
    """Give the modules of Isthmus that a file imports anywhere, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in whole if name in known} or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & set(known)


def test_no_module_imports_itself_by_way_of_others_lazily_or_not():
    known = modules()
    # What a package exports comes from the modules in it, which are arrows of their own. The top
    # one finds everything lazily, and the commands add themselves to the app.
    graph = {
        name: {other for other in imported(path, known) if other != "isthmus"}
        for name, path in known.items()
        if name not in ("isthmus", "isthmus.cli")
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(f"a circle of imports: {' -> '.join(error.args[1])}") from None


def test_a_circle_would_be_found(tmp_path):
    (tmp_path / "a.py").write_text(
        "def f():\n    from isthmus import read\n    import isthmus.io\n"
    )
    assert imported(tmp_path / "a.py", {"isthmus", "isthmus.io"}) == {"isthmus", "isthmus.io"}


def test_files_and_functions_stay_short():
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        assert text.count("\n") <= LONGEST_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = node.end_lineno - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{path}: {node.name} has {length} lines"


def test_importing_changes_nothing_of_the_process():
    code = """
import gc, os, signal, threading
import jax, sklearn.base  # which set variables of their own

def state():
    collector = gc.get_threshold(), gc.get_freeze_count(), gc.isenabled()
    return collector, signal.getsignal(signal.SIGINT), threading.active_count(), dict(os.environ)

before = state()
import isthmus
isthmus.Autoencoder, isthmus.read, isthmus.write_report
assert state() == before, (before, state())
"""
    subprocess.run([sys.executable, "-c", code], check=True)
