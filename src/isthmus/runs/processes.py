"""The processes of a job, and what they must know of each other."""

from __future__ import annotations

from typing import final

import jax
import numpy as np
from jax.experimental import multihost_utils

_BYTES_AT_ONCE = 2**26


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
        self.count = jax.process_count()
        self.first = jax.process_index() == 0

    def agree(self, size: int, stop: bool) -> tuple[int, bool]:
        """Do as the first process says about `size`, and stop if any one wants to."""
        if self.count == 1:
            return size, stop
        said = multihost_utils.process_allgather(np.array([size, stop], np.int32))
        return int(said[0, 0]), bool(said[:, 1].any())

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
