"""A stream of entropy-coded symbols, and beside it the whole numbers that have no symbol."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np

from isthmus.compression.byte_planes import from_planes, planes
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.compression.rans import BITS, Decoder, encode, lanes_for
from isthmus.errors import ArchiveError

_LENGTH = np.dtype("<u4")
_NUMBER = np.dtype(np.uint64)
# Where symbols cost little, there would be very few lanes for very many symbols.
_MOST_STEPS = 1 << 14


@final
class StreamWriter:
    """Collects symbols and numbers, then gives their bytes."""

    def __init__(self) -> None:
        self._starts = [np.zeros(0, np.uint32)]
        self._frequencies = [np.zeros(0, np.uint32)]
        self._beyond = [np.zeros(0, np.int64)]
        self.n_bits = 0.0

    def write(self, starts: np.ndarray, frequencies: np.ndarray) -> None:
        """Add symbols by their first slots and how many they have."""
        self._starts.append(starts.astype(np.uint32))
        self._frequencies.append(frequencies.astype(np.uint32))
        self.n_bits += BITS * len(starts) - float(np.log2(frequencies).sum())

    def write_beyond(self, numbers: np.ndarray) -> None:
        """Add whole numbers that have no symbol, ``(n,)`` int64."""
        self._beyond.append(numbers)

    def to_bytes(self) -> bytes:
        """Give the bytes of all."""
        beyond = np.concatenate(self._beyond)
        packed = packed_numbers(beyond) if len(beyond) else b""
        starts, frequencies = np.concatenate(self._starts), np.concatenate(self._frequencies)
        n_lanes = lanes_for(int(self.n_bits / 8))
        coded = encode(starts, frequencies, max(n_lanes, len(starts) // _MOST_STEPS))
        return np.array([len(beyond), len(packed)], _LENGTH).tobytes() + packed + coded


@final
class StreamReader:
    """Gives back what `StreamWriter` wrote.

    Parameters
    ----------
    data : bytes
        What the writer gave.
    n_most : int
        How many numbers without symbol there are at most.
    """

    def __init__(self, data: bytes, n_most: int) -> None:
        head = 2 * _LENGTH.itemsize
        if len(data) < head:
            raise ArchiveError("a stream of symbols is cut off.")
        n_beyond, n_packed = (int(n) for n in np.frombuffer(data, _LENGTH, 2))
        if n_beyond > n_most or n_packed > len(data) - head:
            raise ArchiveError("a stream of symbols announces more than it holds.")
        packed = data[head : head + n_packed]
        self._beyond = unpacked_numbers(packed, n_beyond) if n_beyond else np.zeros(0, np.int64)
        self._decoder = Decoder(data[head + n_packed :])

    def read(
        self, n: int, find: Callable[[np.ndarray, slice], tuple[np.ndarray, ...]]
    ) -> np.ndarray:
        """Give the next symbols, as `Decoder.read` does."""
        return self._decoder.read(n, find)

    def read_beyond(self, n: int) -> np.ndarray:
        """Give the next whole numbers that have no symbol."""
        if n > len(self._beyond):
            raise ArchiveError("a stream of symbols escapes more often than it says.")
        found, self._beyond = self._beyond[:n], self._beyond[n:]
        return found

    def finish(self) -> None:
        """Check that all that was written has been read."""
        if len(self._beyond):
            raise ArchiveError("a stream of symbols does not end where it should.")
        self._decoder.finish()


def packed_numbers(numbers: np.ndarray) -> bytes:
    """Pack whole numbers: the low bytes of all first, then the next, so that most are alike."""
    zigzag = (numbers << 1) ^ (numbers >> 63)
    return pack(planes(zigzag.astype(_NUMBER)))


def unpacked_numbers(packed: bytes, n: int) -> np.ndarray:
    """Give the whole numbers that `packed_numbers` packed, int64."""
    zigzag = from_planes(unpack(packed, n * _NUMBER.itemsize), (n,), _NUMBER)
    return (zigzag >> 1).astype(np.int64) ^ -(zigzag & 1).astype(np.int64)
