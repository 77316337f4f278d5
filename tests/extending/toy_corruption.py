"""A corruption of one's own: rows fade."""

from dataclasses import dataclass

import jax

from isthmus import Corruption


@dataclass(frozen=True)
class Fading(Corruption, part_name="toy"):
    """Each row loses a share of itself, drawn between 0 and `level`."""

    def __call__(self, x, weights, key):
        return x * (1 - self.level * jax.random.uniform(key, (len(x), 1)))
