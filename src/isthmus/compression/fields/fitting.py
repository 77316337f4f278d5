"""Fitting a predictor of fields: first on originals with noise, then on what the decoder sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.compression.bells import LEAST_SCALE, N_SCALES, SCALES_PER_OCTAVE
from isthmus.compression.fields.arrangement import Arrangement
from isthmus.compression.fields.closed_loop import encode, threads
from isthmus.compression.fields.predictor import (
    MOST_CORRECTION,
    SCALES_PER_OUTPUT,
    UNITS_PER_BIN,
    WEIGHT_UNIT,
    Linear,
    Predictor,
    built_in,
    group_of,
    spread_of,
)
from isthmus.compression.fields.schedule import Chunk, Field, schedule, slots
from isthmus.compression.integer_network import IntegerNetwork
from isthmus.compression.integer_training import straight_through, train

_N_STEPS = {"fast": 0, "default": 3_000, "small": 12_000}
# First on originals with noise, then on what the decoder sees.
_N_ROUNDS = 2
_LEARNING_RATE = 5e-3
# Student's distribution: its scale is so much above the mean logarithm, in indices of scales.
_ABOVE_MEAN_LOGARITHM = 3
_MOST_TRIED = 200_000
_MOST_EXAMPLES = 400_000
_MOST_WEIGHT = np.iinfo(np.int16).max
# Of the mean square of the neighbours' differences: enough to make the equations solvable.
_RIDGE = 1e-6


def fit(units: np.ndarray, effort: str) -> tuple[Arrangement, Predictor]:
    """Find how to lay a field out, and fit its predictor.

    Parameters
    ----------
    units : ndarray of float64
        The values in units, of the array's own shape.
    effort : str
        "fast" keeps the network that ships with the package, "small" trains longest.
    """
    arrangement = _best_arrangement(units)
    field, laid_out = arrangement.field(units.shape), arrangement.lay_out(units)
    known = with_noise(laid_out)
    predictor = Predictor(fit_linear(laid_out, known, field), built_in())
    if not _N_STEPS[effort]:
        return arrangement, predictor
    # The network costs bytes of its own, so it may be worth none.
    candidates = [predictor]
    best, fewest_bytes = predictor, np.inf
    for number in range(_N_ROUNDS):
        network = _fit_network(
            predictor,
            laid_out,
            known,
            field,
            n_steps=_N_STEPS[effort] >> number,
            learning_rate=_LEARNING_RATE / 2**number,
        )
        candidates.append(Predictor(predictor.linear, network))
        for candidate in candidates:
            writer, known = encode(candidate, laid_out, field)
            n_bytes = writer.n_bits / 8 + len(candidate.to_bytes())
            if n_bytes < fewest_bytes:
                best, fewest_bytes = candidate, n_bytes
        candidates = []
        predictor = Predictor(fit_linear(laid_out, known, field), network)
    return arrangement, best


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
    chunks = list(_chunks(field))
    with threads() as pool:
        for chunk, found in zip(chunks, pool.map(of_chunk, chunks), strict=True):
            group = group_of(chunk.step)
            totals[group] = totals[group] + found if group in totals else found
    return totals


def _fit_network(
    predictor: Predictor,
    units: np.ndarray,
    known: np.ndarray,
    field: Field,
    *,
    n_steps: int,
    learning_rate: float,
) -> IntegerNetwork:
    """Fit the network, from the predictor's own, on examples of all steps."""
    data = examples_of(predictor, units, known, field, _MOST_EXAMPLES)
    network = predictor.network
    return train(network, code_length, data, n_steps=n_steps, learning_rate=learning_rate)


def examples_of(
    predictor: Predictor, units: np.ndarray, known: np.ndarray, field: Field, n_most: int
) -> dict[str, np.ndarray]:
    """Give what the network sees and should say of values of all steps, for `code_length`."""
    generator = np.random.default_rng(0)
    share = min(1.0, n_most / units.size)

    def examples(chunk: Chunk) -> tuple[np.ndarray, ...]:
        predicted, spreads, inputs = predictor.look(chunk, known)
        residuals = units[chunk.where].ravel() - predicted
        scales = predictor.scales(chunk.step, spreads)
        widths = spread_of(spreads)
        return inputs.T.astype(np.int8), widths, scales, residuals.astype(np.float32)

    parts: list[tuple[np.ndarray, ...]] = []
    with threads() as pool:
        for part in pool.map(examples, _chunks(field)):
            kept = generator.random(len(part[1])) < share
            parts.append(tuple(values[kept] for values in part))
    joined = (np.concatenate(values) for values in zip(*parts, strict=True))
    return dict(zip(("inputs", "widths", "scales", "residuals"), joined, strict=True))


def _best_arrangement(units: np.ndarray) -> Arrangement:
    """Give the arrangement under which the network that ships takes the fewest bits."""
    n_most = max(_MOST_TRIED // max(units[:1].size, 1), 2)
    part = units[:n_most]
    candidates = Arrangement.of(units.ndim)
    if len(candidates) == 1:
        return candidates[0]

    def bits(arrangement: Arrangement) -> float:
        field, laid_out = arrangement.field(part.shape), arrangement.lay_out(part)
        linear = fit_linear(laid_out, with_noise(laid_out), field)
        return encode(Predictor(linear, built_in()), laid_out, field)[0].n_bits

    return min(candidates, key=bits)


def with_noise(units: np.ndarray) -> np.ndarray:
    """Give values as they may come back: anywhere in a bin around them."""
    half = UNITS_PER_BIN / 2
    noise = np.random.default_rng(0).uniform(-half, half, units.shape)
    return np.rint(units + noise).astype(np.float32)


def code_length(outputs: jax.Array, batch: dict[str, jax.Array]) -> jax.Array:
    """Give the bits that each residual takes, as `Predictor` and the bells have it."""
    share = jnp.clip(outputs[:, 0], -MOST_CORRECTION, MOST_CORRECTION)
    correction = straight_through(lambda x: jnp.floor(x + 0.5), share * batch["widths"])
    scale = jnp.clip(batch["scales"] + outputs[:, 1] * SCALES_PER_OUTPUT, 0, N_SCALES - 1)
    width = LEAST_SCALE * jnp.exp2(straight_through(jnp.round, scale) / SCALES_PER_OCTAVE)
    bins = (batch["residuals"] - correction) / UNITS_PER_BIN
    number = jnp.abs(straight_through(jnp.round, bins))
    chance = _above((number - 0.5) / width) - _above((number + 0.5) / width)
    return -jnp.log2(jnp.maximum(chance, 2.0**-18))


def _above(t: jax.Array) -> jax.Array:
    """Give the probability of more than `t`, without loss of digits where it is small."""
    square = t * t / 4
    below = 0.375 * t / jnp.sqrt(1 + square) * (1 - square / (3 * (1 + square)))
    return 0.5 - below


def _chunks(field: Field) -> Iterator[Chunk]:
    for step in schedule(field):
        if len(slots(step.kind, step.gap)):
            yield from step.chunks()


def _solved(moments: np.ndarray) -> np.ndarray:
    among, with_target = moments[:-1, :-1], moments[:-1, -1]
    # Of a few units each way, the noise of rounding is in all differences anyway.
    ridge = _RIDGE * np.trace(among) / len(among) + UNITS_PER_BIN
    weights = np.linalg.solve(among + ridge * np.eye(len(among)), with_target)
    return np.clip(np.rint(weights * WEIGHT_UNIT), -_MOST_WEIGHT, _MOST_WEIGHT).astype(np.int16)
