"""Where rows lie in two dimensions, so that neighbours stay together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from isthmus.runs.compilation_cache import use_compilation_cache
from isthmus.runs.computing import computing
from isthmus.training.compiler import OPTIONS

N_ITERATIONS = 500
# Maps grow with the root of the number of rows, and so do the steps.
_RATE = 1 / 80
_N_WARMUP = 10
_DECAYS = (0.9, 0.99)
_EARLY_EXAGGERATION, _EARLY_SHARE = 4.0, 1 / 3
_MOST_DRAWN, _MOST_NEIGHBORS = 100, 5
# Beside the root of the squared forces: where nothing pulls, nothing moves.
_TINY = 1e-8
_ITERATIONS_PER_CALL = 20


class _State(NamedTuple):
    """Places, and Adam's moments of the forces on them: ``(rows, 2)`` each."""

    z: Any
    mean: Any
    square: Any


@computing()
def embed(
    neighbors: np.ndarray,
    start: np.ndarray,
    *,
    exaggeration: float,
    seed: int,
    report: Callable[[int], None] = lambda n_done: None,
) -> np.ndarray:
    """Place rows so that neighbours attract and all others repel each other: ``(rows, 2)``.

    With w(a, b) = 1 / (1 + ‖a − b‖²), j some of the neighbours of i and s some of all rows, drawn
    anew in each of 500 iterations, the force on i is
    ``2 e mean over j of w(i, j) (zᵢ − zⱼ) − 2 mean over s of w(i, s)² (zᵢ − zₛ) / mean of w``,
    which is t-SNE's with a sampled partition function. The exaggeration e is four times as
    large in the first third of the iterations.

    Parameters
    ----------
    neighbors : ndarray of int32, shape (rows, n_neighbors)
        Positions of the neighbours of each row.
    start : ndarray of float32, shape (rows, 2)
        Where rows are at first.
    exaggeration : float
        How much attraction weighs.
    seed : int
        Fixes what is drawn.
    report : callable
        Told, now and then, how many iterations are done; what it raises ends the work.

    References
    ----------
    van der Maaten & Hinton (2008), Visualizing data using t-SNE, equation 5; Damrich, Böhm,
    Hamprecht & Kobak (2023), From t-SNE to UMAP with contrastive learning, for the sampled
    partition function; Böhm, Berens & Kobak (2022), Attraction-repulsion spectrum in neighbor
    embeddings, for exaggeration.
    """
    use_compilation_cache()
    nothing = np.zeros_like(start)
    state = jax.device_put(_State(start, nothing, nothing))
    joined, key = jax.device_put(neighbors), jax.random.key(seed)
    for first in range(0, N_ITERATIONS, _ITERATIONS_PER_CALL):
        last = min(first + _ITERATIONS_PER_CALL, N_ITERATIONS)
        state = _advance(state, joined, key, first, last, np.float32(exaggeration))
        state.z.block_until_ready()
        report(last)
    return np.array(state.z)


@partial(jax.jit, donate_argnames="state", compiler_options=OPTIONS)
def _advance(
    state: _State,
    neighbors: jax.Array,
    key: jax.Array,
    first: jax.Array,
    last: jax.Array,
    exaggeration: jax.Array,
) -> _State:
    def step(i: jax.Array, state: _State) -> _State:
        early = i < _EARLY_SHARE * N_ITERATIONS
        pull = exaggeration * jnp.where(early, _EARLY_EXAGGERATION, 1.0)
        force = _force(state.z, neighbors, jax.random.fold_in(key, i), pull)
        warmth = jnp.minimum(1.0, (i + 1) / _N_WARMUP)
        rate = _RATE * len(neighbors) ** 0.5 * warmth * (1 - i / N_ITERATIONS)
        a, b = _DECAYS
        mean = a * state.mean + (1 - a) * force
        square = b * state.square + (1 - b) * force**2
        scale = jnp.sqrt(square / (1 - b ** (i + 1.0))) + _TINY
        return _State(state.z - rate * mean / (1 - a ** (i + 1.0)) / scale, mean, square)

    return lax.fori_loop(first, last, step, state)


def _force(z: jax.Array, neighbors: jax.Array, key: jax.Array, pull: jax.Array) -> jax.Array:
    """Give what pulls every row towards its neighbours, and away from all: ``(rows, 2)``."""
    n_rows, n_neighbors = neighbors.shape
    drawing_key, key = jax.random.split(key)
    n_chosen = min(_MOST_NEIGHBORS, n_neighbors)
    chosen = jax.random.choice(key, n_neighbors, (n_chosen,), replace=False)
    attraction = jnp.zeros_like(z)
    for j in range(n_chosen):
        apart = z - z[jnp.take(neighbors, chosen[j], axis=1)]
        attraction += apart / (1 + jnp.sum(apart**2, axis=1, keepdims=True))
    others = z[jax.random.randint(drawing_key, (min(_MOST_DRAWN, n_rows),), 0, n_rows)]
    x, y = (z[:, k, None] - others[:, k] for k in range(2))  # (rows, drawn)
    w = 1 / (1 + x**2 + y**2)
    repulsion = jnp.stack([jnp.mean(w**2 * x, axis=1), jnp.mean(w**2 * y, axis=1)], axis=1)
    return 2 * pull * attraction / n_chosen - 2 * repulsion / jnp.mean(w)
