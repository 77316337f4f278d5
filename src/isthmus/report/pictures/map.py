"""A map: all rows in two dimensions, with names and examples where they belong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patheffects import withStroke
from scipy.ndimage import gaussian_filter

from isthmus.report.comparison import MOST_CLASSES
from isthmus.report.names import DrawnNames, text_style
from isthmus.report.pictures.peaks import peaks_of
from isthmus.report.pictures.regions import find_regions

# Told apart by people with any colour vision (Petroff, 2021), lightness included.
PALETTE = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
_MOST_DOTS = 100_000
_N_PIXELS, _N_DENSITY_CELLS = 800, 64
_N_THUMBNAILS, _THUMBNAIL_INCHES = 36, 0.34
_ROWS_PER_THUMBNAIL = 100
_SIDE = 16
_MARGIN = 0.04
_TEXT_MARGIN = np.array([0.13, 0.03])


@dataclass(frozen=True)
class Theme:
    """The colours of a picture."""

    background: str
    text: str
    quiet: str
    dots: str


THEMES = {
    "light": Theme("#ffffff", "#222222", "#6b6b6b", "#0b6e99"),
    "dark": Theme("#14181c", "#eeeeee", "#9aa4ad", "#58b4dd"),
}


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


@dataclass(frozen=True, eq=False)
class MapPicture:
    """What is drawn of a map.

    Parameters
    ----------
    codes : ndarray, shape (rows, 2)
        Where all rows lie.
    labels : ndarray or None
        A label or a number for each, for colour.
    examples : Examples or None
        Rows to show where they lie.
    theme : {"light", "dark"}
        Colours.
    title : str
        What the data are called.
    label_of : callable or None
        Gives the text for a distinct label by its position; None shows them as they are.
    """

    codes: np.ndarray
    labels: np.ndarray | None = None
    examples: Examples | None = None
    theme: str = "light"
    title: str = ""
    label_of: Callable[[int], str] | None = None

    def draw(self) -> Figure:
        """Draw it; where rows are pictures, with what is decoded beside it."""
        theme, examples = THEMES[self.theme], self.examples
        pictures = examples is not None and examples.image_shape is not None
        figure = Figure((16.2, 8.2) if pictures else (8.6, 8.6), layout="constrained")
        figure.set_facecolor(theme.background)
        grid = figure.subplots(1, 2 if pictures else 1, squeeze=False)[0]
        low, high = self._bounds()
        for axes in grid:
            axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
            axes.set_facecolor(theme.background)
            axes.set_aspect("equal", adjustable="box")
            axes.spines[:].set_visible(False)
        n_rows = f"{len(self.codes):,} rows"
        about = f"{self.title}, {n_rows}" if self.title else n_rows
        grid[0].set_title(about, color=theme.quiet, fontsize=11, loc="left", **text_style([about]))
        self._draw_rows(figure, grid[0], low, high)
        if examples is not None and examples.image_shape is not None:
            _draw_thumbnails(grid[0], examples, theme)
            told = "what the decoder makes of each spot"
            grid[1].set_title(told, color=theme.quiet, fontsize=11, loc="left")
            _draw_decoded(grid[1], examples, self.codes, low, high)
        if self.labels is None or self._classes is not None:
            self._write(grid[0], low, high)
        return figure

    @cached_property
    def _classes(self) -> np.ndarray | None:
        """The distinct labels, if they are few enough for a colour each."""
        if self.labels is None:
            return None
        classes = np.unique(self.labels)
        few = len(classes) <= MOST_CLASSES
        return classes if few or self.labels.dtype.kind not in "biuf" else None

    @cached_property
    def _positions(self) -> np.ndarray:
        """The position of each row's label among the classes."""
        assert self._classes is not None
        assert self.labels is not None
        return np.searchsorted(self._classes, self.labels)

    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        low, high = self.codes.min(axis=0), self.codes.max(axis=0)
        middle, half = (low + high) / 2, max(float((high - low).max()) / 2, 1e-6)
        half *= 1 + 2 * _MARGIN
        return middle - half, middle + half

    def _colours(self) -> tuple[np.ndarray, Any]:
        """Give each row's colour, and what a colour bar needs if labels are measured."""
        theme, classes = THEMES[self.theme], self._classes
        if self.labels is None:
            return np.broadcast_to(to_rgb(theme.dots), (len(self.codes), 3)), None
        if classes is not None:
            palette = np.array([to_rgb(colour) for colour in _palette(len(classes), theme)])
            return palette[self._positions], None
        values = self.labels.astype(float)
        known = values[np.isfinite(values)]
        low, high = np.quantile(known, (0.01, 0.99)) if len(known) else (0.0, 1.0)
        scale = ScalarMappable(Normalize(low, max(high, low + 1e-12)), "viridis")
        colours = np.asarray(scale.to_rgba(values))[:, :3]
        colours[~np.isfinite(values)] = to_rgb(theme.quiet)
        return colours, scale

    def _draw_rows(self, figure: Figure, axes: Axes, low: np.ndarray, high: np.ndarray) -> None:
        colours, scale = self._colours()
        if len(self.codes) > _MOST_DOTS:
            image = _binned(self.codes, colours, low, high)
            extent = (low[0], high[0], low[1], high[1])
            axes.imshow(image, extent=extent, origin="lower", interpolation="nearest")
        else:
            order = np.random.default_rng(0).permutation(len(self.codes))
            size = float(np.clip(60_000 / max(len(order), 1), 1.6, 42))
            alpha = _opacity(self.codes, low, high)
            rgba = np.column_stack([colours, alpha])[order]
            many = len(order) > 5_000  # as vectors these would make a file of many megabytes
            axes.scatter(*self.codes[order].T, s=size, c=rgba, linewidths=0, rasterized=many)
        if scale is not None:
            bar = figure.colorbar(scale, ax=axes, shrink=0.5, pad=0.01)
            bar.ax.tick_params(colors=THEMES[self.theme].text)
            bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]

    def _write(self, axes: Axes, low: np.ndarray, high: np.ndarray) -> None:
        """Write names where they belong."""
        theme, classes = THEMES[self.theme], self._classes
        halo = [withStroke(linewidth=3.6, foreground=theme.background)]
        told: list[tuple[np.ndarray, str, str, float]] = []
        if classes is not None and len(classes) <= MOST_CLASSES:
            palette = _palette(len(classes), theme)
            label_of = self.label_of or DrawnNames(list(classes), "class").label
            for i, colour in enumerate(palette):
                name = label_of(i)
                for place in peaks_of(self.codes[self._positions == i], low, high):
                    told.append((place, name, colour, 17.0))
        elif classes is None and self.examples is not None and self.examples.image_shape is None:
            shown = self.examples
            regions = find_regions(shown.codes, shown.x, shown.names, shown.label)
            told = [(region.place, region.text, theme.text, 9.0) for region in regions]
        edge = _TEXT_MARGIN * (high - low)
        for place, name, colour, size in told:
            place = np.clip(place, low + edge, high - edge)
            style = text_style([name])
            axes.text(
                place[0],
                place[1],
                name,
                color=colour,
                fontsize=size,
                fontweight="bold" if size > 10 else "normal",
                ha="center",
                va="center",
                path_effects=halo,
                clip_on=True,
                zorder=20,
                **style,
            )


def _palette(n_classes: int, theme: Theme) -> list[str]:
    if n_classes <= len(PALETTE):
        return list(PALETTE[:n_classes])
    if n_classes <= MOST_CLASSES:
        colours = matplotlib.colormaps["tab20"].colors  # pyright: ignore[reportAttributeAccessIssue]
        return [to_hex(colour) for colour in colours[:n_classes]]
    return [theme.dots] * n_classes


def _cells(codes: np.ndarray, low: np.ndarray, high: np.ndarray, n: int) -> np.ndarray:
    """Give the cell of an n × n grid that each row lies in: ``(rows, 2)``, row and column."""
    inside = (codes - low) / np.maximum(high - low, 1e-12) * n
    return np.clip(inside[:, ::-1].astype(int), 0, n - 1)


def _crowd(codes: np.ndarray, low: np.ndarray, high: np.ndarray, smoothing: float) -> np.ndarray:
    """Give how many rows there are about each row, in cells of a grid that are smoothed."""
    cells = tuple(_cells(codes, low, high, _N_DENSITY_CELLS).T)
    return gaussian_filter(_counts(cells, _N_DENSITY_CELLS), smoothing)[cells]


def _counts(cells: tuple[np.ndarray, ...], n: int) -> np.ndarray:
    """Count the rows in each cell of an n × n grid."""
    counts = np.zeros((n, n))
    np.add.at(counts, cells, 1)
    return counts


def _opacity(codes: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Give each row's opacity: less where there are many."""
    crowd = _crowd(codes, low, high, 1.0)
    return np.clip(0.9 / np.sqrt(1 + crowd / 40), 0.3, 0.9)


def _binned(
    codes: np.ndarray, colours: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Give an image whose pixels have the mean colour of their rows, the more opaque the more."""
    rows, columns = _cells(codes, low, high, _N_PIXELS).T
    flat = rows * _N_PIXELS + columns
    counts = np.bincount(flat, minlength=_N_PIXELS**2)
    image = np.zeros((_N_PIXELS**2, 4))
    for k in range(3):
        sums = np.bincount(flat, weights=colours[:, k], minlength=_N_PIXELS**2)
        image[:, k] = sums / np.maximum(counts, 1)
    much = np.quantile(counts[counts > 0], 0.98)
    image[:, 3] = np.where(counts > 0, np.clip(0.25 + 0.75 * (counts / much) ** 0.5, 0, 1), 0)
    return image.reshape(_N_PIXELS, _N_PIXELS, 4)


def _draw_thumbnails(axes: Axes, examples: Examples, theme: Theme) -> None:
    """Show real rows at places spread over the map."""
    assert examples.image_shape is not None
    codes = examples.codes
    chosen = _spread_out(codes, min(_N_THUMBNAILS, max(len(codes) // _ROWS_PER_THUMBNAIL, 1)))
    low, high = float(examples.x.min()), float(examples.x.max())
    for row in chosen:
        image = _as_picture(examples.x[row], examples.image_shape, low, high)
        zoom = _THUMBNAIL_INCHES * 72 / max(image.shape[:2])
        box = OffsetImage(image, zoom=zoom, cmap="gray_r", interpolation="nearest")
        frame = {"edgecolor": theme.quiet, "linewidth": 0.6, "boxstyle": "square,pad=0.05"}
        axes.add_artist(AnnotationBbox(box, tuple(codes[row]), bboxprops=frame, pad=0.05))


def _spread_out(codes: np.ndarray, count: int) -> np.ndarray:
    """Give positions of rows far from each other, but none that lies alone."""
    crowd = _crowd(codes, codes.min(axis=0), codes.max(axis=0), 1.5)
    dense = np.flatnonzero(crowd >= np.quantile(crowd, 0.3))
    chosen = [dense[np.argmax(crowd[dense])]]
    distances = np.full(len(dense), np.inf)
    while len(chosen) < count:
        latest = np.sum((codes[dense] - codes[chosen[-1]]) ** 2, axis=1)
        distances = np.minimum(distances, latest)
        if distances.max() <= 0:
            break
        chosen.append(dense[np.argmax(distances)])
    return np.array(chosen)


def _as_picture(row: np.ndarray, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    """Give a row as an image of colours: grey is dark where values are high."""
    image = np.clip((row.reshape(shape) - low) / max(high - low, 1e-12), 0, 1)
    if image.ndim == 3 and image.shape[-1] > 1:
        return image[..., :3]
    grey = 1 - image.reshape(shape[:2])
    return np.repeat(grey[..., None], 3, axis=-1)


def _draw_decoded(
    axes: Axes, examples: Examples, codes: np.ndarray, low: np.ndarray, high: np.ndarray
) -> None:
    """Show what is decoded on a grid of spots, but for those where no rows are."""
    assert examples.image_shape is not None
    step = (high - low) / _SIDE
    first, second = np.meshgrid(np.arange(_SIDE), np.arange(_SIDE))
    spots = low + (np.stack([first.ravel(), second.ravel()], axis=1) + 0.5) * step
    decoded = examples.decode(spots.astype(np.float32))
    least, most = float(examples.x.min()), float(examples.x.max())
    counts = _counts(tuple(_cells(codes, low, high, _SIDE).T), _SIDE)
    for (column, row), spot, image in zip(
        zip(first.ravel(), second.ravel(), strict=True), spots, decoded, strict=True
    ):
        if counts[row, column] == 0:
            continue
        picture = _as_picture(image, examples.image_shape, least, most)
        half = 0.48 * step
        extent = (spot[0] - half[0], spot[0] + half[0], spot[1] - half[1], spot[1] + half[1])
        axes.imshow(picture, extent=extent, origin="upper", aspect="equal")
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
