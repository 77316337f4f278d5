"""A temporary folder goes with its process, and takes nothing of others with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

import pytest

from isthmus.io import temporary
from isthmus.io.leftovers import host_mark
from isthmus.io.temporary import TemporaryFolder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps what a kill leaves behind")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left_behind(folder, name="isthmus-left", **changes):
    """Make what a process that was killed leaves."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    left = folder / name
    left.mkdir()
    mark = {"host": host_mark(), "process": process.pid, **changes}
    (left / temporary._MARK).write_text(json.dumps(mark))
    (left / "rows.npy").write_text("rows")
    return left


def test_what_a_killed_process_left_is_taken_away(folder):
    left = left_behind(folder)
    TemporaryFolder()
    assert not left.exists()


def test_files_of_others_stay_though_they_lie_in_our_folder(folder):
    left = left_behind(folder)
    (left / "thesis.tex").write_text("years")
    (left / "notes").mkdir()
    (left / ".rows.x.part").symlink_to(folder / "elsewhere")
    (folder / "elsewhere").write_text("kept")
    TemporaryFolder()
    assert sorted(os.listdir(left)) == ["notes", "thesis.tex"]
    assert (folder / "elsewhere").read_text() == "kept"


@pytest.mark.parametrize(
    "changes", [{"process": os.getpid()}, {"host": "other"}, {"process": "x"}, {"host": None}]
)
def test_folder_of_another_stays(changes, folder):
    left = left_behind(folder, **changes)
    TemporaryFolder()
    assert len(os.listdir(left)) == 2


def test_folder_without_a_mark_of_ours_stays(folder):
    for name, content in {"lock": "", "isthmus-mark.json": "[]", "mark": "{}"}.items():
        (folder / f"isthmus-{name}").mkdir()
        (folder / f"isthmus-{name}" / name).write_text(content)
    (folder / "isthmus-file").write_text("")
    before = sorted(folder.rglob("*"))
    TemporaryFolder()
    assert sorted(folder.rglob("*")) == before


def test_links_are_not_followed(folder):
    (folder / "mine").mkdir()
    left = left_behind(folder, "mine/left")
    (folder / "isthmus-link").symlink_to(left)
    real = left_behind(folder, "isthmus-real")
    mark = real / temporary._MARK
    mark.rename(folder / "mark")
    mark.symlink_to(folder / "mark")
    TemporaryFolder()
    assert len(os.listdir(left)) == 2
    assert len(os.listdir(real)) == 2


def test_fork_that_ends_leaves_the_folder_to_its_parent(folder):
    code = """
import os, sys
from isthmus.io.temporary import TemporaryFolder
kept = TemporaryFolder()
child = os.fork()
if not child:
    sys.exit()
os.waitpid(child, 0)
print(kept.path.exists())
"""
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stdout == b"True\n"
    assert not list(folder.iterdir())
