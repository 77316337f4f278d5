"""The processes of a job, and what they must know of each other."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, final

import jax
import numpy as np
from jax.experimental import multihost_utils

from isthmus.errors import IsthmusError
from isthmus.runs.computing import refuse_after_fork

_BYTES_AT_ONCE = 2**26


@final
class DisagreementError(IsthmusError):
    """Processes of a job differ where all must be alike; every one of them raises it."""


@final
class Processes:
    """All processes of a job; mostly there is one, for which nothing here does anything.

    Attributes
    ----------
    count : int
        How many there are.
    first : bool
        Whether this process is the one that writes and tells.
    """

    def __init__(self) -> None:
        refuse_after_fork()
        self.count = jax.process_count()
        self.first = jax.process_index() == 0

    def agree(self, size: int, stop: int) -> tuple[int, int]:
        """Do as the first process says about `size`, and stop if any one wants to."""
        if self.count == 1:
            return size, stop
        said = multihost_utils.process_allgather(np.array([size, stop], np.int32))
        return int(said[0, 0]), int(said[:, 1].max())

    def gather(self, value: Any) -> list[Any]:
        """Give what every process has, in their order, as JSON holds it."""
        if self.count == 1:
            return [value]
        content = np.frombuffer(json.dumps(value).encode(), np.uint8)
        share = multihost_utils.process_allgather
        sizes = np.asarray(share(np.array(len(content), np.int32)))
        padded = np.zeros(sizes.max(), np.uint8)
        padded[: len(content)] = content
        every = np.asarray(share(padded)).astype(np.uint8)
        return [json.loads(row[:size].tobytes()) for row, size in zip(every, sizes, strict=True)]

    def from_first(self, content: bytes) -> bytes:
        """Give every process what the first one has."""
        if self.count == 1:
            return content
        share = multihost_utils.broadcast_one_to_all
        length = np.asarray(share(np.array(divmod(len(content), _BYTES_AT_ONCE), np.int32)))
        n_bytes = int(length[0]) * _BYTES_AT_ONCE + int(length[1])
        received = []
        for start in range(0, n_bytes, _BYTES_AT_ONCE):
            some = np.zeros(min(_BYTES_AT_ONCE, n_bytes - start), np.uint8)
            if self.first:
                some[:] = np.frombuffer(content[start : start + _BYTES_AT_ONCE], np.uint8)
            received.append(np.asarray(share(some)).astype(np.uint8).tobytes())
        return b"".join(received)


def check_devices() -> None:
    """Refuse processes with unlike devices: every one has the same share of each minibatch.

    Raises
    ------
    DisagreementError
        Their numbers or kinds differ.
    """
    found: dict[int, Counter[str]] = {}
    for device in jax.devices():
        found.setdefault(device.process_index, Counter())[device.device_kind] += 1
    expected = found[0]
    for number, devices in sorted(found.items()):
        if devices != expected:
            raise DisagreementError(
                f"process {number} has other devices than process 0 ({_named(devices)}, but there "
                f"{_named(expected)}): start all processes with the same number and kind of them."
            )


def _named(devices: Counter[str]) -> str:
    return " and ".join(f"{number} × {kind}" for kind, number in sorted(devices.items()))
