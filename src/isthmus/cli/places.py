"""Where models and reports go, asked before any work is done."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from isthmus.cli.messages import one_line
from isthmus.errors import IsthmusError

_LONGEST_NAME = 40


@contextmanager
def _looking_at(path: Path) -> Iterator[None]:
    """Say why the system does not even let us look; that it does takes no libraries to find out."""
    try:
        with suppress(FileNotFoundError):
            os.lstat(path)
        yield
    except OSError:
        from isthmus.io.failures import looking_at

        with looking_at(path):
            raise


def check_model_path(path: Path) -> None:
    """Refuse a place where no model can be written."""
    parent = path.absolute().parent
    with _looking_at(path):
        if path.is_dir() or not parent.is_dir():
            what = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
            raise IsthmusError(f"{path} {what}: name a file such as model.isthmus.")
    if path.suffix != ".isthmus":
        raise IsthmusError(f"{path} does not end in .isthmus: name the model file so.")
    # Hours of training must not end at a door that was closed from the start.
    if not os.access(parent, os.W_OK | os.X_OK):
        raise IsthmusError(
            f"{path} cannot be written, because its folder may not be written to: "
            "name a file in another one."
        )


def save_model(estimator: Any, path: Path) -> None:
    """Save a model, elsewhere if need be: what was learned must not be lost, whatever fails."""
    from isthmus.runs import Interruption

    # What was learned in hours is not given up in its last second.
    with Interruption() as interruption:
        try:
            estimator.save(path)
        except Exception as error:
            said = str(error) if isinstance(error, IsthmusError) else _unsaved(path, error)
            raise IsthmusError(f"{said} {_rescued(estimator, path)}") from error
    if interruption.requested:
        raise KeyboardInterrupt(f"the model is {path}")


def _unsaved(path: Path, error: Exception) -> str:
    """Say what nobody has foreseen."""
    return f"{path} could not be written ({type(error).__name__}: {one_line(error)})."


def _rescued(estimator: Any, path: Path) -> str:
    """Keep a model in the folder for temporary files, and say where; where it cannot be, say so."""
    import pickle
    import tempfile

    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="isthmus-"))
        place = folder / f"{path.stem[:_LONGEST_NAME]}.isthmus"
        try:
            estimator.save(place)
        except OSError:
            raise
        except Exception as error:
            if isinstance(error.__cause__, OSError):
                raise
            # It is not the disk, so what the model file cannot hold, Python's own way may.
            place = place.with_suffix(".pickle")
            place.write_bytes(pickle.dumps(estimator))
            return f"What was learned is in {place}: read it with Python's pickle.load."
        return f"What was learned is in {place}: move it from there."
    except Exception as error:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        return (
            f"What was learned could not be kept in {tempfile.gettempdir()} either "
            f"({one_line(error).rstrip('.')}), so it is lost."
        )


def check_report_folder(path: Path) -> None:
    """Refuse a place where no report can be written."""
    places = (path, *path.absolute().parents)
    with _looking_at(path):
        for place in places:
            if place.exists() and not place.is_dir():
                raise IsthmusError(f"{place} is a file: name a folder for the report.")
        nearest = next(place for place in places if place.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise IsthmusError(
            f"{path} cannot be written, because {nearest} may not be written to: name another "
            "folder for the report."
        )


def check_apart(
    reads: Iterable[str | os.PathLike[str] | None],
    writes: Iterable[tuple[str, Path | None]],
    pictures: Iterable[tuple[str, Path | None]] = (),
) -> None:
    """Refuse to write over what is read, or two things to one place; before any work is done.

    Files are told by what they are, not by their names: through links and relative paths too.

    Parameters
    ----------
    reads : iterable of path, pattern or None
        What the command reads: files, folders and patterns.
    writes : iterable of (option, path or None)
        The files that it writes, by the options that name them.
    pictures : iterable of (option, path or None)
        The folders that it writes pages and pictures into.

    Raises
    ------
    IsthmusError
        It names both.
    """
    inputs = [file for given in reads if given is not None for file in _expanded(given)]
    files = [(option, path) for option, path in writes if path is not None]
    folders = [(option, path) for option, path in pictures if path is not None]
    read: dict[object, Path] = {}
    for file in inputs:
        read |= dict.fromkeys(_identities(file), file)
        if file.suffix.lower() in _PICTURES:
            read |= dict.fromkeys(_identities(file.absolute().parent), file)
    written: dict[object, tuple[str, Path]] = {}
    for option, path in [*files, *folders]:
        for identity in _identities(path):
            # Only pictures are in the way of a folder that gets pictures.
            if identity in read and ((option, path) in folders or not path.is_dir()):
                raise IsthmusError(
                    f"{option} {path} would write over {read[identity]}, which this command "
                    "reads: name another place."
                )
            if identity in written:
                other, place = written[identity]
                raise IsthmusError(
                    f"{option} {path} and {other} {place} are the same place: name two."
                )
        written |= dict.fromkeys(_identities(path), (option, path))
    for folder in filter(Path.is_dir, inputs):
        for option, path in files:
            if _is_member(path, folder):
                raise IsthmusError(
                    f"{option} {path} would become a part of {folder}, which this command reads: "
                    "name a place outside."
                )


# What reports consist of.
_PICTURES = (".html", ".png")


def _expanded(given: str | os.PathLike[str]) -> list[Path]:
    """Give the files that `isthmus.read` would."""
    text = os.path.expanduser(os.fspath(given))
    if os.path.lexists(text) or not glob.has_magic(text):
        return [Path(text)]
    return [Path(found) for found in glob.glob(text, recursive=True)]


def _identities(path: Path) -> list[object]:
    """Give what tells whether two paths lead to one place, whether or not something is there."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return [os.path.realpath(path)]
    return [os.path.realpath(path), (status.st_dev, status.st_ino)]


def _is_member(path: Path, folder: Path) -> bool:
    """Tell whether the next reading of a folder would take a file for one of its own."""
    from isthmus.io.formats import suffixes_in_folders
    from isthmus.io.paths import suffix_of

    suffix = suffix_of(path)
    inside = Path(os.path.realpath(folder)) in Path(os.path.realpath(path)).parents
    return inside and suffix in suffixes_in_folders() and any(folder.rglob(f"*{suffix}"))
