"""Where models and reports go, asked before any work is done."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from isthmus.cli.messages import one_line
from isthmus.errors import IsthmusError

_LONGEST_NAME = 40


def check_model_path(path: Path) -> None:
    """Refuse a place where no model can be written."""
    from isthmus.io.failures import looking_at

    parent = path.absolute().parent
    with looking_at(path):
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
    from isthmus.io.failures import looking_at

    places = (path, *path.absolute().parents)
    with looking_at(path):
        for place in places:
            if place.exists() and not place.is_dir():
                raise IsthmusError(f"{place} is a file: name a folder for the report.")
        nearest = next(place for place in places if place.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise IsthmusError(
            f"{path} cannot be written, because {nearest} may not be written to: name another "
            "folder for the report."
        )
