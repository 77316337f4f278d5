"""Where weights start.

Initial weights are made in NumPy: one array at a time in JAX would compile a program for each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import numpy as np

Initializer: TypeAlias = Callable[[int, int], Any]
"""Gives the weights of a layer from its numbers of inputs and outputs: ``(inputs, outputs)``."""


def glorot_uniform(generator: np.random.Generator) -> Initializer:
    """Draw weights uniformly so that variances neither grow nor shrink from layer to layer.

    The bounds are ``±√(6 / (inputs + outputs))``.

    References
    ----------
    Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward neural
    networks, equation 16.
    """

    def initialize(n_inputs: int, n_outputs: int) -> np.ndarray:
        bound = (6.0 / (n_inputs + n_outputs)) ** 0.5
        return generator.uniform(-bound, bound, (n_inputs, n_outputs)).astype(np.float32)

    return initialize


def shapes_only(n_inputs: int, n_outputs: int) -> jax.ShapeDtypeStruct:
    """Stand in for weights that will come from a file; no memory is taken."""
    return jax.ShapeDtypeStruct((n_inputs, n_outputs), np.float32)
