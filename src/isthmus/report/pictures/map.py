"""A map: all rows in two dimensions, with names and examples where they belong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from isthmus.report.comparison import MOST_CLASSES
from isthmus.report.names import DrawnNames, text_style
from isthmus.report.pictures.density import binned, opacity_of
from isthmus.report.pictures.examples import N_DECODED, Examples
from isthmus.report.pictures.peaks import peaks_of
from isthmus.report.pictures.placing import Board
from isthmus.report.pictures.regions import find_regions
from isthmus.report.pictures.themes import THEMES

_MOST_DOTS = 100_000
# Inches: the longer side of a map, what is free around it, its title, and a scale of colours.
_SIDE, _EDGE, _TITLE, _SCALE = 7.9, 0.1, 0.3, 0.9
# Of the longer side: what is free around the rows, and the least that the shorter one is.
_MARGIN, _LEAST_SHORTER = 0.04, 0.5
# Points of type around a name that are its own.
_HALO = 1.5


class Name(NamedTuple):
    """What is written on a map."""

    place: np.ndarray
    text: str
    colour: Any
    size: float
    can_be_left_out: bool


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
        low, high = self._bounds()
        colours, scale = self._colours()
        figure, grid = self._panels(2 if pictures else 1, low, high, scale)
        n_rows = f"{len(self.codes):,} rows"
        about = f"{self.title}, {n_rows}" if self.title else n_rows
        grid[0].set_title(about, color=theme.quiet, fontsize=11, loc="left", **text_style([about]))
        self._draw_rows(grid[0], colours, low, high)
        board = self._write(grid[0], low, high)
        if examples is not None and examples.image_shape is not None:
            examples.draw_thumbnails(grid[0], theme, board, (high - low).max() / _SIDE)
            told = "what the decoder makes of each spot"
            grid[1].set_title(told, color=theme.quiet, fontsize=11, loc="left")
            examples.draw_decoded(grid[1], theme, self.codes, low, high)
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
        """Give the corners of the map: whole cells of what is decoded lie between them."""
        low, high = self.codes.min(axis=0), self.codes.max(axis=0)
        longer = max(float((high - low).max()), 1e-6) * (1 + 2 * _MARGIN)
        cell = longer / N_DECODED
        n_cells = np.ceil((high - low + 2 * _MARGIN * longer) / cell - 1e-6)
        half = np.maximum(n_cells, _LEAST_SHORTER * N_DECODED) * cell / 2
        return (low + high) / 2 - half, (low + high) / 2 + half

    def _panels(
        self, count: int, low: np.ndarray, high: np.ndarray, scale: Any
    ) -> tuple[Figure, list[Axes]]:
        """Make a figure with so many panels as wide and high as the map, the first with a scale."""
        theme = THEMES[self.theme]
        width, height = _SIDE * (high - low) / (high - low).max()
        beside = _EDGE if scale is None else _SCALE
        whole = _EDGE + count * (width + _EDGE) + beside - _EDGE, _EDGE + height + _TITLE
        figure = Figure(whole, facecolor=theme.background)

        def add_axes(left: float, bottom: float, width: float, height: float) -> Axes:
            box = (left / whole[0], bottom / whole[1], width / whole[0], height / whole[1])
            return figure.add_axes(box)

        lefts = [_EDGE, _EDGE + width + beside]
        grid = [add_axes(left, _EDGE, width, height) for left in lefts[:count]]
        for axes in grid:
            axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
            axes.set_facecolor(theme.background)
            axes.spines[:].set_visible(False)
        if scale is not None:
            place = add_axes(_EDGE + width + 0.12, _EDGE + height / 4, 0.14, height / 2)
            bar = figure.colorbar(scale, cax=place)
            bar.ax.tick_params(colors=theme.text)
            bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
        return figure, grid

    def _colours(self) -> tuple[np.ndarray, Any]:
        """Give each row's colour, and what a colour bar needs if labels are measured."""
        theme, classes = THEMES[self.theme], self._classes
        if self.labels is None:
            return np.broadcast_to(to_rgb(theme.dots), (len(self.codes), 3)), None
        if classes is not None:
            return theme.palette(len(classes))[self._positions], None
        values = self.labels.astype(float)
        known = values[np.isfinite(values)]
        low, high = np.quantile(known, (0.01, 0.99)) if len(known) else (0.0, 1.0)
        scale = ScalarMappable(Normalize(low, max(high, low + 1e-12)), theme.scale())
        colours = np.asarray(scale.to_rgba(values))[:, :3]
        colours[~np.isfinite(values)] = to_rgb(theme.quiet)
        return colours, scale

    def _draw_rows(
        self, axes: Axes, colours: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> None:
        if len(self.codes) > _MOST_DOTS:
            image, longer = binned(self.codes, colours, low, high), (high - low).max()
            extent = (low[0], low[0] + longer, low[1], low[1] + longer)
            axes.imshow(
                image, extent=extent, origin="lower", interpolation="nearest", aspect="auto"
            )
            return
        order = np.random.default_rng(0).permutation(len(self.codes))
        size = float(np.clip(30_000 / max(len(order), 1), 1.6, 36))
        rgba = np.column_stack([colours, opacity_of(self.codes, low, high)])[order]
        many = len(order) > 5_000  # as vectors these would make a file of many megabytes
        axes.scatter(*self.codes[order].T, s=size, c=rgba, linewidths=0, rasterized=many)

    def _names(self, low: np.ndarray, high: np.ndarray) -> Iterator[Name]:
        """Give names of the labels' heaps, or else what sets regions of a table apart."""
        theme, classes = THEMES[self.theme], self._classes
        if classes is not None and len(classes) <= MOST_CLASSES:
            label_of = self.label_of or DrawnNames(list(classes), "class").label
            for i, colour in enumerate(theme.for_names(theme.palette(len(classes)))):
                places = peaks_of(self.codes[self._positions == i], low, high)
                for k, place in enumerate(places):
                    yield Name(place, label_of(i), colour, 17.0, k > 0)
        elif classes is None and self.examples is not None and self.examples.image_shape is None:
            shown = self.examples
            for region in find_regions(shown.codes, shown.x, shown.names, shown.label):
                yield Name(region.place, region.text, theme.text, 10.0, True)

    def _write(self, axes: Axes, low: np.ndarray, high: np.ndarray) -> Board:
        """Write names where they belong, and give what they take of the map."""
        theme, board = THEMES[self.theme], Board(low, high)
        halo = [withStroke(linewidth=2.4 * _HALO, foreground=theme.background)]
        assert isinstance(axes.figure, Figure)
        renderer = FigureCanvasAgg(axes.figure).get_renderer()
        # Names that must be there come first.
        for name in sorted(self._names(low, high), key=lambda name: name.can_be_left_out):
            text = axes.text(
                name.place[0],
                name.place[1],
                name.text,
                color=name.colour,
                fontsize=name.size,
                fontweight="bold" if name.size > 10 else "normal",
                ha="center",
                va="center",
                path_effects=halo,
                clip_on=True,
                zorder=20,
                **text_style([name.text]),
            )
            corners = text.get_window_extent(renderer).padded(_HALO).get_points()
            size = np.ptp(axes.transData.inverted().transform(corners), axis=0)
            place = board.free_place(name.place, size)
            if place is None and name.can_be_left_out:
                text.remove()
                continue
            place = board.inside(name.place, size) if place is None else place
            text.set_position(tuple(place))
            board.take(place, size)
        return board
