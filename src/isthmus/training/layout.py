"""A model's parameters as one flat vector, and back.

The optimizer then updates one array instead of dozens: on small networks a fifth faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np


@final
@dataclass(frozen=True)
class Layout:
    """Where each parameter lies in the flat vector: matrices first, then biases.

    It is hashable, so that compiled programs are found again for every model of the same shape.
    """

    structure: Any
    shapes: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, model: Any) -> Layout:
        """Describe this model."""
        leaves, structure = jax.tree.flatten(model)
        return cls(structure, tuple(leaf.shape for leaf in leaves))

    @property
    def n_parameters(self) -> int:
        """Length of the flat vector."""
        return sum(map(prod, self.shapes))

    @property
    def n_decayed(self) -> int:
        """How many parameters, the first ones, belong to matrices."""
        return sum(prod(shape) for shape in self.shapes if len(shape) > 1)

    @property
    def _order(self) -> list[int]:
        return sorted(range(len(self.shapes)), key=lambda i: len(self.shapes[i]) < 2)

    def flatten(self, model: Any) -> np.ndarray:
        """Give the model's parameters as one vector ``(n_parameters,)``."""
        leaves = jax.tree.leaves(model)
        return np.concatenate([np.ravel(leaves[i]) for i in self._order], dtype=np.float32)

    def concatenate(self, model: Any) -> jax.Array:
        """Flatten inside a compiled program."""
        leaves = jax.tree.leaves(model)
        return jnp.concatenate([jnp.ravel(leaves[i]) for i in self._order])

    def unflatten(self, vector: Any) -> Any:
        """Give the model with the parameters of this vector, of NumPy or JAX."""
        leaves: list[Any] = [None] * len(self.shapes)
        start = 0
        for i in self._order:
            stop = start + prod(self.shapes[i])
            leaves[i] = vector[start:stop].reshape(self.shapes[i])
            start = stop
        return jax.tree.unflatten(self.structure, leaves)
