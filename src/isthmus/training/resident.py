"""Rows that stay on the devices: what they may take there, and how they are put there."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.io.budget import parse_bytes
from isthmus.training.compiler import OPTIONS

VARIABLE = "ISTHMUS_DEVICE_MEMORY"

# Of what JAX may take on a device; parameters, moments and activations need the rest.
_SHARE = 3
# Arrays up to this size are filled up on the host, larger ones part by part.
_PART_BYTES = 64 * 2**20
# Arrays are filled up by at most one row in so many, so that similar lengths share one program.
_PARTS = 8


def device_memory_budget() -> int:
    """Give the bytes that rows may take on each device.

    It is what the environment variable ``ISTHMUS_DEVICE_MEMORY`` says, ``off`` for none, or a
    third of what JAX may take there. On CPU it is none: the rows are in the device's memory as it
    is, and gathering blocks of minibatches from there is no slower than gathering each in a step.

    Raises
    ------
    IsthmusError
        ISTHMUS_DEVICE_MEMORY is no size.
    """
    text = os.environ.get(VARIABLE, "")
    if text.lower() in {"off", "0", "no", "false"}:
        return 0
    if text:
        return parse_bytes(text, VARIABLE)
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return 0
    # Only devices that tell their memory can be trusted with rows.
    return (device.memory_stats() or {}).get("bytes_limit", 0) // _SHARE


@final
class Resident:
    """Arrays of the host that were put on the devices once, as long as the budget lasts.

    Parameters
    ----------
    everywhere : callable
        Puts an array whole on every device.
    """

    def __init__(self, everywhere: Callable[[np.ndarray], Any]) -> None:
        self._everywhere = everywhere
        self._n_bytes_left = device_memory_budget()
        self._held: list[tuple[np.ndarray, jax.Array]] = []

    def holds(self, *arrays: np.ndarray) -> bool:
        """Tell whether all these arrays are there, after bringing them there if they fit."""
        new = [array for array in arrays if self._find(array) is None]
        n_bytes = sum(capacity(len(array)) * array[:1].nbytes for array in new)
        if n_bytes > self._n_bytes_left or not self._n_bytes_left:
            return False
        self._n_bytes_left -= n_bytes
        self._held += [(array, self._put(array)) for array in new]
        return True

    def __getitem__(self, array: np.ndarray) -> jax.Array:
        """Give an array as it is on the devices, rows after its own filled up."""
        found = self._find(array)
        if found is None:
            raise KeyError("this array is not on the devices")
        return found

    def _find(self, array: np.ndarray) -> jax.Array | None:
        return next((placed for held, placed in self._held if held is array), None)

    def _put(self, array: np.ndarray) -> jax.Array:
        n_rows, row_bytes = capacity(len(array)), array[:1].nbytes
        size = n_rows if n_rows * row_bytes <= _PART_BYTES else step_of(len(array))
        parts = [
            self._everywhere(_filled(array[start : start + size], size))
            for start in range(0, n_rows, size)
        ]
        return _joined(parts) if len(parts) > 1 else jax.device_put(parts[0])


def capacity(n_rows: int) -> int:
    """Give the rows to which so many are filled up.

    Examples
    --------
    >>> capacity(1000), capacity(1030), capacity(1280)
    (1024, 1280, 1280)
    """
    step = step_of(n_rows)
    return -(-n_rows // step) * step


def step_of(n_rows: int) -> int:
    """Give the number of rows of which capacities are multiples."""
    return max((1 << max(n_rows - 1, 0).bit_length()) // _PARTS, 1)


@partial(jax.jit, compiler_options=OPTIONS)
def _joined(parts: list[jax.Array]) -> jax.Array:
    return jnp.concatenate(parts)


def _filled(rows: np.ndarray, n_rows: int) -> np.ndarray:
    filling = [(0, n_rows - len(rows)), *[(0, 0)] * (rows.ndim - 1)]
    return np.pad(rows, filling) if filling[0][1] else rows
