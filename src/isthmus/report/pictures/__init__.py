"""The pictures of a report, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from matplotlib.figure import Figure

from isthmus.models import GaussianCode
from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import to_png
from isthmus.report.pictures.codes import draw_activations, draw_code
from isthmus.report.pictures.errors import draw_errors
from isthmus.report.pictures.features import draw_decoder, draw_first_layer, has_first_layer
from isthmus.report.pictures.generated import (
    draw_manifold,
    draw_sampled_columns,
    draw_samples,
    draw_traversals,
    draw_traversed_columns,
)
from isthmus.report.pictures.images import draw_denoised_images, draw_images
from isthmus.report.pictures.losses import draw_losses
from isthmus.report.pictures.signals import draw_denoised_signals, draw_shares, draw_signals
from isthmus.report.pictures.tables import draw_columns, draw_denoised_columns

Drawing: TypeAlias = Callable[[Comparison], Figure]


def draw_all(comparison: Comparison) -> dict[str, bytes]:
    """Draw what can be drawn of one estimator: captions to PNG files."""
    return {caption: to_png(draw(comparison)) for caption, draw in _choose(comparison)}


def draw_together(comparisons: Sequence[Comparison]) -> dict[str, bytes]:
    """Draw what several estimators have in common: captions to PNG files."""
    if len({comparison.codes.shape[1] for comparison in comparisons}) < 2:
        return {}
    return {"Error and the size of the code": to_png(draw_errors(comparisons))}


def _choose(comparison: Comparison) -> Iterator[tuple[str, Drawing]]:
    if comparison.estimator.history_["loss"]:
        yield "Loss", draw_losses
    yield from _reconstructions(comparison)
    yield "Code", draw_code
    # Of a single unit, the code is drawn as its histogram already.
    if comparison.codes.shape[1] > 1:
        yield "Activations", draw_activations
    if has_first_layer(comparison):
        yield "Weights of the first layer", draw_first_layer
    yield "What each unit of the code draws", draw_decoder
    if isinstance(comparison.estimator.model_.code, GaussianCode):
        yield from _generated(comparison)


def _reconstructions(comparison: Comparison) -> Iterator[tuple[str, Drawing]]:
    if comparison.image_shape:
        yield "Originals and reconstructions", draw_images
        denoised = draw_denoised_images
    elif comparison.signal_shape:
        yield "Originals and reconstructions", draw_signals
        yield "Variance that comes back, place by place", draw_shares
        denoised = draw_denoised_signals
    else:
        yield "Columns, worst and best reconstructed", draw_columns
        denoised = draw_denoised_columns
    if comparison.denoising is not None:
        yield "Clean, noisy and denoised", denoised


def _generated(comparison: Comparison) -> Iterator[tuple[str, Drawing]]:
    if not (comparison.image_shape or comparison.signal_shape):
        yield "Quantiles of data and samples", draw_sampled_columns
        yield "Along the units of the code", draw_traversed_columns
        return
    if comparison.codes.shape[1] == 2:
        yield "The code’s plane, decoded", draw_manifold
    yield "Samples", draw_samples
    yield "Along the units of the code", draw_traversals


__all__ = ["draw_all", "draw_together"]
