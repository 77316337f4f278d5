"""The pictures of a report, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from isthmus.report.comparison import Comparison

_OURS, _PCA, _TRUTH = "#0b6e99", "#d9822b", "#444444"
_MOST_POINTS = 10_000
_MOST_CLASSES = 20
_MOST_IMAGES = 12
_MOST_COLUMNS = 12


def draw_all(comparison: Comparison) -> dict[str, bytes]:
    """Draw what can be drawn of one estimator: captions to PNG files."""
    pictures: dict[str, Callable[[Comparison], Figure]] = {}
    if comparison.estimator.history_["loss"]:
        pictures["Loss"] = draw_losses
    if comparison.image_shape:
        pictures["Originals and reconstructions"] = draw_images
    else:
        pictures["Columns, worst and best reconstructed"] = draw_columns
    pictures["Code"] = draw_code
    return {caption: _png(draw(comparison)) for caption, draw in pictures.items()}


def draw_losses(comparison: Comparison) -> Figure:
    """Draw both losses against the epoch, the kept one marked."""
    figure, axes = _figure(6.4, 3.6)
    history = comparison.estimator.history_
    epochs = np.arange(1, len(history["loss"]) + 1)
    marker = "o" if len(epochs) == 1 else None
    axes.plot(epochs, history["loss"], color=_TRUTH, marker=marker, label="training")
    held_out = history.get("validation_loss")
    if held_out:
        axes.plot(epochs, held_out, color=_OURS, marker=marker, label="held out")
        best = int(np.argmin(held_out))
        axes.plot(best + 1, held_out[best], "o", color=_OURS)
        axes.annotate(
            f"kept: epoch {best + 1}",
            (best + 1, held_out[best]),
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


def draw_images(comparison: Comparison) -> Figure:
    """Draw some originals, what the autoencoder made of them, and what PCA did."""
    shape = comparison.image_shape
    assert shape is not None
    count = min(_MOST_IMAGES, len(comparison.x))
    chosen = np.linspace(0, len(comparison.x) - 1, count).round().astype(int)
    kinds = {
        "original": comparison.x,
        type(comparison.estimator).__name__: comparison.reconstruction,
        "PCA": comparison.pca_reconstruction,
    }
    figure = Figure(figsize=(0.75 * count + 1.4, 2.6), layout="constrained")
    grid = figure.subplots(len(kinds), count, squeeze=False)
    low, high = np.quantile(comparison.x[chosen], [0.0, 1.0])
    for row, (kind, images) in zip(grid, kinds.items(), strict=True):
        for axes, position in zip(row, chosen, strict=True):
            _show_image(axes, images[position].reshape(shape), low, high)
        row[0].text(-0.15, 0.5, kind, transform=row[0].transAxes, ha="right", va="center")
    return figure


def draw_columns(comparison: Comparison) -> Figure:
    """Draw the share of variance that comes back, for the worst and the best columns."""
    ours = comparison.column_shares(comparison.reconstruction)
    theirs = comparison.column_shares(comparison.pca_reconstruction)
    order = np.argsort(ours)
    if len(order) > _MOST_COLUMNS:
        half = _MOST_COLUMNS // 2
        order = np.concatenate([order[:half], order[-half:]])
    names = [_shorten(comparison.column_names[i]) for i in order]
    figure, axes = _figure(6.4, 0.36 * len(order) + 1.2)
    places = np.arange(len(order))
    axes.barh(places + 0.2, np.clip(ours[order], 0, 1), 0.4, color=_OURS, label="autoencoder")
    axes.barh(places - 0.2, np.clip(theirs[order], 0, 1), 0.4, color=_PCA, label="PCA")
    axes.set_yticks(places, names)
    axes.set(xlabel="share of the column's variance that comes back", xlim=(0, 1))
    figure.legend(frameon=False, loc="outside upper right", ncols=2)
    return figure


def draw_code(comparison: Comparison) -> Figure:
    """Draw the first two dimensions of the code, coloured by label where labels are known."""
    figure, axes = _figure(6.4, 5.2)
    if comparison.codes.shape[1] == 1:
        axes.hist(comparison.codes[:, 0], bins=50, color=_OURS)
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


def _classes(comparison: Comparison) -> np.ndarray | None:
    """Give the distinct labels, if they are few enough for a colour each."""
    if comparison.labels is None:
        return None
    drawn = [
        labels for labels in (comparison.labels, comparison.training_labels) if labels is not None
    ]
    classes = np.unique(np.concatenate(drawn))
    return classes if len(classes) <= _MOST_CLASSES else None


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
    return lambda labels: {"color": _OURS}


def _explain_colours(figure: Figure, axes: Axes, comparison: Comparison) -> None:
    classes = _classes(comparison)
    if classes is not None:
        palette = _palette(len(classes))
        points = [
            Line2D([], [], marker="o", linestyle="", color=palette[i], label=str(value))
            for i, value in enumerate(classes)
        ]
        figure.legend(handles=points, frameon=False, loc="outside right center")
    elif _is_measured(comparison):
        figure.colorbar(axes.collections[-1], label="label")


def _palette(n_classes: int) -> Any:
    name = "tab10" if n_classes <= 10 else "tab20"
    return matplotlib.colormaps[name].colors  # pyright: ignore[reportAttributeAccessIssue]


def _show_image(axes: Axes, image: np.ndarray, low: float, high: float) -> None:
    axes.axis("off")
    if image.ndim == 3 and image.shape[-1] > 1:
        span = high - low if high > low else 1.0
        axes.imshow(np.clip((image - low) / span, 0, 1))
    else:
        axes.imshow(image.reshape(image.shape[:2]), cmap="gray_r", vmin=low, vmax=high)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _loss_name(comparison: Comparison) -> str:
    name = type(comparison.estimator.model_.likelihood).__name__
    return "squared error" if name == "SquaredError" else f"{name}, nats"


def _shorten(name: str, length: int = 24) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"
