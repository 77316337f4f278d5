"""Training networks of integers: floats that are rounded in the forward pass as decoding will.

Gradients pass the rounding as if it were not there.

References
----------
Bengio, Léonard and Courville (2013), Estimating or propagating gradients through stochastic
neurons for conditional computation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from isthmus.compression.integer_network import (
    ACTIVATION_UNIT,
    INPUT_UNIT,
    MOST_ACTIVATION,
    MOST_BIAS,
    MOST_WEIGHT,
    OUTPUT_UNIT,
    WEIGHT_UNIT,
    IntegerNetwork,
)
from isthmus.runs.compilation_cache import use_compilation_cache
from isthmus.runs.computing import computing

_SHIFT = 5

_STEPS_AT_ONCE = 500
_ADAM = optax.scale_by_adam()

Layers = list[tuple[jax.Array, jax.Array]]
Loss = Callable[[jax.Array, dict[str, jax.Array]], jax.Array]


def straight_through(function: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    """Apply a function whose gradient is taken to be one."""
    return x + jax.lax.stop_gradient(function(x) - x)


def forward(layers: Layers, inputs: jax.Array) -> jax.Array:
    """Give the outputs, ``(batch, n_outputs)``, in units of one, of integer inputs."""
    h = inputs / INPUT_UNIT
    for weights, biases in layers[:-1]:
        h = h @ _rounded(_held(weights), WEIGHT_UNIT).T + _rounded(biases, OUTPUT_UNIT)
        h = jnp.clip(h, 0, MOST_ACTIVATION / ACTIVATION_UNIT)
        h = straight_through(lambda x: jnp.floor(x * ACTIVATION_UNIT) / ACTIVATION_UNIT, h)
    weights, biases = layers[-1]
    return h @ _rounded(_held(weights), WEIGHT_UNIT).T + _rounded(biases, OUTPUT_UNIT)


def quantized(layers: Layers) -> IntegerNetwork:
    """Give the integer network that computes what `forward` does."""
    weights = [np.rint(np.asarray(w, float) * WEIGHT_UNIT) for w, _ in layers]
    biases = [np.rint(np.asarray(b, float) * OUTPUT_UNIT) for _, b in layers]
    return IntegerNetwork(
        tuple(np.clip(w, -MOST_WEIGHT, MOST_WEIGHT).astype(np.int8) for w in weights),
        tuple(np.clip(b, -MOST_BIAS, MOST_BIAS).astype(np.int32) for b in biases),
        (_SHIFT,) * (len(layers) - 1),
    )


def as_layers(network: IntegerNetwork) -> Layers:
    """Give the floats from which training goes on with an integer network."""
    weights = [w.astype(np.float32) / np.float32(WEIGHT_UNIT) for w in network.weights]
    biases = [b.astype(np.float32) / np.float32(OUTPUT_UNIT) for b in network.biases]
    return [(jax.device_put(w), jax.device_put(b)) for w, b in zip(weights, biases, strict=True)]


def fresh_network(sizes: tuple[int, ...], seed: int = 0) -> IntegerNetwork:
    """Give a network of random weights from which training can begin."""
    generator = np.random.default_rng(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        last = n_out == sizes[-1] and n_in == sizes[-2]
        weights = generator.normal(size=(n_out, n_in)) * (0.3 if last else 1.0) / np.sqrt(n_in)
        layers.append((weights, np.full(n_out, 0.0 if last else 0.3)))
    return quantized(layers)


@computing()
def train(
    network: IntegerNetwork,
    loss: Loss,
    data: dict[str, np.ndarray],
    *,
    n_steps: int,
    batch_size: int = 2_048,
    learning_rate: float = 5e-3,
    seed: int = 0,
) -> IntegerNetwork:
    """Train an integer network with Adam, its rate falling along half a cosine.

    Parameters
    ----------
    network : IntegerNetwork
        Where to begin.
    loss : callable
        Gives the losses of a minibatch from the outputs of the network and the other arrays.
    data : dict of ndarray
        Arrays of equal length; ``"inputs"`` of shape ``(n, n_inputs)``.
    n_steps, batch_size, learning_rate, seed
        How to train.

    Returns
    -------
    IntegerNetwork
    """
    use_compilation_cache()
    n = len(data["inputs"])
    arrays = {name: jax.device_put(_lengthened(values)) for name, values in data.items()}
    layers = as_layers(network)
    zeros = jax.tree.map(lambda values: jax.device_put(np.zeros_like(values)), layers)
    # In NumPy, since every small function that JAX compiles takes its time.
    count = jax.device_put(np.zeros((), np.int32))
    state = layers, optax.ScaleByAdamState(count, zeros, zeros)
    generator = np.random.default_rng(seed)
    rates = learning_rate * 0.5 * (1 + np.cos(np.pi * np.arange(n_steps) / n_steps))
    # In parts, so that Ctrl-C need not wait for all, and other numbers of steps compile to nothing.
    for at in range(0, n_steps, _STEPS_AT_ONCE):
        part = jax.device_put(rates[at : at + _STEPS_AT_ONCE].astype(np.float32))
        rows = generator.integers(n, size=(len(part), batch_size), dtype=np.int32)
        state = _trained(state, jax.device_put(rows), part, arrays, loss)
        jax.block_until_ready(state)
    return quantized(state[0])


# A function of the module, so that what it compiled to serves again.
@partial(jax.jit, static_argnames="loss")
def _trained(
    state: tuple[Layers, Any],
    rows: jax.Array,
    rates: jax.Array,
    arrays: dict[str, jax.Array],
    loss: Loss,
) -> tuple[Layers, Any]:
    def minibatch_loss(layers: Layers, rows: jax.Array) -> jax.Array:
        batch = {name: values[rows] for name, values in arrays.items()}
        outputs = forward(layers, batch.pop("inputs").astype(jnp.float32))
        return loss(outputs, batch).mean()

    def step(carry: tuple[Layers, Any], now: tuple[jax.Array, jax.Array]) -> Any:
        (layers, state), (rows, rate) = carry, now
        updates, state = _ADAM.update(jax.grad(minibatch_loss)(layers, rows), state)
        layers = jax.tree.map(lambda value, update: value - rate * update, layers, updates)
        return (layers, state), None

    state, _ = jax.lax.scan(step, state, (rows, rates))
    return state


def _lengthened(values: np.ndarray) -> np.ndarray:
    """Give an array as long as a power of two: so few lengths compile."""
    more = (1 << (len(values) - 1).bit_length()) - len(values)
    return np.concatenate([values, np.zeros((more, *values.shape[1:]), values.dtype)])


def _rounded(values: jax.Array, unit: int) -> jax.Array:
    return straight_through(lambda x: jnp.round(x * unit) / unit, values)


def _held(weights: jax.Array) -> jax.Array:
    return jnp.clip(weights, -MOST_WEIGHT / WEIGHT_UNIT, MOST_WEIGHT / WEIGHT_UNIT)
