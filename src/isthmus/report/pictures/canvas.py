"""What all pictures share: colours, figures, and images on them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from isthmus.report.comparison import Comparison

OURS, PCA, TRUTH, NOISY = "#0b6e99", "#d9822b", "#444444", "#bbbbbb"
MOST_IMAGES = 12


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure of this many inches with one plot on it."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def to_png(figure: Figure) -> bytes:
    """Give a figure as a PNG file."""
    buffer = BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def show_image(axes: Axes, image: np.ndarray, low: float, high: float) -> None:
    """Show one image, dark where its values are high."""
    axes.axis("off")
    if image.ndim == 3 and image.shape[-1] > 1:
        span = high - low if high > low else 1.0
        axes.imshow(np.clip((image - low) / span, 0, 1))
    else:
        axes.imshow(image.reshape(image.shape[:2]), cmap="gray_r", vmin=low, vmax=high)


def draw_grid(rows: dict[str, np.ndarray], shape: tuple[int, ...]) -> Figure:
    """Draw rows of images, each with its name.

    Parameters
    ----------
    rows : dict of str to ndarray, shape (images, features)
        As many images in each row; the first fixes the range of grey.
    shape : tuple of int
        Shape of an image.
    """
    count = len(next(iter(rows.values())))
    figure = Figure(figsize=(0.75 * count + 1.6, 0.87 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), count, squeeze=False)
    low, high = value_range(next(iter(rows.values())))
    for axes_row, (name, images) in zip(grid, rows.items(), strict=True):
        for axes, image in zip(axes_row, images, strict=True):
            show_image(axes, image.reshape(shape), low, high)
        place = axes_row[0].transAxes
        axes_row[0].text(-0.15, 0.5, name, transform=place, ha="right", va="center")
    return figure


def draw_tiles(images: np.ndarray, n_columns: int, *, low: float, high: float) -> Figure:
    """Draw images side by side: ``(images, height, width)`` or ``(images, height, width, 3)``."""
    n_rows = -(-len(images) // n_columns)
    figure = Figure(figsize=(0.62 * n_columns + 0.1, 0.62 * n_rows + 0.1))
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.99, 0.06, 0.06)
    for axes in grid.flat:
        axes.axis("off")
    for axes, image in zip(grid.flat, images, strict=False):
        show_image(axes, image, low, high)
    return figure


def abreast(count: int, most: int) -> int:
    """Give how many to set side by side, no more than `most`, so that the rows are even."""
    n_rows = max(-(-count // most), 1)
    return -(-count // n_rows)


def value_range(x: np.ndarray) -> tuple[float, float]:
    """Give the least and the greatest value."""
    return float(np.min(x)), float(np.max(x))


def chosen_rows(comparison: Comparison, most: int) -> np.ndarray:
    """Give positions of some judged rows, evenly spread."""
    count = min(most, len(comparison.x))
    return np.linspace(0, len(comparison.x) - 1, count).round().astype(int)
