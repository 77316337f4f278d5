"""Rows of a map shown where they lie, and what is decoded at each spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from isthmus.report.pictures.density import cells_of, counts_of, crowd_of
from isthmus.report.pictures.placing import Board
from isthmus.report.pictures.themes import Theme

# Along the longer side of a map.
N_DECODED = 16
_MOST_THUMBNAILS, _ROWS_PER_THUMBNAIL = 36, 60
_THUMBNAIL_INCHES, _FRAME_INCHES = 0.34, 0.06
_AROUND = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))
# Where a thumbnail may stand, in its own size from the row that it shows; nearer places come first.
_BESIDE = np.array([(0, 0), *((r * x, r * y) for r in (0.8, 1.3) for x, y in _AROUND)])


@dataclass(frozen=True, eq=False)
class Examples:
    """Some of the rows of a map, and what the decoder makes of spots.

    Parameters
    ----------
    codes : ndarray of float32, shape (rows, 2)
        Where they lie.
    x : ndarray of float32, shape (rows, features)
        The rows, prepared, without gaps.
    decode : callable
        Makes prepared rows of spots.
    image_shape : tuple of int or None
        Shape of a row, where rows are pictures.
    names : sequence of str
        What the features are called.
    label : callable
        Gives the text for a feature by its position.
    """

    codes: np.ndarray
    x: np.ndarray
    decode: Callable[[np.ndarray], np.ndarray]
    image_shape: tuple[int, ...] | None
    names: Sequence[str]
    label: Callable[[int], str]

    def draw_thumbnails(self, axes: Axes, theme: Theme, board: Board, an_inch: float) -> None:
        """Show rows spread over the map, at or beside their places, where no name stands.

        Parameters
        ----------
        axes : Axes
            Where the map is.
        theme : Theme
            Colours.
        board : Board
            What is taken by names.
        an_inch : float
            Its length on the map.
        """
        count = min(_MOST_THUMBNAILS, max(len(self.codes) // _ROWS_PER_THUMBNAIL, 1))
        size = np.full(2, (_THUMBNAIL_INCHES + _FRAME_INCHES) * an_inch)
        for row in _spread_out(self.codes, count, size):
            place = self._place(self.codes[row], size, board)
            if place is None:
                continue
            board.take(place, size)
            image = self._picture(self.x[row], theme)
            zoom = _THUMBNAIL_INCHES * 72 / max(image.shape[:2])
            box = OffsetImage(image, zoom=zoom, interpolation="nearest")
            frame = {
                "edgecolor": theme.quiet,
                "facecolor": theme.background,
                "linewidth": 0.6,
                "boxstyle": "square,pad=0.15",
            }
            line = {"arrowstyle": "-", "color": theme.quiet, "linewidth": 0.8, "shrinkB": 0}
            xy = (float(self.codes[row, 0]), float(self.codes[row, 1]))
            xybox = (float(place[0]), float(place[1]))
            axes.add_artist(AnnotationBbox(box, xy, xybox, bboxprops=frame, arrowprops=line))

    def _place(self, code: np.ndarray, size: np.ndarray, board: Board) -> np.ndarray | None:
        """Give the free place at or beside a row where a picture hides the fewest rows."""
        places = board.inside(code + _BESIDE * size, size)
        places = places[board.are_free(places, size)]
        if not len(places):
            return None
        hidden = [np.sum((np.abs(self.codes - place) < size / 2).all(axis=1)) for place in places]
        return places[np.argmin(hidden)]

    def draw_decoded(
        self, axes: Axes, theme: Theme, codes: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> None:
        """Show what is decoded on a grid of spots, but for those where none of these codes are."""
        side = (high - low).max() / N_DECODED
        cells = np.argwhere(counts_of(cells_of(codes, low, high, N_DECODED), N_DECODED))
        spots = low + (cells[:, ::-1] + 0.5) * side
        for spot, row in zip(spots, self.decode(spots.astype(np.float32)), strict=True):
            (left, bottom), (right, top) = spot - 0.48 * side, spot + 0.48 * side
            axes.imshow(self._picture(row, theme), extent=(left, right, bottom, top))
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))

    def _picture(self, row: np.ndarray, theme: Theme) -> np.ndarray:
        """Give a row as an image of colours: grey has the colour of text where values are high."""
        assert self.image_shape is not None
        low, high = float(self.x.min()), float(self.x.max())
        image = np.clip((row.reshape(self.image_shape) - low) / max(high - low, 1e-12), 0, 1)
        if image.ndim == 3 and image.shape[-1] > 1:
            return image[..., :3]
        return theme.shades(image.reshape(self.image_shape[:2]))


def _spread_out(codes: np.ndarray, count: int, size: np.ndarray) -> np.ndarray:
    """Give positions of rows at least this size from each other, but none that lies alone."""
    crowd = crowd_of(codes, codes.min(axis=0), codes.max(axis=0), 1.5)
    dense = np.flatnonzero(crowd >= np.quantile(crowd, 0.3))
    chosen = [dense[np.argmax(crowd[dense])]]
    apart = np.full(len(dense), np.inf)  # sizes between a row and the nearest chosen one
    while len(chosen) < count:
        latest = np.abs((codes[dense] - codes[chosen[-1]]) / size).max(axis=1)
        apart = np.minimum(apart, latest)
        if apart.max() < 1:
            break
        chosen.append(dense[np.argmax(apart)])
    return np.array(chosen)
