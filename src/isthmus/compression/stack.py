"""A stack of bits with rANS: symbols are put on it and taken off, the last one first.

References
----------
Duda (2013), Asymmetric numeral systems.
"""

from __future__ import annotations

from typing import final

import numpy as np

from isthmus.errors import ArchiveError

_WORD_BITS = 32
_LEAST_STATE = 1 << _WORD_BITS
_WORD, _STATE = np.dtype("<u4"), np.dtype("<u8")


@final
class Stack:
    """Lanes side by side, over words that they share.

    Where symbols are taken off before any were put on, random bits are there.

    Parameters
    ----------
    n_lanes : int
        How many symbols at most are put on or taken off together.
    random_state : int
        Of the bits at the bottom.

    Attributes
    ----------
    n_borrowed : int
        Words of the bottom that were taken up.
    """

    def __init__(self, n_lanes: int, random_state: int = 0) -> None:
        self._states = np.full(n_lanes, _LEAST_STATE, np.uint64)
        self._words: list[np.ndarray] = []
        self._random = np.random.default_rng(random_state)
        self.n_borrowed = 0

    def push(self, starts: np.ndarray, frequencies: np.ndarray, bits: int) -> None:
        """Put symbols on: the first slot of each, and how many it has, of 2 to the `bits`."""
        state, frequency = self._states[: len(starts)], frequencies.astype(np.uint64)
        full = (state >> np.uint64(2 * _WORD_BITS - bits)) >= frequency
        if full.any():
            self._words.append(state[full].astype(_WORD))
            state[full] >>= np.uint64(_WORD_BITS)
        quotient, rest = np.divmod(state, frequency)
        state[:] = (quotient << np.uint64(bits)) + rest + starts.astype(np.uint64)

    def peek(self, n: int, bits: int) -> np.ndarray:
        """Give the slots of the last symbols."""
        return (self._states[:n] & np.uint64((1 << bits) - 1)).astype(np.int64)

    def pop(self, starts: np.ndarray, frequencies: np.ndarray, bits: int) -> None:
        """Take the last symbols off."""
        state = self._states[: len(starts)]
        slots = state & np.uint64((1 << bits) - 1)
        state[:] = (state >> np.uint64(bits)) * frequencies.astype(np.uint64)
        state += slots - starts.astype(np.uint64)
        (low,) = np.nonzero(state < _LEAST_STATE)
        if len(low):
            state[low] = (state[low] << np.uint64(_WORD_BITS)) | self._taken(len(low))

    def _taken(self, n: int) -> np.ndarray:
        """Take words off that were put on together, or random ones from the bottom."""
        parts: list[np.ndarray] = []
        while n and self._words:
            last = self._words.pop()
            parts.insert(0, last[max(len(last) - n, 0) :])
            n -= len(parts[0])
            if len(parts[0]) < len(last):
                self._words.append(last[: len(last) - len(parts[0])])
        if n:
            self.n_borrowed += n
            parts.insert(0, self._random.integers(1 << _WORD_BITS, size=n, dtype=np.uint64))
        return np.concatenate(parts).astype(np.uint64)

    def to_bytes(self) -> bytes:
        """Give all that is on the stack."""
        words = np.concatenate(self._words) if self._words else np.empty(0, _WORD)
        head = len(self._states).to_bytes(4, "little")
        return head + self._states.astype(_STATE).tobytes() + words.astype(_WORD).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Stack:
        """Read what `to_bytes` gave."""
        n_lanes = int.from_bytes(data[:4], "little")
        end = 4 + 8 * n_lanes
        if len(data) < end or (len(data) - end) % 4 or not n_lanes:
            raise ArchiveError("a stack of bits is cut off.")
        stack = cls(n_lanes)
        stack._states = np.frombuffer(data, _STATE, n_lanes, 4).astype(np.uint64)
        stack._words = [np.frombuffer(data, _WORD, offset=end)]
        return stack
