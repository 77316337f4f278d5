"""Whole numbers, each on a scale of its own, to a stream of bytes and back."""

from __future__ import annotations

from typing import final

import numpy as np
import zstandard

from isthmus.compression.bells import bells
from isthmus.compression.rans import BITS, Decoder, encode, lanes_for
from isthmus.errors import ArchiveError

_LENGTH = np.dtype("<u4")
_NUMBER = np.dtype("<i8")
_BEYOND_LEVEL = 19
_FEWER_LANES = 4


@final
class NumberWriter:
    """Collects whole numbers, then gives their bytes."""

    def __init__(self) -> None:
        self._starts: list[np.ndarray] = []
        self._frequencies: list[np.ndarray] = []
        self._beyond: list[np.ndarray] = []
        self.n_bits = 0.0

    def write(self, numbers: np.ndarray, scales: np.ndarray) -> None:
        """Add whole numbers, ``(n,)`` int64, under the scales of these indices."""
        table = bells()
        n_low = table.n_low_bits[scales]
        high = numbers >> n_low
        reach = table.reaches[scales]
        escaped = np.abs(high) > reach
        symbols = np.where(escaped, 2 * reach + 1, high + reach)
        starts = table.starts[scales, symbols]
        self._add(starts, table.starts[scales, symbols + 1] - starts)
        if escaped.any():
            self._beyond.append(numbers[escaped])
        split = (n_low > 0) & ~escaped
        if split.any():
            bits = BITS - n_low[split]
            self._add((numbers[split] & ((1 << n_low[split]) - 1)) << bits, 1 << bits)

    def to_bytes(self) -> bytes:
        """Give the bytes of all numbers."""
        beyond = np.concatenate([np.zeros(0, np.int64), *self._beyond])
        packed = zstandard.compress(_by_bytes(beyond), _BEYOND_LEVEL) if len(beyond) else b""
        starts = np.concatenate([np.zeros(0, np.uint32), *self._starts])
        frequencies = np.concatenate([np.zeros(0, np.uint32), *self._frequencies])
        coded = encode(starts, frequencies, _lanes_for(int(self.n_bits / 8)))
        lengths = np.array([len(beyond), len(packed)], _LENGTH)
        return lengths.tobytes() + packed + coded

    def _add(self, starts: np.ndarray, frequencies: np.ndarray) -> None:
        self._starts.append(starts.astype(np.uint32))
        self._frequencies.append(frequencies.astype(np.uint32))
        self.n_bits += BITS * len(starts) - float(np.log2(frequencies).sum())


@final
class NumberReader:
    """Gives back what `NumberWriter` wrote, asked for in the same portions.

    Parameters
    ----------
    data : bytes
        What the writer gave.
    n_most : int
        How many numbers there are at most.
    """

    def __init__(self, data: bytes, n_most: int) -> None:
        head = 2 * _LENGTH.itemsize
        if len(data) < head:
            raise ArchiveError("a stream of numbers is cut off.")
        n_beyond, n_packed = (int(n) for n in np.frombuffer(data, _LENGTH, 2))
        if n_beyond > n_most or n_packed > len(data) - head:
            raise ArchiveError("a stream of numbers announces more than it holds.")
        self._beyond = _unpacked(data[head : head + n_packed], n_beyond)
        self._decoder = Decoder(data[head + n_packed :])

    def read(self, scales: np.ndarray) -> np.ndarray:
        """Give the next whole numbers, ``(n,)`` int64, written under these indices of scales."""
        table = bells()
        symbols = np.empty(len(scales), np.int64)
        n_lanes = self._decoder.n_lanes
        for at in range(0, len(scales), n_lanes):
            scale = scales[at : at + n_lanes]
            slots = self._decoder.peek(len(scale))
            symbol = table.symbols[(scale << BITS) | slots]
            starts = table.starts[scale, symbol]
            self._decoder.advance(starts, table.starts[scale, symbol + np.uint8(1)] - starts)
            symbols[at : at + n_lanes] = symbol
        reach = table.reaches[scales]
        n_low = table.n_low_bits[scales]
        numbers = (symbols - reach) << n_low
        escaped = symbols == 2 * reach + 1
        split = (n_low > 0) & ~escaped
        if split.any():
            numbers[split] |= self._read_low(n_low[split])
        n_escaped = np.count_nonzero(escaped)
        if n_escaped > len(self._beyond):
            raise ArchiveError("a stream of numbers escapes more often than it says.")
        numbers[escaped], self._beyond = self._beyond[:n_escaped], self._beyond[n_escaped:]
        return numbers

    def finish(self) -> None:
        """Check that all that was written has been read."""
        if len(self._beyond):
            raise ArchiveError("a stream of numbers does not end where it should.")
        self._decoder.finish()

    def _read_low(self, n_low: np.ndarray) -> np.ndarray:
        low = np.empty(len(n_low), np.int64)
        n_lanes = self._decoder.n_lanes
        for at in range(0, len(n_low), n_lanes):
            bits = (BITS - n_low[at : at + n_lanes]).astype(np.uint32)
            found = self._decoder.peek(len(bits)) >> bits
            self._decoder.advance(found << bits, np.uint32(1) << bits)
            low[at : at + n_lanes] = found
        return low


def _lanes_for(n_payload_bytes: int) -> int:
    """Give fewer lanes than are quickest: what predicts takes longer than what decodes."""
    return lanes_for(n_payload_bytes // _FEWER_LANES)


def _by_bytes(numbers: np.ndarray) -> bytes:
    """Put the low bytes of all first, then the next: so most of the rest is alike."""
    zigzag = (numbers << 1) ^ (numbers >> 63)
    return np.ascontiguousarray(
        zigzag.astype(_NUMBER).view(np.uint8).reshape(-1, _NUMBER.itemsize).T
    ).tobytes()


def _unpacked(packed: bytes, n: int) -> np.ndarray:
    if n == 0:
        return np.zeros(0, np.int64)
    n_bytes = n * _NUMBER.itemsize
    try:
        data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=n_bytes)
    except zstandard.ZstdError:
        data = b""
    if len(data) != n_bytes:
        raise ArchiveError("the large numbers of a stream are damaged.")
    columns = np.frombuffer(data, np.uint8).reshape(_NUMBER.itemsize, n)
    zigzag = np.ascontiguousarray(columns.T).view(_NUMBER).ravel().astype(np.int64)
    return (zigzag >> 1) ^ -(zigzag & 1)
