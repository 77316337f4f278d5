"""What comes back of signals."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import NOISY, OURS, PCA, TRUTH, chosen_rows, new_figure

_MOST_SIGNALS, _MOST_CHANNELS = 3, 4


def draw_signals(comparison: Comparison) -> Figure:
    """Draw some originals, what the autoencoder made of them, and what PCA did."""
    return _draw(
        comparison,
        {
            "original": (comparison.x, TRUTH, 1.4),
            "PCA": (comparison.pca_reconstruction, PCA, 0.9),
            type(comparison.estimator).__name__: (comparison.reconstruction, OURS, 1.1),
        },
    )


def draw_denoised_signals(comparison: Comparison) -> Figure:
    """Draw noisy originals, what comes back, and the clean originals."""
    denoising = comparison.denoising
    assert denoising is not None
    return _draw(
        comparison,
        {
            "noisy": (denoising.noisy, NOISY, 0.8),
            "clean": (comparison.x, TRUTH, 1.4),
            "by PCA": (denoising.pca_denoised, PCA, 0.9),
            "denoised": (denoising.denoised, OURS, 1.1),
        },
    )


def draw_shares(comparison: Comparison) -> Figure:
    """Draw the share of variance that comes back at each place of a row."""
    figure, axes = new_figure(6.4, 3.0)
    assert comparison.signal_shape is not None
    for name, reconstruction, colour in (
        ("PCA", comparison.pca_reconstruction, PCA),
        ("autoencoder", comparison.reconstruction, OURS),
    ):
        shares = comparison.column_shares(reconstruction).reshape(comparison.signal_shape)
        axes.plot(np.clip(shares.mean(axis=1), 0, 1), color=colour, label=name)
    axes.set(xlabel="place", ylabel="share of variance", ylim=(0, 1.02))
    axes.margins(x=0.01)
    figure.legend(frameon=False, loc="outside upper right", ncols=2)
    return figure


def _draw(comparison: Comparison, lines: dict[str, tuple[np.ndarray, str, float]]) -> Figure:
    """Draw lines of a name, values, colour and width: a plot for each row and channel."""
    assert comparison.signal_shape is not None
    rows = chosen_rows(comparison, _MOST_SIGNALS)
    n_channels = min(comparison.signal_shape[1], _MOST_CHANNELS)
    height = 1.7 if n_channels > 1 else 2.2
    figure = Figure(figsize=(9.0, height * n_channels + 0.7), layout="constrained")
    grid = figure.subplots(n_channels, len(rows), sharex=True, sharey="row", squeeze=False)
    for channel, axes_row in enumerate(grid):
        for axes, row in zip(axes_row, rows, strict=True):
            for name, (values, colour, width) in lines.items():
                signal = values[row].reshape(comparison.signal_shape)[:, channel]
                axes.plot(signal, color=colour, linewidth=width, label=name)
            axes.spines[["top", "right"]].set_visible(False)
            axes.margins(x=0.01)
        label = "value, prepared"
        axes_row[0].set_ylabel(label if n_channels == 1 else f"channel {channel + 1}")
    for axes, row in zip(grid[0], rows, strict=True):
        axes.set_title(f"row {comparison.rows[row] + 1:,}", fontsize="medium")
    for axes in grid[-1]:
        axes.set_xlabel("place")
    handles, names = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, loc="outside upper right", ncols=len(lines))
    return figure
