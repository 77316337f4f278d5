"""Fitting a predictor of fields: first on originals with noise, then on what the decoder sees."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.compression.bells import LEAST_SCALE, N_SCALES, SCALES_PER_OCTAVE
from isthmus.compression.fields.arrangement import Arrangement
from isthmus.compression.fields.closed_loop import encode
from isthmus.compression.fields.linear import (
    best_arrangement,
    chunks_of,
    fit_linear,
    with_noise,
)
from isthmus.compression.fields.predictor import (
    MOST_CORRECTION,
    SCALES_PER_OUTPUT,
    UNITS_PER_BIN,
    Predictor,
    built_in,
    spread_of,
)
from isthmus.compression.fields.schedule import Chunk, Field
from isthmus.compression.integer_training import straight_through, train
from isthmus.compression.threads import worker_threads

_N_STEPS = {"fast": 0, "default": 3_000, "small": 12_000}
# First on originals with noise, then on what the decoder sees.
_N_ROUNDS = 2
_LEARNING_RATE = 5e-3
# Of a field with the network that ships; for less, none is trained.
_LEAST_BYTES = 6_000
_MOST_EXAMPLES = 400_000


def fit(units: np.ndarray, effort: str) -> tuple[Arrangement, Predictor]:
    """Find how to lay a field out, and fit its predictor.

    Parameters
    ----------
    units : ndarray of float64
        The values in units, of the array's own shape.
    effort : str
        "fast" keeps the network that ships with the package, "small" trains longest.
    """
    arrangement, _ = best_arrangement(units)
    field, laid_out = arrangement.field(units.shape), arrangement.lay_out(units)
    linear = fit_linear(laid_out, with_noise(laid_out), field)
    predictor = Predictor(linear, built_in())
    writer, known = encode(predictor, laid_out, field)
    best, fewest_bytes = predictor, writer.n_bits / 8 + len(predictor.to_bytes())
    # A network of its own costs bytes, so it may be worth none.
    if not _N_STEPS[effort] or fewest_bytes < _LEAST_BYTES:
        return arrangement, predictor
    for number in range(_N_ROUNDS):
        # On what the decoder sees, which hangs on the predictor before.
        predictor = Predictor(fit_linear(laid_out, known, field), predictor.network)
        network = train(
            predictor.network,
            code_length,
            examples_of(predictor, laid_out, known, field, _MOST_EXAMPLES),
            n_steps=_N_STEPS[effort] >> number,
            learning_rate=_LEARNING_RATE / 2**number,
        )
        predictor = Predictor(predictor.linear, network)
        writer, known = encode(predictor, laid_out, field)
        n_bytes = writer.n_bits / 8 + len(predictor.to_bytes())
        if n_bytes < fewest_bytes:
            best, fewest_bytes = predictor, n_bytes
    return arrangement, best


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
    with worker_threads() as pool:
        for part in pool.map(examples, chunks_of(field)):
            kept = generator.random(len(part[1])) < share
            parts.append(tuple(values[kept] for values in part))
    joined = (np.concatenate(values) for values in zip(*parts, strict=True))
    return dict(zip(("inputs", "widths", "scales", "residuals"), joined, strict=True))


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
