"""Apply a function of a model to any number of rows, with a few compiled shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count
from typing import Any

import jax
import numpy as np

from isthmus.io import CHUNK_ROWS
from isthmus.networks.precision import on_cpu
from isthmus.prepare import as_float
from isthmus.runs.computing import computing
from isthmus.training.compiler import OPTIONS
from isthmus.training.devices import random_key
from isthmus.training.layout import Layout, Parameters

# Every call is filled up to one of these numbers of rows.
_BATCH_SIZES = (32, 1024, 8192)
# Whole chunks of rows go through a narrow network at once, and still take little memory there;
# a GPU is busy with no fewer, and has more of it.
_NARROW, _NARROW_ON_GPU, _NARROW_BATCH = 64, 1024, CHUNK_ROWS


@computing()
def over_rows(
    function: Callable[..., jax.Array],
    model: Any,
    rows: np.ndarray | Iterable[np.ndarray],
    *arguments: Any,
    seed: int | None = None,
) -> np.ndarray:
    """Give what a function makes of rows, batch after batch: ``(rows, …)``, float32.

    Parameters
    ----------
    function : callable
        Takes the model, a batch of rows, with a seed a random key, then the arguments, and gives
        an array with one entry a row. Programs are compiled once for each, so it has to be a
        function of a module, not one made anew for each call.
    model : pytree of arrays
        A `Model` or a `Predictor`.
    rows : ndarray, or iterable of them
        Prepared rows or codes, in chunks where they come so: the device works on one chunk while
        the next one is made ready.
    *arguments : numbers
        They may differ from call to call; nothing is compiled anew for them.
    seed : int or None
        Fixes the keys, one for each batch.
    """
    layout = Layout.of(model)
    parameters = jax.device_put(layout.flatten(model))
    keys: Iterator[Any] = iter(lambda: None, ...)
    if seed is not None:
        keys = (jax.random.fold_in(random_key(seed), i) for i in count())
    chunks = [rows] if isinstance(rows, np.ndarray) else rows
    started = []
    # All are begun before the first one is waited for.
    for chunk in chunks:
        for batch, n_rows in _batches(chunk, _most_rows(layout, chunk, seed)):
            result = _apply(
                parameters, batch, next(keys), arguments, layout=layout, function=function
            )
            if not on_cpu():
                # It comes back while the next one is computed.
                result.copy_to_host_async()
            started.append((result, n_rows))
    return np.concatenate([np.asarray(result)[:n_rows] for result, n_rows in started])


@partial(jax.jit, static_argnames=("layout", "function"), compiler_options=OPTIONS)
def _apply(
    parameters: Parameters,
    rows: jax.Array,
    key: jax.Array | None,
    arguments: tuple[Any, ...],
    *,
    layout: Layout,
    function: Callable[..., jax.Array],
) -> jax.Array:
    keyed = () if key is None else (key,)
    return function(layout.unflatten(parameters), as_float(rows), *keyed, *arguments)


def _most_rows(layout: Layout, rows: np.ndarray, seed: int | None) -> int:
    """Give how many rows to take at once."""
    widest = max(chain(rows.shape[1:], *layout.shapes))
    whole = len(rows) % _NARROW_BATCH == 0 and seed is None
    narrow = _NARROW if on_cpu() else _NARROW_ON_GPU
    return _NARROW_BATCH if widest <= narrow and whole else _BATCH_SIZES[-1]


def _batches(rows: np.ndarray, most: int) -> Iterator[tuple[np.ndarray, int]]:
    """Cut rows into batches, the last one filled up; yield how many of each count, too."""
    size = next((s for s in _BATCH_SIZES if len(rows) <= s), most)
    for start in range(0, max(len(rows), 1), size):
        batch = rows[start : start + size]
        n_rows = len(batch)
        if n_rows < size:
            batch = np.concatenate([batch, np.zeros((size - n_rows, *rows.shape[1:]), rows.dtype)])
        yield batch, n_rows
