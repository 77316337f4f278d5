"""Files that the commands of the tests begin with, and what holds for every mistake."""

import numpy as np
import pytest

from .commands import BARE, files_in, make_frame, make_images, run


@pytest.fixture(scope="session")
def frame():
    return make_frame()


@pytest.fixture(scope="session")
def fitted(tmp_path_factory, frame):
    """A folder with data of every kind and a model of the table; never write into it."""
    folder = tmp_path_factory.mktemp("fitted")
    frame.to_csv(folder / "table.csv", index=False)
    frame.to_parquet(folder / "table.parquet")
    np.save(folder / "codes-of-3.npy", np.zeros((5, 3), np.float32))
    assert run("fit", folder / "table.parquet", "-o", folder / "m.isthmus", *BARE) == 0
    assert run("encode", folder / "m.isthmus", folder / "table.csv", "-o", folder / "z.npy") == 0
    np.save(folder / "images.npy", make_images())
    assert run("fit", folder / "images.npy", "-o", folder / "images.isthmus", *BARE) == 0
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch, fitted):
    """A fresh current folder with the fitted files."""
    for name, content in files_in(fitted).items():
        (tmp_path / name.name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def assert_fails(here, capsys):
    """One line on standard error, and no file made, changed or removed."""

    def check(code, *arguments, says=""):
        before = files_in(here)
        folders = {path for path in here.rglob("*") if path.is_dir()}
        capsys.readouterr()
        assert run(*arguments) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("isthmus: ")
        assert captured.err.endswith("\n")
        assert len(captured.err.splitlines()) == 1, captured.err
        assert "Traceback" not in captured.err
        assert says in captured.err
        assert files_in(here) == before
        assert {path for path in here.rglob("*") if path.is_dir()} == folders

    return check
