"""How a row is shown: as a picture, as a line, or as cells with names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from isthmus.explorer.rows import all_but
from isthmus.fitting.shapes import MOST_UNNAMED_COLUMNS, image_shape, signal_shape
from isthmus.io import Rows, Schema
from isthmus.networks import Network

_MOST_AVERAGED = 5_000


@dataclass(frozen=True)
class View:
    """What the rows of some data are shown as.

    Parameters
    ----------
    kind : {"picture", "line", "cells"}
        How.
    shape : tuple of int
        Height, width and channels of a picture; lines and their length; else the columns.
    least, greatest : float
        What is black and what is white in a picture; where a line's axis ends.
    """

    kind: Literal["picture", "line", "cells"]
    shape: tuple[int, ...]
    least: float = 0.0
    greatest: float = 1.0

    def pixels(self, rows: Rows) -> np.ndarray:
        """Give pictures as bytes: ``(rows, height, width, channels)``."""
        values = np.asarray(rows).reshape(-1, *self.shape)
        if values.dtype == np.uint8:
            return values
        shades = (values.astype(np.float32) - self.least) * (255 / (self.greatest - self.least))
        return np.rint(np.clip(np.nan_to_num(shades), 0, 255)).astype(np.uint8)

    def lines(self, rows: Rows) -> np.ndarray:
        """Give lines: ``(rows, lines, length)``, float32."""
        values = np.asarray(rows, np.float32)
        if values.ndim == 3:
            values = values.transpose(0, 2, 1)
        return np.ascontiguousarray(values.reshape(-1, *self.shape))


def mean_rows(rows: np.ndarray, inside: np.ndarray) -> list[np.ndarray]:
    """Give the mean of the rows at some positions and that of all others; of many, that of some."""
    others = all_but(inside, len(rows))
    means = []
    for chosen in (inside, others if len(others) else inside):
        some = chosen[:: max(1, len(chosen) // _MOST_AVERAGED)]
        means.append(np.asarray(rows[some], np.float32).mean(axis=0)[None])
    return means


def view_of(schema: Schema, rows: Rows, network: Network) -> View:
    """Choose how to show rows, of which some are given, that this network encodes."""
    shape = schema.row_shape
    few = len(shape) == 1 and schema.n_features <= MOST_UNNAMED_COLUMNS
    if few or not isinstance(rows, np.ndarray):
        return View("cells", shape)
    ends = _ends(rows)
    picture = image_shape(shape, network)
    if picture is not None:
        return View("picture", picture if len(picture) == 3 else (*picture, 1), *ends)
    length, n_lines = signal_shape(shape, network) or (schema.n_features, 1)
    return View("line", (n_lines, length), *ends)


def _ends(rows: np.ndarray) -> tuple[float, float]:
    if rows.dtype.kind == "u":
        return 0.0, float(np.iinfo(rows.dtype).max)
    some = np.asarray(rows[:: max(1, len(rows) // 2000)], np.float64)
    some = some[np.isfinite(some)]
    least, greatest = (float(some.min()), float(some.max())) if some.size else (0.0, 1.0)
    if least >= 0 and 0.5 < greatest <= 1:
        return 0.0, 1.0
    return least, greatest if greatest > least else least + 1.0
