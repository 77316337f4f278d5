"""A file or a folder is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from isthmus import IsthmusError
from isthmus.io import replacing


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
