"""The code: where rows lie, and how its units are used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isthmus.models import Model
from isthmus.report.comparison import Comparison
from isthmus.report.names import add_legend
from isthmus.report.pictures.canvas import OURS, abreast, new_figure
from isthmus.report.pictures.examples import Examples
from isthmus.report.pictures.map import MapPicture
from isthmus.training import over_rows

_MOST_POINTS = 10_000
# So few units have a histogram each.
_FEW_UNITS, _UNITS_ABREAST = 8, 4


def draw_code(comparison: Comparison) -> Figure:
    """Draw the first two dimensions of the code, coloured by label where labels are known."""
    if comparison.codes.shape[1] == 2:
        return _draw_map(comparison)
    figure, axes = new_figure(6.4, 5.2)
    if comparison.codes.shape[1] == 1:
        axes.hist(comparison.codes[:, 0], bins=50, color=OURS)
        axes.set(xlabel="code", ylabel="rows")
        return figure
    n_points = len(comparison.codes) + len(comparison.training_codes)
    size = float(np.clip(20_000 / max(n_points, 1), 2, 30))
    colour = _colour_scale(comparison)
    if len(comparison.training_codes):
        faint = {"s": size * 0.7, "alpha": 0.35, "linewidths": 0}
        codes, labels = comparison.training_codes, comparison.training_labels
        axes.scatter(*codes[:, :2].T, **colour(labels), **faint)
    judged = slice(None, None, len(comparison.codes) // _MOST_POINTS + 1)
    codes = comparison.codes[judged]
    labels = None if comparison.labels is None else comparison.labels[judged]
    axes.scatter(*codes[:, :2].T, **colour(labels), s=size, linewidths=0)
    axes.set(xlabel="first code dimension", ylabel="second code dimension")
    if len(comparison.training_codes):
        axes.set_title("held-out rows, and training rows fainter", fontsize="medium")
    _explain_colours(figure, axes, comparison)
    return figure


def _draw_map(comparison: Comparison) -> Figure:
    """Draw the plane of a code of two dimensions."""
    codes, labels = comparison.codes, comparison.labels
    if len(comparison.training_codes):
        codes = np.concatenate([codes, comparison.training_codes])
        if labels is not None and comparison.training_labels is not None:
            labels = np.concatenate([labels, comparison.training_labels])
    columns = comparison.columns
    examples = Examples(
        comparison.codes,
        comparison.x,
        partial(over_rows, Model.decode, comparison.estimator.model_),
        comparison.image_shape,
        columns.names,
        columns.label,
    )
    return MapPicture(codes, labels, examples, label_of=comparison.classes.label).draw()


def _classes(comparison: Comparison) -> np.ndarray | None:
    """Give the distinct labels, if they are few enough for a colour each."""
    return comparison.distinct_labels if comparison.has_classes else None


def _is_measured(comparison: Comparison) -> bool:
    labels = comparison.labels
    return labels is not None and labels.dtype.kind in "biuf" and _classes(comparison) is None


def _colour_scale(comparison: Comparison) -> Callable[[Any], dict[str, Any]]:
    """Give what turns labels into matplotlib's colour arguments."""
    classes = _classes(comparison)
    if classes is not None:
        palette = _palette(len(classes))
        return lambda labels: {"color": [palette[i] for i in np.searchsorted(classes, labels)]}
    if _is_measured(comparison):
        assert comparison.labels is not None
        low, high = np.nanmin(comparison.labels), np.nanmax(comparison.labels)
        return lambda labels: {"c": labels, "cmap": "viridis", "vmin": low, "vmax": high}
    return lambda labels: {"color": OURS}


def _explain_colours(figure: Figure, axes: Axes, comparison: Comparison) -> None:
    classes = _classes(comparison)
    if classes is not None:
        palette = _palette(len(classes))
        points = [
            Line2D([], [], marker="o", linestyle="", color=palette[i]) for i in range(len(classes))
        ]
        names = [comparison.classes.label(i) for i in range(len(classes))]
        add_legend(figure, points, names)
    elif _is_measured(comparison):
        figure.colorbar(axes.collections[-1], label="label")


def _palette(n_classes: int) -> Any:
    name = "tab10" if n_classes <= 10 else "tab20"
    return matplotlib.colormaps[name].colors  # pyright: ignore[reportAttributeAccessIssue]


def draw_activations(comparison: Comparison) -> Figure:
    """Draw how large the activations of the code are, and how often units are active."""
    if comparison.codes.shape[1] <= _FEW_UNITS:
        return _draw_each_unit(comparison.codes)
    figure = Figure(figsize=(8.4, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    codes = comparison.codes
    left.hist(codes.ravel(), bins=60, color=OURS)
    left.set(xlabel="activation", ylabel="units × rows", yscale="log")
    share = (np.abs(codes) > 1e-3 * np.abs(codes).max(initial=1e-30)).mean(axis=0)
    right.hist(share, bins=40, range=(0, 1), color=OURS)
    dead = int(np.sum(share == 0))
    right.set(xlabel="share of rows that a unit is active in", ylabel="units")
    right.set_title(f"{dead:,} of {len(share):,} units active in no row", fontsize="medium")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _draw_each_unit(codes: np.ndarray) -> Figure:
    """Draw a histogram for each of few units."""
    n_units = codes.shape[1]
    n_columns = abreast(n_units, _UNITS_ABREAST)
    n_rows = -(-n_units // n_columns)
    figure = Figure(figsize=(8.4, 1.9 * n_rows + 0.3), layout="constrained")
    grid = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False)
    n_bins = int(np.clip(len(codes) ** 0.5, 5, 40))
    for axes in grid.flat[n_units:]:
        axes.axis("off")
    for unit, axes in enumerate(grid.flat[:n_units]):
        axes.hist(codes[:, unit], bins=n_bins, color=OURS)
        axes.set_xlabel(f"activation of unit {unit + 1}")
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("rows")
    return figure
