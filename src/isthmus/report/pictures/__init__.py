"""The pictures of a report, drawn with matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from matplotlib.figure import Figure

from isthmus.objectives import GaussianCode
from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import to_png
from isthmus.report.pictures.codes import draw_activations, draw_code
from isthmus.report.pictures.features import draw_decoder, draw_first_layer, has_first_layer
from isthmus.report.pictures.generated import (
    draw_manifold,
    draw_sampled_columns,
    draw_samples,
    draw_traversals,
)
from isthmus.report.pictures.losses import draw_losses
from isthmus.report.pictures.reconstructions import (
    draw_columns,
    draw_denoised_images,
    draw_errors,
    draw_images,
)

Drawing: TypeAlias = Callable[[Comparison], Figure]

# A code that small is better seen as a map.
_FEW_UNITS = 8


def draw_all(comparison: Comparison) -> dict[str, bytes]:
    """Draw what can be drawn of one estimator: captions to PNG files."""
    return {caption: to_png(draw(comparison)) for caption, draw in _choose(comparison)}


def draw_together(comparisons: Sequence[Comparison]) -> dict[str, bytes]:
    """Draw what several estimators have in common: captions to PNG files."""
    if len({comparison.codes.shape[1] for comparison in comparisons}) < 2:
        return {}
    return {"Error and the size of the code": to_png(draw_errors(comparisons))}


def _choose(comparison: Comparison) -> Iterator[tuple[str, Drawing]]:
    n_components = comparison.codes.shape[1]
    if comparison.estimator.history_["loss"]:
        yield "Loss", draw_losses
    if comparison.image_shape:
        yield "Originals and reconstructions", draw_images
        if comparison.denoising is not None:
            yield "Clean, noisy and denoised", draw_denoised_images
    else:
        yield "Columns, worst and best reconstructed", draw_columns
    yield "Code", draw_code
    if n_components > _FEW_UNITS:
        yield "Activations", draw_activations
    if comparison.image_shape:
        if has_first_layer(comparison):
            yield "Weights of the first layer", draw_first_layer
        if n_components > 2:
            yield "What each unit of the code draws", draw_decoder
    yield from _generated(comparison)


def _generated(comparison: Comparison) -> Iterator[tuple[str, Drawing]]:
    if not isinstance(comparison.estimator.model_.code, GaussianCode):
        return
    if not comparison.image_shape:
        yield "Quantiles of data and samples", draw_sampled_columns
        return
    if comparison.codes.shape[1] == 2:
        yield "The code’s plane, decoded", draw_manifold
    yield "Samples", draw_samples
    yield "Along the units of the code", draw_traversals


__all__ = ["draw_all", "draw_together"]
