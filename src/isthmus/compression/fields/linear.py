"""Fitting what needs no training: how a field is laid out, and the linear predictors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from isthmus.compression.bells import LEAST_SCALE, SCALES_PER_OCTAVE
from isthmus.compression.fields.arrangement import Arrangement
from isthmus.compression.fields.closed_loop import encode
from isthmus.compression.fields.predictor import (
    UNITS_PER_BIN,
    WEIGHT_UNIT,
    Linear,
    Predictor,
    built_in,
    group_of,
)
from isthmus.compression.fields.schedule import Chunk, Field, schedule, slots
from isthmus.compression.threads import worker_threads

_MOST_TRIED = 200_000
_MOST_WEIGHT = np.iinfo(np.int16).max
# Of the mean square of the neighbours' differences: enough to make the equations solvable.
_RIDGE = 1e-6
# Student's distribution: its scale is so much above the mean logarithm, in indices of scales.
_ABOVE_MEAN_LOGARITHM = 3


def best_arrangement(units: np.ndarray) -> tuple[Arrangement, float]:
    """Find how to lay a field out, by a part of it and with the network that ships.

    Returns
    -------
    tuple of Arrangement and float
        Which takes the fewest bits, and how many those are for each value.
    """
    n_rows = max(_MOST_TRIED // max(units[:1].size, 1), 2)
    part = units[:n_rows]

    def bits(arrangement: Arrangement) -> float:
        field, laid_out = arrangement.field(part.shape), arrangement.lay_out(part)
        linear = fit_linear(laid_out, with_noise(laid_out), field)
        return encode(Predictor(linear, built_in()), laid_out, field)[0].n_bits / part.size

    tried = {arrangement: bits(arrangement) for arrangement in Arrangement.of(units.ndim)}
    best = min(tried, key=tried.__getitem__)
    return best, tried[best]


def fit_linear(units: np.ndarray, known: np.ndarray, field: Field) -> dict[int, Linear]:
    """Fit the linear predictors by least squares.

    Parameters
    ----------
    units : ndarray of float64
        The values to predict, ``(n_frames, n_rows, n_columns)``.
    known : ndarray of float32
        The values as the decoder knows them.
    field : Field
        The shape.
    """

    def moment(chunk: Chunk) -> np.ndarray:
        neighbours = chunk.neighbours(known)[slots(chunk.step.kind, chunk.step.gap)]
        targets = units[chunk.where].reshape(1, -1)
        differences = np.concatenate([neighbours[1:], targets]) - neighbours[0].astype(float)
        return differences @ differences.T

    weights = {group: _solved(total) for group, total in _totals(field, moment).items()}
    predictor = Predictor({group: Linear(w, 0) for group, w in weights.items()}, built_in())

    def ratio(chunk: Chunk) -> np.ndarray:
        predicted, spreads, _ = predictor.look(chunk, known)
        residuals = np.abs(units[chunk.where].ravel() - predicted) + 1
        octaves = np.log2(residuals / UNITS_PER_BIN / LEAST_SCALE)
        wider = octaves * SCALES_PER_OCTAVE - predictor.scales(chunk.step, spreads)
        return np.array([wider.sum(), len(wider)])

    offsets = {
        group: int(np.clip(np.rint(total / n + _ABOVE_MEAN_LOGARITHM), -128, 127))
        for group, (total, n) in _totals(field, ratio).items()
    }
    return {group: Linear(weights[group], offsets[group]) for group in weights}


def _totals(field: Field, of_chunk: Callable[[Chunk], np.ndarray]) -> dict[int, np.ndarray]:
    """Add up what a function gives of chunks, by the groups of their steps."""
    totals: dict[int, np.ndarray] = {}
    chunks = list(chunks_of(field))
    with worker_threads() as pool:
        for chunk, found in zip(chunks, pool.map(of_chunk, chunks), strict=True):
            group = group_of(chunk.step)
            totals[group] = totals[group] + found if group in totals else found
    return totals


def with_noise(units: np.ndarray) -> np.ndarray:
    """Give values as they may come back: anywhere in a bin around them."""
    half = UNITS_PER_BIN / 2
    noise = np.random.default_rng(0).uniform(-half, half, units.shape)
    return np.rint(units + noise).astype(np.float32)


def chunks_of(field: Field) -> Iterator[Chunk]:
    """Give the chunks of all steps whose values have neighbours."""
    for step in schedule(field):
        if len(slots(step.kind, step.gap)):
            yield from step.chunks()


def _solved(moments: np.ndarray) -> np.ndarray:
    among, with_target = moments[:-1, :-1], moments[:-1, -1]
    # Of a few units each way, the noise of rounding is in all differences anyway.
    ridge = _RIDGE * np.trace(among) / len(among) + UNITS_PER_BIN
    weights = np.linalg.solve(among + ridge * np.eye(len(among)), with_target)
    return np.clip(np.rint(weights * WEIGHT_UNIT), -_MOST_WEIGHT, _MOST_WEIGHT).astype(np.int16)
