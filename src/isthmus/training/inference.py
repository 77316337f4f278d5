"""Encode, decode and score any number of rows with a few compiled shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.io import CHUNK_ROWS
from isthmus.models import GaussianCode, Model, Predictor, free_energy, gibbs, sample_hidden
from isthmus.objectives import Objective, log_importance_weights
from isthmus.prepare import as_float
from isthmus.training.devices import random_key
from isthmus.training.layout import Layout, Parameters

# Every call is filled up to one of these numbers of rows.
_BATCH_SIZES = (32, 1024, 8192)
# Whole chunks of rows go through a narrow network at once, and still take little memory there.
_NARROW, _NARROW_BATCH = 64, CHUNK_ROWS


@partial(jax.jit, static_argnames="layout")
def _encode(parameters: Parameters, x: jax.Array, *, layout: Layout) -> jax.Array:
    return layout.unflatten(parameters).encode(as_float(x))


@partial(jax.jit, static_argnames="layout")
def _decode(parameters: Parameters, z: jax.Array, *, layout: Layout) -> jax.Array:
    return layout.unflatten(parameters).decode(z)


@partial(jax.jit, static_argnames=("layout", "objective"))
def _score(
    parameters: Parameters, x: jax.Array, key: jax.Array, *, layout: Layout, objective: Objective
) -> jax.Array:
    weights = jnp.ones(len(x))
    return -objective.row_losses(layout.unflatten(parameters), as_float(x), weights, key)


@partial(jax.jit, static_argnames=("layout", "objective", "n_draws"))
def _score_alone(
    parameters: Parameters,
    x: jax.Array,
    key: jax.Array,
    *,
    layout: Layout,
    objective: Objective,
    n_draws: int,
) -> jax.Array:
    model = layout.unflatten(parameters)

    def score(row: jax.Array, key: jax.Array) -> jax.Array:
        return -objective.row_losses(model, row[None], jnp.ones(1), key)[0]

    x = as_float(x)
    # One key for all rows: what is drawn for a row must not depend on where it stands. One draw
    # after the other, so that memory does not grow with them.
    scores = jax.lax.map(
        lambda key: jax.vmap(score, (0, None))(x, key), jax.random.split(key, n_draws)
    )  # (draws, batch)
    return jnp.mean(scores, axis=0)


def encode_rows(model: Model, x: np.ndarray) -> np.ndarray:
    """Encode prepared rows: ``(rows, features) -> (rows, components)``, float32."""
    return encode_chunks(model, [x])


def encode_chunks(model: Model, chunks: Iterable[np.ndarray]) -> np.ndarray:
    """Encode one chunk of prepared rows after the other, and put the codes together.

    The device encodes a chunk while the next one is being prepared.
    """
    layout = Layout.of(model)
    program = partial(_encode, jax.device_put(layout.flatten(model)), layout=layout)
    return _collect(part for x in chunks for part in _start(program, x, _most_rows(layout, x)))


def decode_rows(model: Model, z: np.ndarray) -> np.ndarray:
    """Decode codes: ``(rows, components) -> (rows, features)``, float32 in the prepared scale."""
    layout = Layout.of(model)
    z = z.astype(np.float32, copy=False)
    program = partial(_decode, jax.device_put(layout.flatten(model)), layout=layout)
    return _in_batches(program, z, _most_rows(layout, z))


def score_rows(model: Model, x: np.ndarray, objective: Objective, seed: int = 0) -> np.ndarray:
    """Give each prepared row's negative loss, penalties left out: ``(rows,)``, float32."""
    layout = Layout.of(model)
    parameters = jax.device_put(layout.flatten(model))
    return _in_keyed_batches(
        partial(_score, parameters, layout=layout, objective=objective), x, seed
    )


def score_rows_alone(model: Model, x: np.ndarray, objective: Objective, n_draws: int) -> np.ndarray:
    """Give each row's negative loss, averaged over draws that are the same for every row.

    Unlike `score_rows` it gives a row the same score whatever rows surround it; the errors of
    the rows are not independent, so their mean is less sure.
    """
    layout = Layout.of(model)
    program = partial(
        _score_alone,
        jax.device_put(layout.flatten(model)),
        key=random_key(0),
        layout=layout,
        objective=objective,
        n_draws=n_draws,
    )
    return _in_batches(program, x)


@partial(jax.jit, static_argnames="layout")
def _features(parameters: Parameters, x: jax.Array, *, layout: Layout) -> jax.Array:
    return layout.unflatten(parameters).features(as_float(x))


@partial(jax.jit, static_argnames="layout")
def _outputs(parameters: Parameters, x: jax.Array, *, layout: Layout) -> jax.Array:
    return layout.unflatten(parameters).outputs(as_float(x))


def feature_rows(predictor: Predictor, x: np.ndarray) -> np.ndarray:
    """Give what the predictor's head takes: ``(rows, features) -> (rows, components)``."""
    layout = Layout.of(predictor)
    program = partial(_features, jax.device_put(layout.flatten(predictor)), layout=layout)
    return _in_batches(program, x)


def predict_rows(predictor: Predictor, x: np.ndarray) -> np.ndarray:
    """Give what the predictor's head gives: ``(rows, features) -> (rows, outputs)``."""
    layout = Layout.of(predictor)
    program = partial(_outputs, jax.device_put(layout.flatten(predictor)), layout=layout)
    return _in_batches(program, x)


def _in_keyed_batches(
    program: Callable[[np.ndarray, jax.Array], jax.Array], rows: np.ndarray, seed: int
) -> np.ndarray:
    """Give every batch a key of its own."""
    keys = (jax.random.fold_in(random_key(seed), i) for i in count())
    return _in_batches(lambda part: program(part, next(keys)), rows)


def _most_rows(layout: Layout, rows: np.ndarray) -> int:
    """Give how many rows to take at once."""
    widest = max(chain(rows.shape[1:], *layout.shapes))
    whole = len(rows) % _NARROW_BATCH == 0
    return _NARROW_BATCH if widest <= _NARROW and whole else _BATCH_SIZES[-1]


def _in_batches(
    program: Callable[[np.ndarray], jax.Array], rows: np.ndarray, most: int = _BATCH_SIZES[-1]
) -> np.ndarray:
    return _collect(_start(program, rows, most))


def _start(
    program: Callable[[np.ndarray], jax.Array], rows: np.ndarray, most: int
) -> Iterator[tuple[jax.Array, int]]:
    """Let the device begin with each batch; yield its results, and how many of them count."""
    size = next((s for s in _BATCH_SIZES if len(rows) <= s), most)
    for start in range(0, max(len(rows), 1), size):
        part = rows[start : start + size]
        n_rows = len(part)
        if n_rows < size:
            part = np.concatenate([part, np.zeros((size - n_rows, *rows.shape[1:]), rows.dtype)])
        yield program(part), n_rows


def _collect(parts: Iterable[tuple[jax.Array, int]]) -> np.ndarray:
    """Wait for all results; all are begun before the first one is waited for."""
    return np.concatenate([np.asarray(result)[:n_rows] for result, n_rows in list(parts)])


@partial(jax.jit, static_argnames="layout")
def _std(parameters: Parameters, x: jax.Array, *, layout: Layout) -> jax.Array:
    model = layout.unflatten(parameters)
    return _gaussian(model).std(model.network.encode(as_float(x)))


@partial(jax.jit, static_argnames="layout")
def _divergence(parameters: Parameters, x: jax.Array, *, layout: Layout) -> jax.Array:
    model = layout.unflatten(parameters)
    return _gaussian(model).divergence(model.network.encode(as_float(x)))


@partial(jax.jit, static_argnames="layout")
def _sample(parameters: Parameters, z: jax.Array, key: jax.Array, *, layout: Layout) -> jax.Array:
    model = layout.unflatten(parameters)
    return model.likelihood.sample(model.network.decode(z), key)


@partial(jax.jit, static_argnames="layout")
def _importance_weighted(
    parameters: Parameters, x: jax.Array, n_samples: jax.Array, key: jax.Array, *, layout: Layout
) -> jax.Array:
    model = layout.unflatten(parameters)
    x = as_float(x)
    code_parameters = model.network.encode(x)

    def add(i: jax.Array, total: jax.Array) -> jax.Array:
        key_i = jax.random.fold_in(key, i)
        return jnp.logaddexp(total, log_importance_weights(model, x, code_parameters, key_i))

    total = jax.lax.fori_loop(0, n_samples, add, jnp.full(len(x), -jnp.inf))
    return total - jnp.log(n_samples)


def code_std(model: Model, x: np.ndarray) -> np.ndarray:
    """Give the standard deviations of Gaussian codes: ``(rows, components)``."""
    layout = Layout.of(model)
    return _in_batches(partial(_std, jax.device_put(layout.flatten(model)), layout=layout), x)


def code_divergence(model: Model, x: np.ndarray) -> np.ndarray:
    """Give the divergence of Gaussian codes from their prior: ``(rows, components)``, in nats."""
    layout = Layout.of(model)
    return _in_batches(
        partial(_divergence, jax.device_put(layout.flatten(model)), layout=layout), x
    )


def sample_rows(model: Model, z: np.ndarray, seed: int) -> np.ndarray:
    """Draw rows from p(x|z), in the prepared scale: ``(rows, components) -> (rows, features)``."""
    layout = Layout.of(model)
    parameters = jax.device_put(layout.flatten(model))
    return _in_keyed_batches(partial(_sample, parameters, layout=layout), z, seed)


def importance_weighted_bound(model: Model, x: np.ndarray, n_samples: int, seed: int) -> np.ndarray:
    """Give each row's importance-weighted bound on its log-likelihood: ``(rows,)``, in nats."""
    layout = Layout.of(model)
    parameters = jax.device_put(layout.flatten(model))

    def program(part: np.ndarray, key: jax.Array) -> jax.Array:
        return _importance_weighted(parameters, part, n_samples, key, layout=layout)

    return _in_keyed_batches(program, x, seed)


@partial(jax.jit, static_argnames="layout")
def _free_energy(parameters: Parameters, x: jax.Array, *, layout: Layout) -> jax.Array:
    return free_energy(layout.unflatten(parameters), as_float(x))


@partial(jax.jit, static_argnames="layout")
def _gibbs(
    parameters: Parameters, h: jax.Array, n_steps: jax.Array, key: jax.Array, *, layout: Layout
) -> jax.Array:
    model = layout.unflatten(parameters)
    keys = jax.random.split(key, 3)
    v = model.likelihood.sample(model.network.decode(h), keys[0])
    return sample_hidden(model, gibbs(model, v, n_steps - 1, keys[1]), keys[2])


def free_energy_rows(model: Model, x: np.ndarray) -> np.ndarray:
    """Give the free energy of prepared rows: ``(rows, features) -> (rows,)``, in nats."""
    layout = Layout.of(model)
    return _in_batches(
        partial(_free_energy, jax.device_put(layout.flatten(model)), layout=layout), x
    )


def gibbs_rows(model: Model, h: np.ndarray, n_steps: int, seed: int) -> np.ndarray:
    """Give hidden units after this many Gibbs steps: ``(rows, components)`` to the same."""
    layout = Layout.of(model)
    parameters = jax.device_put(layout.flatten(model))

    def program(part: np.ndarray, key: jax.Array) -> jax.Array:
        return _gibbs(parameters, part, n_steps, key, layout=layout)

    return _in_keyed_batches(program, h, seed)


def _gaussian(model: Model) -> GaussianCode:
    assert isinstance(model.code, GaussianCode)
    return model.code
