"""Encode, decode and score any number of rows with a few compiled shapes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.objectives import Model, Objective
from isthmus.prepare import as_float
from isthmus.training.layout import Layout

# Every call is filled up to one of these numbers of rows.
_BATCH_SIZES = (32, 1024, 8192)


@partial(jax.jit, static_argnames="layout")
def _encode(vector: jax.Array, x: jax.Array, *, layout: Layout) -> jax.Array:
    return layout.unflatten(vector).encode(as_float(x))


@partial(jax.jit, static_argnames="layout")
def _decode(vector: jax.Array, z: jax.Array, *, layout: Layout) -> jax.Array:
    return layout.unflatten(vector).decode(z)


@partial(jax.jit, static_argnames=("layout", "objective"))
def _score(
    vector: jax.Array, x: jax.Array, key: jax.Array, *, layout: Layout, objective: Objective
) -> jax.Array:
    return -objective.row_losses(layout.unflatten(vector), as_float(x), key)


def encode_rows(model: Model, x: np.ndarray) -> np.ndarray:
    """Encode prepared rows: ``(rows, features) -> (rows, components)``, float32."""
    layout = Layout.of(model)
    return _in_batches(partial(_encode, jnp.asarray(layout.flatten(model)), layout=layout), x)


def decode_rows(model: Model, z: np.ndarray) -> np.ndarray:
    """Decode codes: ``(rows, components) -> (rows, features)``, float32 in the prepared scale."""
    layout = Layout.of(model)
    z = z.astype(np.float32, copy=False)
    return _in_batches(partial(_decode, jnp.asarray(layout.flatten(model)), layout=layout), z)


def score_rows(model: Model, x: np.ndarray, objective: Objective, seed: int = 0) -> np.ndarray:
    """Give each prepared row's negative loss, penalties left out: ``(rows,)``, float32."""
    layout = Layout.of(model)
    vector = jnp.asarray(layout.flatten(model))
    key = jax.random.key(seed)
    score = partial(_score, vector, key=key, layout=layout, objective=objective)
    return _in_batches(score, x)


def _in_batches(program: Callable[[np.ndarray], jax.Array], rows: np.ndarray) -> np.ndarray:
    size = next((s for s in _BATCH_SIZES if len(rows) <= s), _BATCH_SIZES[-1])
    results = []
    for start in range(0, max(len(rows), 1), size):
        part = rows[start : start + size]
        if len(part) < size:
            part = np.concatenate([part, np.zeros((size - len(part), *rows.shape[1:]), rows.dtype)])
        results.append(program(part))
    return np.concatenate([np.asarray(result) for result in results])[: len(rows)]
