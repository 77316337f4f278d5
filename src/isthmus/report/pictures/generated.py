"""What a variational autoencoder makes up."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import OURS, TRUTH, draw_tiles, new_figure, value_range
from isthmus.training import code_divergence, decode_rows, sample_rows

_SIDE, _MOST_TRAVERSED, _STEPS = 15, 10, 11


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
    model = comparison.estimator.model_
    informative = np.argsort(-code_divergence(model, comparison.x).mean(axis=0), kind="stable")
    codes = []
    for unit in informative[:_MOST_TRAVERSED]:
        walk = np.zeros((_STEPS, comparison.codes.shape[1]))
        walk[:, unit] = np.linspace(-3, 3, _STEPS)
        codes.append(walk)
    return _draw_codes(np.concatenate(codes), _STEPS, comparison)


def draw_sampled_columns(comparison: Comparison) -> Figure:
    """Draw the first columns of data and of made-up rows, quantile against quantile."""
    shape = (2000, comparison.codes.shape[1])
    codes = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    drawn = sample_rows(comparison.estimator.model_, codes, seed=0)
    levels = np.linspace(0.01, 0.99, 50)
    figure, axes = new_figure(4.6, 4.2)
    ends = value_range(np.quantile(comparison.x, [0.01, 0.99], axis=0))
    axes.plot(ends, ends, color=TRUTH, linewidth=0.8)
    for column in range(min(12, comparison.x.shape[1])):
        real = np.quantile(comparison.x[:, column], levels)
        axes.plot(real, np.quantile(drawn[:, column], levels), color=OURS, alpha=0.5)
    axes.set(xlabel="quantiles of the data, prepared", ylabel="quantiles of samples")
    return figure


def _draw_codes(codes: np.ndarray, n_columns: int, comparison: Comparison) -> Figure:
    decoded = decode_rows(comparison.estimator.model_, codes.astype(np.float32))
    low, high = value_range(comparison.x)
    images = decoded.reshape(-1, *comparison.known_image_shape)
    return draw_tiles(images, n_columns, low=low, high=high)
