"""All devices of all processes: parameters on each of them, every minibatch spread over them."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from functools import cached_property, partial
from typing import Any, NamedTuple, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from isthmus.io.ahead import in_order
from isthmus.networks.precision import on_cpu
from isthmus.training.batches import NOWHERE, ArrayBatches, Batches, DoubleBuffer
from isthmus.training.compiler import OPTIONS
from isthmus.training.resident import Resident

_BATCH = "batch"
_RANDOM = "threefry2x32"
# Orders of epochs to come, each of which takes twelve bytes a row.
_MOST_AHEAD, _ROWS_AHEAD = 4, 2**22


def random_key(seed: int) -> jax.Array:
    """Give what ``jax.random.key`` gives for a seed under 2³², which compiles programs for it."""
    return jax.random.wrap_key_data(jax.device_put(np.array([0, seed], np.uint32)), impl=_RANDOM)


def _drawn_ahead(n_rows: int) -> int:
    """Give how many epochs' orders to draw at once: for many small steps one takes too long."""
    spare = (os.cpu_count() or 1) - 1
    return max(1, min(_MOST_AHEAD, spare, _ROWS_AHEAD // max(n_rows, 1)))


@partial(jax.jit, compiler_options=OPTIONS)
def _copied(tree: Any) -> Any:
    # One program: copying arrays one by one takes the host a hundred times as long.
    return jax.tree.map(jnp.copy, tree)


class PlacedBlock(NamedTuple):
    """Minibatches on the devices, as the compiled programs take them.

    Either they are a `Block`, gathered by the host, or positions of rows that stay there, and
    each step gathers its own.
    """

    rows: Any  # (steps, batch, features), or with positions (rows, features)
    targets: Any  # likewise, or None
    n_rows: Any  # how many count
    n_steps: Any  # minibatches that hold one that counts
    weights: Any = None  # (steps, batch), where rows that do not count are not the last ones
    positions: Any = None  # (steps, batch)

    @property
    def shape(self) -> tuple[int, int]:
        """The steps that there is place for, and the rows of each."""
        return (self.rows if self.positions is None else self.positions).shape[:2]


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
        self._resident = Resident(self._whole)

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

    def kept(self, tree: Any) -> Any:
        """Copy arrays on the devices where they are, so that a program may take their memory."""
        if on_cpu():
            return jax.tree.map(np.array, tree)
        return _copied(tree)

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

        Rows that fit stay on the devices, and what goes there for an epoch is their order.
        """
        if isinstance(batches, ArrayBatches) and self._stay(batches):
            return self._positions(batches, [None] if generators is None else generators)
        return self._gathered(batches, generators, buffer)

    def _stay(self, batches: ArrayBatches) -> bool:
        arrays = [array for array in (batches.matrix, batches.targets) if array is not None]
        return self._resident.holds(*arrays)

    def _positions(
        self, batches: ArrayBatches, generators: Iterable[np.random.Generator | None]
    ) -> Generator[PlacedBlock]:
        rows = self._resident[batches.matrix]
        targets = None if batches.targets is None else self._resident[batches.targets]
        size, n_rows, n_steps = batches.batch_size, batches.n_rows, batches.n_steps
        for positions in in_order(batches.positions, generators, _drawn_ahead(n_rows)):
            weights = None
            if self.alone:
                placed = jax.device_put(positions)
            else:
                placed = self._spread(positions[:, self._own_columns(size)], size, NOWHERE)
                weights = self._weights(len(positions), n_rows, size)
            yield PlacedBlock(rows, targets, n_rows, n_steps, weights, placed)

    def _gathered(
        self,
        batches: Batches,
        generators: Iterable[np.random.Generator] | None,
        buffer: DoubleBuffer | None,
    ) -> Generator[PlacedBlock]:
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
            weights = self._weights(len(block.rows), block.n_rows, size)
            yield PlacedBlock(rows, targets, block.n_rows, block.n_steps, weights)

    def _sharding(self, *axes: str | None) -> NamedSharding:
        return NamedSharding(Mesh(self._devices, (_BATCH,)), PartitionSpec(*axes))

    def _whole(self, array: np.ndarray) -> Any:
        return array if self.alone else self._replicate(array)

    def _replicate(self, leaf: Any) -> jax.Array:
        array = np.asarray(leaf)
        return jax.make_array_from_callback(array.shape, self._sharding(), lambda i: array[i])

    def _own_columns(self, batch_size: int) -> slice:
        """Give this process's rows of every minibatch."""
        width = self.padded(batch_size) // self._n_processes
        start = jax.process_index() * width
        return slice(min(start, batch_size), min(start + width, batch_size))

    def _spread(self, array: np.ndarray, batch_size: int, filling: int = 0) -> jax.Array:
        """Give ``(steps, batch, …)`` from this process's share of it."""
        width = self.padded(batch_size) // self._n_processes
        n_missing = width - array.shape[1]
        if n_missing:
            widths = [(0, n_missing if axis == 1 else 0) for axis in range(array.ndim)]
            array = np.pad(array, widths, constant_values=filling)
        shape = (array.shape[0], self.padded(batch_size), *array.shape[2:])
        return jax.make_array_from_process_local_data(self._sharding(None, _BATCH), array, shape)

    def _weights(self, n_steps: int, n_rows: int, batch_size: int) -> jax.Array:
        columns = np.arange(self.padded(batch_size))
        steps = np.arange(n_steps)[:, None]
        counts = (columns < batch_size) & (steps * batch_size + columns < n_rows)
        weights = counts.astype(np.float32)
        sharding = self._sharding(None, _BATCH)
        return jax.make_array_from_callback(weights.shape, sharding, lambda i: weights[i])
