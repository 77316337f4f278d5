"""Errors of several estimators."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import OURS, PCA, new_figure


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
