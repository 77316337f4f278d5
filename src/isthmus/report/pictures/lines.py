"""Signals as lines: small ones side by side, and several on one plot."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from isthmus.report.pictures.canvas import OURS

# How much of a tile a line fills, to each side of its middle.
_HALF = 0.42
_PAGE, _NARROWEST, _WIDEST = 9.0, 0.7, 2.0


def draw_line_tiles(signals: np.ndarray, n_columns: int, *, low: float, high: float) -> Figure:
    """Draw signals ``(signals, length, channels)`` side by side, all on one scale."""
    n_signals, length, n_channels = signals.shape
    n_rows = -(-n_signals // n_columns)
    width = float(np.clip(_PAGE / n_columns, _NARROWEST, _WIDEST))
    figure = Figure(figsize=(width * n_columns + 0.1, 0.75 * width * n_rows + 0.1))
    # One plot for all of them: sixty would take a second to draw.
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-0.5, n_columns - 0.5), ylim=(0.5 - n_rows, 0.5))
    axes.axis("off")
    row, column = np.divmod(np.arange(n_signals), n_columns)
    places = np.linspace(-_HALF, _HALF, length) if length > 1 else np.zeros(1)
    x = column[:, None] + places  # (signals, length)
    middle = (low + high) / 2
    scale = 2 * _HALF / (high - low) if high > low else 1.0
    y = (np.clip(signals, low, high) - middle) * scale - row[:, None, None]
    if low < 0 < high:
        _draw_zero(axes, column, -row - middle * scale)
    for channel, colour in enumerate(channel_colours(n_channels)):
        lines = np.stack([x, y[:, :, channel]], axis=2)
        axes.add_collection(LineCollection(list(lines), colors=colour, linewidths=1.0))
        if length < 10:
            axes.plot(x.ravel(), y[:, :, channel].ravel(), ".", color=colour, markersize=3)
    return figure


def channel_colours(n_channels: int) -> Sequence[str]:
    """Give a colour for each channel; they come again where there are more than ten."""
    if n_channels == 1:
        return [OURS]
    palette = matplotlib.colormaps["tab10"].colors  # pyright: ignore[reportAttributeAccessIssue]
    return [palette[channel % len(palette)] for channel in range(n_channels)]


def _draw_zero(axes: Axes, x: np.ndarray, y: np.ndarray) -> None:
    ends = np.stack([np.stack([x - _HALF, y], axis=1), np.stack([x + _HALF, y], axis=1)], axis=1)
    axes.add_collection(LineCollection(list(ends), colors="#cccccc", linewidths=0.6, zorder=0))
