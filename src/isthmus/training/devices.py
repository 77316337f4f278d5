"""All devices of all processes: parameters on each of them, every minibatch spread over them."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from functools import cached_property
from typing import Any, NamedTuple, final

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from isthmus.training.batches import Batches, Block, DoubleBuffer

_BATCH = "batch"
_RANDOM = "threefry2x32"


def random_key(seed: int) -> jax.Array:
    """Give what ``jax.random.key`` gives for a seed under 2³², which compiles programs for it."""
    return jax.random.wrap_key_data(jax.device_put(np.array([0, seed], np.uint32)), impl=_RANDOM)


class PlacedBlock(NamedTuple):
    """A `Block` on the devices, as the compiled programs take it."""

    rows: Any  # (steps, batch, features)
    targets: Any  # (steps, batch, …) or None
    n_rows: Any  # how many count
    n_steps: Any  # minibatches that hold one that counts
    weights: Any = None  # (steps, batch), where rows that do not count are not the last ones


@final
class Devices:
    """A mesh with one axis, over which the rows of every minibatch are spread.

    Sums over rows cross the devices where the compiler puts them; the program is the one for a
    single device, for which nothing here does anything. A minibatch whose rows do not divide
    evenly gets rows that do not count.
    """

    def __init__(self) -> None:
        self._devices = np.array(jax.devices())
        self.alone = len(self._devices) == 1
        self._n_processes = jax.process_count()

    @cached_property
    def replicated(self) -> NamedSharding | None:
        """The sharding of what every device has whole; None for a single device."""
        return None if self.alone else self._sharding()

    def padded(self, batch_size: int) -> int:
        """Give the rows that a minibatch is filled up to."""
        return -(-batch_size // len(self._devices)) * len(self._devices)

    def everywhere(self, tree: Any) -> Any:
        """Put arrays, equal in all processes, whole on every device."""
        if self.replicated is None:
            return tree
        return jax.tree.map(self._replicate, tree)

    def key(self, seed: int) -> jax.Array:
        """Give a random key on every device."""
        key = random_key(seed)
        if self.alone:
            return key
        return jax.random.wrap_key_data(self.everywhere(jax.random.key_data(key)), impl=_RANDOM)

    def blocks(
        self,
        batches: Batches,
        generators: Iterable[np.random.Generator] | None = None,
        buffer: DoubleBuffer | None = None,
    ) -> Generator[PlacedBlock]:
        """Yield epochs' blocks, placed on the devices.

        There is an epoch for each generator; without any there is one, and rows come as they
        are. Each process gathers its own share of every minibatch only. With `buffer` a block
        may be lost when the next but one is asked for, so it has to be done with by then.
        """
        size = batches.batch_size
        columns = slice(None) if self.alone else self._own_columns(size)
        if generators is None:
            blocks = batches.epoch(None, columns, buffer)
        else:
            blocks = batches.epochs(generators, columns, buffer)
        for block in blocks:
            if self.alone:
                rows, targets = jax.device_put((block.rows, block.targets))
                yield PlacedBlock(rows, targets, block.n_rows, block.n_steps)
                continue
            rows, targets = jax.tree.map(
                lambda array: self._spread(array, size), (block.rows, block.targets)
            )
            weights = self._weights(block, size)
            yield PlacedBlock(rows, targets, block.n_rows, block.n_steps, weights)

    def _sharding(self, *axes: str | None) -> NamedSharding:
        return NamedSharding(Mesh(self._devices, (_BATCH,)), PartitionSpec(*axes))

    def _replicate(self, leaf: Any) -> jax.Array:
        array = np.asarray(leaf)
        return jax.make_array_from_callback(array.shape, self._sharding(), lambda i: array[i])

    def _own_columns(self, batch_size: int) -> slice:
        """Give this process's rows of every minibatch."""
        width = self.padded(batch_size) // self._n_processes
        start = jax.process_index() * width
        return slice(min(start, batch_size), min(start + width, batch_size))

    def _spread(self, array: np.ndarray, batch_size: int) -> jax.Array:
        """Give ``(steps, batch, …)`` from this process's share of it."""
        width = self.padded(batch_size) // self._n_processes
        filling = [(0, 0)] * array.ndim
        filling[1] = (0, width - array.shape[1])
        if filling[1][1]:
            array = np.pad(array, filling)
        shape = (array.shape[0], self.padded(batch_size), *array.shape[2:])
        return jax.make_array_from_process_local_data(self._sharding(None, _BATCH), array, shape)

    def _weights(self, block: Block, batch_size: int) -> jax.Array:
        columns = np.arange(self.padded(batch_size))
        steps = np.arange(len(block.rows))[:, None]
        counts = (columns < batch_size) & (steps * batch_size + columns < block.n_rows)
        weights = counts.astype(np.float32)
        sharding = self._sharding(None, _BATCH)
        return jax.make_array_from_callback(weights.shape, sharding, lambda i: weights[i])
