"""What comes back of a table's columns, and what units have to do with them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from isthmus.report.comparison import Comparison
from isthmus.report.names import DrawnNames, text_style
from isthmus.report.pictures.canvas import NOISY, OURS, PCA, TRUTH, chosen_rows, new_figure

_MOST_COLUMNS, _MOST_ROWS = 12, 4
_MOST_UNITS, _MOST_WEIGHED = 40, 30


def draw_columns(comparison: Comparison) -> Figure:
    """Draw the share of variance that comes back, for the worst and the best columns.

    Of tables of every kind of column it is the share of what the mean or mode gets wrong.
    """
    label, columns = "share of the column's variance that comes back", comparison.columns
    ours = comparison.column_shares(comparison.reconstruction)
    theirs = comparison.column_shares(comparison.pca_reconstruction)
    if comparison.tables:
        ours = np.array([column.gain for column in comparison.tables])
        theirs = np.array([column.pca_gain for column in comparison.tables])
        columns = comparison.table_names
        label = "share of what the mean or mode gets wrong that comes back right"
    order = np.argsort(ours)
    if len(order) > _MOST_COLUMNS:
        half = _MOST_COLUMNS // 2
        order = np.concatenate([order[:half], order[-half:]])
    names = [columns.label(i) for i in order]
    figure, axes = new_figure(6.4, 0.36 * len(order) + 1.2)
    places = np.arange(len(order))
    axes.barh(places + 0.2, np.clip(ours[order], 0, 1), 0.4, color=OURS, label="autoencoder")
    axes.barh(places - 0.2, np.clip(theirs[order], 0, 1), 0.4, color=PCA, label="PCA")
    axes.set_yticks(places, names, **text_style(names))
    axes.set(xlabel=label, xlim=(0, 1))
    figure.legend(frameon=False, loc="outside upper right", ncols=2)
    return figure


def draw_denoised_columns(comparison: Comparison) -> Figure:
    """Draw some rows, column by column: clean, noisy, and what comes back."""
    denoising = comparison.denoising
    assert denoising is not None
    rows = chosen_rows(comparison, _MOST_ROWS)
    n_columns = min(_MOST_COLUMNS, comparison.x.shape[1])
    places = np.arange(n_columns)[::-1]
    size = (9.0, 0.28 * n_columns + 1.4)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(1, len(rows), sharex=True, sharey=True, squeeze=False)[0]
    for axes, row in zip(grid, rows, strict=True):
        clean, noisy = comparison.x[row, :n_columns], denoising.noisy[row, :n_columns]
        axes.hlines(places, clean, noisy, color=NOISY, linewidth=1)
        for name, values, style in (
            ("noisy", noisy, {"marker": "x", "color": "#888888"}),
            ("clean", clean, {"marker": "o", "color": TRUTH, "fillstyle": "none"}),
            ("by PCA", denoising.pca_denoised[row, :n_columns], {"marker": "d", "color": PCA}),
            ("denoised", denoising.denoised[row, :n_columns], {"marker": "o", "color": OURS}),
        ):
            axes.plot(values, places, linestyle="", label=name, markersize=5, **style)
        axes.set_title(f"row {comparison.rows[row] + 1:,}", fontsize="medium")
        axes.set_xlabel("value, prepared")
        axes.spines[["top", "right"]].set_visible(False)
    labels = [comparison.columns.label(column) for column in range(n_columns)]
    grid[0].set_yticks(places, labels, **text_style(labels))
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, loc="outside upper right", ncols=4)
    return figure


def draw_heat_map(features: np.ndarray, names: DrawnNames) -> Figure:
    """Draw ``(units, columns)``: the strongest of both, red above zero and blue below."""
    units = _strongest(features, _MOST_UNITS)
    columns = _strongest(features.T, _MOST_WEIGHED)
    shown = features[np.ix_(units, columns)].T
    width = float(np.clip(0.28 * len(units), 1.6, 9.0)) + 2.6
    figure, axes = new_figure(width, 0.24 * len(columns) + 1.0)
    limit = float(np.abs(shown).max()) or 1.0
    image = axes.imshow(shown, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    labels = [names.label(column) for column in columns]
    axes.set_yticks(np.arange(len(columns)), labels, **text_style(labels))
    # Numbers of two digits need the room of two units.
    step = 1 if len(units) <= 20 else 2
    axes.set_xticks(np.arange(len(units))[::step], [str(unit + 1) for unit in units[::step]])
    axes.set_xlabel("unit")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    figure.colorbar(image, ax=axes)
    return figure


def _strongest(features: np.ndarray, count: int) -> np.ndarray:
    """Give the positions of the longest rows, in ascending order."""
    return np.sort(np.argsort(-np.linalg.norm(features, axis=1), kind="stable")[:count])
