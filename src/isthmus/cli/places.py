"""Where models and reports go, asked before any work is done."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from isthmus.errors import IsthmusError


def check_model_path(path: Path) -> None:
    """Refuse a place where no model can be written."""
    parent = path.absolute().parent
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
    """Save a model, elsewhere if need be: what was learned must not be lost to a full disk."""
    try:
        estimator.save(path)
    except IsthmusError as error:
        import tempfile

        place = Path(tempfile.mkdtemp(prefix="isthmus-")) / path.name
        try:
            estimator.save(place)
        except IsthmusError:
            place.parent.rmdir()
            raise error from None
        raise IsthmusError(f"{error} What was learned is in {place}: move it from there.") from None


def check_report_folder(path: Path) -> None:
    """Refuse a place where no report can be written."""
    places = (path, *path.absolute().parents)
    for place in places:
        if place.exists() and not place.is_dir():
            raise IsthmusError(f"{place} is a file: name a folder for the report.")
    nearest = next(place for place in places if place.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise IsthmusError(
            f"{path} cannot be written, because {nearest} may not be written to: name another "
            "folder for the report."
        )
