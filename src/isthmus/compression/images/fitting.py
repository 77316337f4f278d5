"""Fitting the networks of a stack of images."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.compression.images.context import Canvas, Raster
from isthmus.compression.images.history import History
from isthmus.compression.images.model import ImageModel, network_sizes
from isthmus.compression.integer_training import fresh_network, train

_N_STEPS = {"fast": 1_500, "default": 6_000, "small": 20_000}
_N_EXAMPLES = 600_000
# Of places where all around is zero: most are, and they teach little.
_SHARE_OF_BLANK = 0.1
# Where there are many pixels, large minibatches are worth their time.
_BATCH_SIZES = ((1_000_000, 2_048), (0, 1_024))
_LEARNING_RATE = 1e-2
# Hidden units by how many pixels pay for them.
_HIDDEN = ((3_000_000, (48, 32)), (400_000, (32, 16)), (100_000, (16, 16)), (0, (8,)))


def fit(images: np.ndarray, palette: np.ndarray, raster: Raster, effort: str) -> ImageModel:
    """Fit the networks of images, ``(n, rows, columns, channels)``, places or values."""
    hidden = next(hidden for least, hidden in _HIDDEN if images.size >= least)
    batch_size = next(size for least, size in _BATCH_SIZES if images.size >= least)
    sizes = network_sizes(raster, len(palette), hidden)
    starts = tuple(fresh_network(size) for size in sizes)
    model = ImageModel(palette, raster, starts)
    examples = _examples(model, images)
    networks = []
    for number, start in enumerate(starts):
        inputs, symbols, importance = examples[number]
        data = {"inputs": inputs, "symbols": symbols, "importance": importance}
        networks.append(
            train(
                start,
                _code_length,
                data,
                n_steps=_N_STEPS[effort],
                batch_size=batch_size,
                learning_rate=_LEARNING_RATE,
            )
        )
    return ImageModel(palette, raster, tuple(networks))


def _code_length(outputs: jax.Array, batch: dict[str, jax.Array]) -> jax.Array:
    """Give the bits of each symbol, of which the outputs are the exponents of two."""
    logits = outputs * jnp.log(2.0)
    chosen = jnp.take_along_axis(logits, batch["symbols"][:, None], 1)[:, 0]
    bits = (jax.nn.logsumexp(logits, axis=1) - chosen) / jnp.log(2.0)
    return bits * batch["importance"]


def _examples(model: ImageModel, images: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    """Draw places of the images: inputs, symbols and how many each example stands for."""
    raster = model.raster
    generator = np.random.default_rng(0)
    n_places = raster.n_rows * raster.n_columns * raster.n_channels
    n_images = min(len(images), max(4 * _N_EXAMPLES // n_places, 1))
    images = images[generator.permutation(len(images))[:n_images]]
    values = np.ascontiguousarray(images.transpose(1, 2, 3, 0))
    canvas = Canvas(raster, n_images, model.most)
    history = History(n_images if len(model.networks) > 1 else 0)
    everything = slice(0, n_images)
    found: list[list[tuple[np.ndarray, ...]]] = [[] for _ in model.networks]
    share = min(1.0, _N_EXAMPLES / max(_n_lively(values), 1))
    for at in np.ndindex(raster.n_rows, raster.n_columns, raster.n_channels):
        seen = canvas.look(at, everything)
        same_channel = seen[: len(raster.offsets)]
        blank = (same_channel.max(0) == same_channel.min(0)) & (values[at] == 0)
        chance = np.where(blank, share * _SHARE_OF_BLANK, share).astype(np.float32)
        (kept,) = np.nonzero(generator.random(n_images) < chance)
        importance = share / chance[kept]
        inputs = canvas.inputs(at, seen[:, kept])
        if len(model.networks) == 1:
            found[0].append((inputs.T.astype(np.int8), values[at][kept], importance))
        else:
            high, low = values[at] >> 4, values[at] & 15
            found[0].append((inputs.T.astype(np.int8), high[kept], importance))
            expected = canvas.expected(at, everything)[:, kept]
            both = np.concatenate([inputs, history.inputs(kept, high[kept], expected)])
            found[1].append((both.T.astype(np.int8), low[kept], importance))
            history.add(np.arange(n_images), high, low)
        canvas.fill(at, everything, values[at])
    return [_joined(parts) for parts in found]


def _n_lively(values: np.ndarray) -> float:
    """Guess how many pixels are not alone among zeros."""
    return values.size * min(1.0, 3 * np.count_nonzero(values) / max(values.size, 1))


def _joined(parts: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    inputs, symbols, importance = (np.concatenate(values) for values in zip(*parts, strict=True))
    return inputs, symbols.astype(np.int32), (importance / importance.mean()).astype(np.float32)
