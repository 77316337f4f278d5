"""Losses against the epoch."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import OURS, TRUTH, new_figure


def draw_losses(comparison: Comparison) -> Figure:
    """Draw both losses against the epoch, the kept one marked, if it is not the start."""
    figure, axes = new_figure(6.4, 3.6)
    history = comparison.estimator.history_
    epochs = np.arange(1, len(history["loss"]) + 1)
    marker = "o" if len(epochs) == 1 else None
    axes.plot(epochs, history["loss"], color=TRUTH, marker=marker, label="training")
    held_out = history.get("validation_loss")
    if held_out:
        axes.plot(epochs, held_out, color=OURS, marker=marker, label="held out")
    kept = getattr(comparison.estimator, "best_epoch_", 0)
    if held_out and kept:
        axes.plot(kept, held_out[kept - 1], "o", color=OURS)
        axes.annotate(
            f"kept: epoch {kept}",
            (kept, held_out[kept - 1]),
            textcoords="offset points",
            xytext=(-6, 10),
            ha="right",
        )
    # The first epochs are often far off; the scale shows what comes after them.
    values = np.concatenate([history["loss"], held_out or []])
    if values.min() > 0 and values.max() > 3 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="epoch", ylabel=f"loss per row ({_loss_name(comparison)})")
    axes.legend(frameon=False)
    return figure


def _loss_name(comparison: Comparison) -> str:
    if "placement" in comparison.estimator.history_:
        return "placement and reconstruction"
    name = type(comparison.estimator.model_.likelihood).__name__
    return "squared error" if name == "SquaredError" else f"{name}, nats"
