"""Where weights start.

Initial weights are made in NumPy: one array at a time in JAX would compile a program for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import jax
import numpy as np

Initializer: TypeAlias = Callable[[int, int, str], Any]
"""Gives a layer's weights from its numbers of inputs and outputs and the activation before it."""

# Times the arrays of a file, more than what a classifier has dropped ever is.
_MOST_MORE = 16

# 1 / √E[f(x)²] for x ~ N(0, 1), so that an activation leaves the scale of a signal as it was.
_GAINS = {
    "elu": 1.245,
    "gelu": 1.534,
    "identity": 1.0,
    "relu": 1.414,
    "selu": 1.0,
    "sigmoid": 1.0,
    "silu": 1.677,
    "softplus": 1.0,
    "tanh": 1.593,
}


def glorot_uniform(generator: np.random.Generator) -> Initializer:
    """Draw weights uniformly so that signals neither grow nor fade from layer to layer.

    The bounds are ``±gain · √(6 / (inputs + outputs))``, with the gain of the activation that
    the layer's inputs went through.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, equation 16; He et al. (2015), Delving deep into rectifiers, for the gain.
    """

    def initialize(n_inputs: int, n_outputs: int, activation: str) -> np.ndarray:
        bound = _GAINS[activation] * (6.0 / (n_inputs + n_outputs)) ** 0.5
        return generator.uniform(-bound, bound, (n_inputs, n_outputs)).astype(np.float32)

    return initialize


def shapes_for(arrays: Iterable[np.ndarray]) -> Initializer:
    """Stand in for weights that will come from a file, whose arrays these are.

    No memory is taken, and a network out of proportion to them is refused: a design of a few
    bytes may ask for any number of layers of any width. It may have some more than the file, as
    the decoder that a classifier has dropped.

    Examples
    --------
    >>> initialize = shapes_for([np.zeros((30, 4), np.float32)])
    >>> initialize(30, 4, "identity").shape
    (30, 4)
    >>> initialize(30, 10**9, "identity")
    Traceback (most recent call last):
        ...
    ValueError: the network is larger than the arrays of the file
    """
    sizes = [array.size for array in arrays]
    n_values, n_layers = _MOST_MORE * (sum(sizes) + 1), _MOST_MORE * (len(sizes) + 1)

    def initialize(n_inputs: int, n_outputs: int, activation: str) -> jax.ShapeDtypeStruct:
        nonlocal n_values, n_layers
        n_values, n_layers = n_values - n_inputs * n_outputs, n_layers - 1
        if min(n_inputs, n_outputs, n_values, n_layers) < 0:
            raise ValueError("the network is larger than the arrays of the file")
        return jax.ShapeDtypeStruct((n_inputs, n_outputs), np.float32)

    return initialize
