"""What a variational autoencoder makes up."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from isthmus.models import Model
from isthmus.objectives import code_divergence
from isthmus.report.comparison import Comparison
from isthmus.report.names import add_legend
from isthmus.report.pictures.canvas import OURS, TRUTH, draw_tiles, new_figure, value_range
from isthmus.report.pictures.lines import draw_line_tiles
from isthmus.training import over_rows

_SIDE, _MOST_TRAVERSED, _STEPS = 15, 10, 11
_WALK = np.linspace(-3, 3, _STEPS)
_MOST_PLOTS, _MOST_LINES = 4, 8


def draw_manifold(comparison: Comparison) -> Figure:
    """Decode a grid over the two-dimensional code, even in the prior's probability."""
    quantiles = norm.ppf((np.arange(_SIDE) + 0.5) / _SIDE)
    first, second = np.meshgrid(quantiles, quantiles[::-1])
    return _draw_codes(np.stack([first.ravel(), second.ravel()], axis=1), _SIDE, comparison)


def draw_samples(comparison: Comparison) -> Figure:
    """Decode codes drawn from the prior."""
    shape = (4 * _SIDE, comparison.codes.shape[1])
    return _draw_codes(np.random.default_rng(0).standard_normal(shape), _SIDE, comparison)


def draw_traversals(comparison: Comparison) -> Figure:
    """Walk along the units that say most, from −3 to 3; a row for each, the others at zero."""
    walks = [_walk(unit, comparison) for unit in _informative(comparison)[:_MOST_TRAVERSED]]
    return _draw_codes(np.concatenate(walks), _STEPS, comparison)


def draw_traversed_columns(comparison: Comparison) -> Figure:
    """Walk as far along some units, a plot for each, with a line for the columns that move most."""
    model = comparison.estimator.model_
    units = np.sort(_informative(comparison)[:_MOST_PLOTS])
    decoded = np.stack([over_rows(Model.decode, model, _walk(unit, comparison)) for unit in units])
    columns = np.sort(np.argsort(-np.ptp(decoded, axis=1).max(axis=0))[:_MOST_LINES])
    figure = Figure(figsize=(9.0, 2.9), layout="constrained")
    grid = figure.subplots(1, len(units), sharey=True, squeeze=False)[0]
    for axes, unit, values in zip(grid, units, decoded, strict=True):
        axes.plot(_WALK, values[:, columns])
        axes.set(xlabel=f"unit {unit + 1}", xticks=(-3, 0, 3))
        axes.spines[["top", "right"]].set_visible(False)
    grid[0].set_ylabel("decoded value, prepared")
    add_legend(figure, grid[0].lines, [comparison.columns.label(column) for column in columns])
    return figure


def draw_sampled_columns(comparison: Comparison) -> Figure:
    """Draw the first columns of data and of made-up rows, quantile against quantile."""
    shape = (2000, comparison.codes.shape[1])
    codes = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    drawn = over_rows(Model.sample, comparison.estimator.model_, codes, seed=0)
    levels = np.linspace(0.01, 0.99, 50)
    figure, axes = new_figure(4.6, 4.2)
    ends = value_range(np.quantile(comparison.x, [0.01, 0.99], axis=0))
    axes.plot(ends, ends, color=TRUTH, linewidth=0.8)
    for column in range(min(12, comparison.x.shape[1])):
        real = np.quantile(comparison.x[:, column], levels)
        axes.plot(real, np.quantile(drawn[:, column], levels), color=OURS, alpha=0.5)
    axes.set(xlabel="quantiles of the data, prepared", ylabel="quantiles of samples")
    return figure


def _informative(comparison: Comparison) -> np.ndarray:
    """Give the units of the code, those that say most first."""
    divergence = over_rows(code_divergence, comparison.estimator.model_, comparison.x).mean(axis=0)
    return np.argsort(-divergence, kind="stable")


def _walk(unit: int, comparison: Comparison) -> np.ndarray:
    codes = np.zeros((_STEPS, comparison.codes.shape[1]), np.float32)
    codes[:, unit] = _WALK
    return codes


def _draw_codes(codes: np.ndarray, n_columns: int, comparison: Comparison) -> Figure:
    decoded = over_rows(Model.decode, comparison.estimator.model_, codes.astype(np.float32))
    if comparison.image_shape:
        low, high = value_range(comparison.x)
        images = decoded.reshape(-1, *comparison.image_shape)
        return draw_tiles(images, n_columns, low=low, high=high)
    assert comparison.signal_shape is not None
    signals = decoded.reshape(-1, *comparison.signal_shape)
    low, high = value_range(signals)
    return draw_line_tiles(signals, n_columns, low=low, high=high)
