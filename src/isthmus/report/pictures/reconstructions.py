"""What comes back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import MOST_IMAGES, OURS, PCA, draw_grid, new_figure

_MOST_COLUMNS = 12


def draw_images(comparison: Comparison) -> Figure:
    """Draw some originals, what the autoencoder made of them, and what PCA did."""
    chosen = _chosen(comparison)
    return draw_grid(
        {
            "original": comparison.x[chosen],
            type(comparison.estimator).__name__: comparison.reconstruction[chosen],
            "PCA": comparison.pca_reconstruction[chosen],
        },
        comparison.known_image_shape,
    )


def draw_denoised_images(comparison: Comparison) -> Figure:
    """Draw noisy originals, what comes back, and the clean originals."""
    denoising = comparison.denoising
    assert denoising is not None
    chosen = _chosen(comparison)
    return draw_grid(
        {
            "clean": comparison.x[chosen],
            "noisy": denoising.noisy[chosen],
            "denoised": denoising.denoised[chosen],
            "by PCA": denoising.pca_denoised[chosen],
        },
        comparison.known_image_shape,
    )


def draw_columns(comparison: Comparison) -> Figure:
    """Draw the share of variance that comes back, for the worst and the best columns."""
    ours = comparison.column_shares(comparison.reconstruction)
    theirs = comparison.column_shares(comparison.pca_reconstruction)
    order = np.argsort(ours)
    if len(order) > _MOST_COLUMNS:
        half = _MOST_COLUMNS // 2
        order = np.concatenate([order[:half], order[-half:]])
    names = [_shorten(comparison.column_names[i]) for i in order]
    figure, axes = new_figure(6.4, 0.36 * len(order) + 1.2)
    places = np.arange(len(order))
    axes.barh(places + 0.2, np.clip(ours[order], 0, 1), 0.4, color=OURS, label="autoencoder")
    axes.barh(places - 0.2, np.clip(theirs[order], 0, 1), 0.4, color=PCA, label="PCA")
    axes.set_yticks(places, names)
    axes.set(xlabel="share of the column's variance that comes back", xlim=(0, 1))
    figure.legend(frameon=False, loc="outside upper right", ncols=2)
    return figure


def draw_errors(comparisons: Sequence[Comparison]) -> Figure:
    """Draw the error against the size of the code, for each class of estimators and for PCA."""
    figure, axes = new_figure(6.4, 3.6)
    names = sorted({type(comparison.estimator).__name__ for comparison in comparisons})
    for name, marker in zip(names, "osDv^<>", strict=False):
        own = [c for c in comparisons if type(c.estimator).__name__ == name]
        points = sorted((c.codes.shape[1], c.error) for c in own)
        axes.plot(*zip(*points, strict=True), marker=marker, color=OURS, label=name)
    points = sorted({(c.n_pca_components, c.pca_error) for c in comparisons})
    axes.plot(*zip(*points, strict=True), marker="x", color=PCA, label="PCA")
    sizes = sorted({c.codes.shape[1] for c in comparisons})
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set(xlabel="size of the code", ylabel="squared error per row", ylim=(0, None))
    axes.legend(frameon=False)
    return figure


def _chosen(comparison: Comparison) -> np.ndarray:
    count = min(MOST_IMAGES, len(comparison.x))
    return np.linspace(0, len(comparison.x) - 1, count).round().astype(int)


def _shorten(name: str, length: int = 24) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"
