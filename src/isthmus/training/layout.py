"""A model's parameters in few arrays, and back.

The optimizer then updates a few arrays instead of dozens: on small networks a fifth faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, TypeAlias, final

import jax
import jax.numpy as jnp
import numpy as np

Parameters: TypeAlias = tuple[Any, ...]
"""The vector of all small parameters ``(n_small,)``, then each large matrix, as arrays of NumPy or
JAX."""

# From this size on, another copy costs more than another array to update.
_LARGE = 2**14


@final
@dataclass(frozen=True)
class Layout:
    """Where each parameter lies: large matrices alone, all others in one flat vector.

    In the vector matrices come first, then biases. A layout is hashable, so that compiled
    programs are found again for every model of the same shape.
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
        """How many numbers there are in all."""
        return sum(map(prod, self.shapes))

    @cached_property
    def decays(self) -> tuple[np.ndarray, ...]:
        """Which parameters belong to matrices, as 1.0 and 0.0 in the layout's own shapes."""
        shapes = [self.shapes[i] for i in self._small]
        vector = [np.full(prod(shape), len(shape) > 1, np.float32) for shape in shapes]
        large = [np.ones((), np.float32) for _ in self._large]
        return (np.concatenate([np.empty(0, np.float32), *vector]), *large)

    def flatten(self, model: Any) -> Parameters:
        """Give the model's parameters as few arrays of NumPy."""
        return self._gather(model, np.concatenate, np.ravel, np.asarray)

    def concatenate(self, model: Any) -> Parameters:
        """Do the same inside a compiled program."""
        return self._gather(model, jnp.concatenate, jnp.ravel, jnp.asarray)

    def unflatten(self, parameters: Parameters) -> Any:
        """Give the model with these parameters, of NumPy or JAX."""
        vector, *large = parameters
        leaves: list[Any] = [None] * len(self.shapes)
        start = 0
        for i in self._small:
            stop = start + prod(self.shapes[i])
            leaves[i] = vector[start:stop].reshape(self.shapes[i])
            start = stop
        for i, matrix in zip(self._large, large, strict=True):
            leaves[i] = matrix
        return jax.tree.unflatten(self.structure, leaves)

    def _gather(self, model: Any, concatenate: Any, ravel: Any, as_array: Any) -> Parameters:
        leaves = jax.tree.leaves(model)
        small = [ravel(leaves[i]) for i in self._small] or [np.empty(0)]
        vector = concatenate(small, dtype=np.float32)
        return (vector, *(as_array(leaves[i], np.float32) for i in self._large))

    @cached_property
    def _large(self) -> tuple[int, ...]:
        return tuple(i for i, s in enumerate(self.shapes) if len(s) > 1 and prod(s) >= _LARGE)

    @cached_property
    def _small(self) -> tuple[int, ...]:
        small = (i for i in range(len(self.shapes)) if i not in self._large)
        return tuple(sorted(small, key=lambda i: len(self.shapes[i]) < 2))
