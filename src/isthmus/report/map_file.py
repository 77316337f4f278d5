"""A map as a picture in a file."""

from __future__ import annotations

import os
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.rows import some_rows
from isthmus.fitting.shapes import image_shape
from isthmus.fitting.validation import open_dataset
from isthmus.io import as_dataset, replacing
from isthmus.models import Model
from isthmus.prepare import as_float, mean_row, without_gaps
from isthmus.report.comparison import checked_labels
from isthmus.report.names import DrawnNames, without_folders
from isthmus.report.pictures.examples import Examples
from isthmus.report.pictures.map import MapPicture
from isthmus.report.pictures.themes import THEMES
from isthmus.training import over_rows

FORMATS = (".png", ".svg")
_MOST_EXAMPLES = 10_000
_DOTS_PER_INCH = 130
_LONGEST_NAME = 40


def write_map(
    estimator: BaseAutoencoder,
    X: Any,
    path: str | os.PathLike[str],
    *,
    labels: Any = None,
    theme: str = "light",
) -> np.ndarray:
    """Draw where rows lie in a code of two dimensions, as a PNG or SVG file.

    Points are smaller and fainter where there are many, and pixels beyond 100,000. Names stand at
    the heaps of each label; where there are none or they are measured, what sets regions of a table
    apart. Where rows are pictures some of them are shown, and what the decoder makes of each spot.

    Parameters
    ----------
    estimator : Map or another autoencoder
        Fitted, with two components.
    X : array, frame, path or Dataset
        Rows like those that it was fitted on.
    path : str or Path
        Its name ends in ``.png`` or ``.svg``; a file that is there is replaced.
    labels : array-like of shape (n_samples,) or None
        Labels or numbers that give rows their colour.
    theme : {"light", "dark"}
        Colours.

    Returns
    -------
    codes : ndarray of float32, shape (n_samples, 2)
        Where the rows lie.

    Raises
    ------
    IsthmusError
        The code has other than two dimensions, or the file cannot be written.
    """
    target = Path(path)
    _check(estimator, target, theme)
    dataset = as_dataset(X)
    labels = None if labels is None else checked_labels(labels, dataset)
    codes = np.concatenate(list(estimator.transform_chunks(dataset)))
    picture = MapPicture(
        codes,
        labels,
        _examples(estimator, dataset, codes),
        theme,
        "" if dataset.source == "X" else without_folders(dataset.source),
    )
    content = _content(picture.draw(), target.suffix[1:].lower())
    with replacing(target) as temporary:
        temporary.write_bytes(content)
    return codes


def _check(estimator: BaseAutoencoder, target: Path, theme: str) -> None:
    if target.suffix.lower() not in FORMATS:
        raise IsthmusError(f"{target} is no name for a picture: end it in {' or '.join(FORMATS)}.")
    if theme not in THEMES:
        raise IsthmusError(f"theme={theme!r} is none of {', '.join(map(repr, THEMES))}.")
    if estimator.n_components_ != 2:
        raise IsthmusError(
            f"{type(estimator).__name__} has a code of {estimator.n_components_} numbers, but a "
            "map has two dimensions: fit a Map, or n_components=2."
        )


def _content(figure: Figure, kind: str) -> bytes:
    """Give a figure as a file that says nothing of when and by what it was made."""
    buffer, unsaid = BytesIO(), "Software" if kind == "png" else "Date"
    figure.savefig(
        buffer,
        format=kind,
        dpi=_DOTS_PER_INCH,
        facecolor=figure.get_facecolor(),
        metadata={unsaid: None},
    )
    return buffer.getvalue()


def _examples(estimator: BaseAutoencoder, dataset: Any, codes: np.ndarray) -> Examples:
    preparation, network = estimator.preparation_, estimator.model_.network
    own = open_dataset(estimator, dataset, reset=False)
    matrix, positions = some_rows(preparation, own, _MOST_EXAMPLES, seed=0)
    x = as_float(matrix)
    columns = preparation.feature_names or [f"column {i}" for i in range(x.shape[1])]
    shown = DrawnNames(columns, "column", _LONGEST_NAME)
    return Examples(
        codes[positions],
        without_gaps(x, mean_row(x).astype(np.float32)),
        partial(over_rows, Model.decode, estimator.model_),
        image_shape(preparation.row_shape, network.without_shortcuts),
        columns,
        shown.label,
    )
