"""A file or a folder is written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus import IsthmusError
from isthmus.io import replacing
from isthmus.io.leftovers import host_mark


def test_replacing_follows_the_umask_and_symbolic_links(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    old = os.umask(0o027)
    try:
        with replacing(tmp_path / "link") as temporary:
            assert temporary.parent == tmp_path
            assert temporary.name.startswith(".real.")
            assert temporary.name.endswith(".part")
            temporary.write_text("new")
    finally:
        os.umask(old)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(28, "the disk is full: free some space"), (30, "the disk is read-only"), (5, "device fault")],
)
def test_a_refusal_of_the_system_names_the_path(tmp_path: Path, number: int, sentence: str):
    def half() -> None:
        with replacing(tmp_path / "a.csv") as temporary:
            temporary.write_text("half")
            raise OSError(number, "Device fault")

    with pytest.raises(IsthmusError, match=rf"a\.csv could not be written, because .*{sentence}"):
        half()
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_missing_is_named(tmp_path: Path):
    target = tmp_path / "no" / "a.csv"
    with pytest.raises(IsthmusError, match="no such file"), replacing(target) as temporary:
        temporary.write_text("x")


def test_a_device_is_not_replaced():
    with pytest.raises(IsthmusError, match="is not a regular file"), replacing(os.devnull):
        pass


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_what_replaces_a_file_has_its_permissions(tmp_path: Path, mode: int):
    (tmp_path / "secret.csv").write_text("old")
    (tmp_path / "secret.csv").chmod(mode)
    (tmp_path / "link.csv").symlink_to("secret.csv")
    with replacing(tmp_path / "link.csv") as temporary:
        temporary.write_text("new")
        assert temporary.stat().st_mode & 0o077 & ~mode == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "secret.csv").read_text() == "new"
    assert (tmp_path / "secret.csv").stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_what_replaces_a_folder_has_its_permissions(tmp_path: Path):
    (tmp_path / "images").mkdir(mode=0o700)
    with replacing(tmp_path / "images") as temporary:
        temporary.mkdir()
    assert (tmp_path / "images").stat().st_mode & 0o777 == 0o700


def test_a_name_may_be_as_long_as_the_system_takes(tmp_path: Path):
    target = tmp_path / ("ä" * 125 + ".csv")
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert os.listdir(tmp_path) == [target.name]
    longer = tmp_path / ("n" * 300)
    with pytest.raises(IsthmusError, match="the name is too long"), replacing(longer) as temporary:
        temporary.write_text("new")
    assert os.listdir(tmp_path) == [target.name]


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_what_a_killed_process_left_is_taken_away_and_nothing_else(tmp_path: Path, dead: int):
    others = [
        f".a.csv.{host_mark()}-{os.getpid()}-01234567.part",  # of one that lives
        f".a.csv.00000000-{dead}-01234567.part",  # of another host
        f".b.csv.{host_mark()}-{dead}-01234567.part",  # of another file
        ".a.csv.0123abcd.part",
        ".a.csv.part",
        "a.csv.part",
    ]
    for name in others:
        (tmp_path / name).write_text("")
    (tmp_path / f".a.csv.{host_mark()}-{dead}-01234567.part").write_text("half")
    (tmp_path / f".a.csv.{host_mark()}-{dead}-89abcdef.part").mkdir()
    linked = tmp_path / f".a.csv.{host_mark()}-{dead}-00000000.part"
    linked.symlink_to(tmp_path / others[-1])
    with replacing(tmp_path / "a.csv") as temporary:
        temporary.write_text("new")
    assert set(os.listdir(tmp_path)) == {"a.csv", *others, linked.name}


def test_a_folder_that_a_killed_process_had_moved_away_comes_back(tmp_path: Path, dead: int):
    old = tmp_path / f".images.{host_mark()}-{dead}-01234567.old"
    old.mkdir()
    (old / "0.png").write_text("old")
    with pytest.raises(RuntimeError), replacing(tmp_path / "images"):
        raise RuntimeError
    assert os.listdir(tmp_path) == ["images"]
    assert (tmp_path / "images" / "0.png").read_text() == "old"


@pytest.mark.parametrize("failures", [1, 3])
def test_a_folder_that_cannot_be_replaced_stays_or_is_named(tmp_path, monkeypatch, failures):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "0.png").write_text("old")
    system, calls = os.replace, []

    def replace(source: Path, target: Path) -> None:
        calls.append(source)
        if 2 <= len(calls) <= 1 + failures:
            raise OSError(5, "Device fault")
        system(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(IsthmusError) as failed, replacing(tmp_path / "images") as temporary:
        temporary.mkdir()
    (left,) = os.listdir(tmp_path)
    assert (tmp_path / left / "0.png").read_text() == "old"
    assert (left == "images") == (failures == 1)
    assert ("move it from there" in str(failed.value) and left in str(failed.value)) == (
        failures == 3
    )
