"""Whole numbers, each under a bell on a scale of its own, to symbols and back."""

from __future__ import annotations

import numpy as np

from isthmus.compression.bells import bells
from isthmus.compression.coded_stream import StreamReader, StreamWriter
from isthmus.compression.rans import BITS


def write_numbers(writer: StreamWriter, numbers: np.ndarray, scales: np.ndarray) -> None:
    """Write whole numbers, ``(n,)`` int64, under bells on the scales of these indices."""
    table = bells()
    n_low = table.n_low_bits[scales]
    high = numbers >> n_low
    reach = table.reaches[scales]
    escaped = np.abs(high) > reach
    symbols = np.where(escaped, 2 * reach + 1, high + reach)
    starts = table.starts[scales, symbols]
    writer.write(starts, table.starts[scales, symbols + 1] - starts)
    writer.write_beyond(numbers[escaped])
    split = (n_low > 0) & ~escaped
    if split.any():
        bits = BITS - n_low[split]
        writer.write((numbers[split] & ((1 << n_low[split]) - 1)) << bits, 1 << bits)


def read_numbers(reader: StreamReader, scales: np.ndarray) -> np.ndarray:
    """Give the next whole numbers, ``(n,)`` int64, written under these indices of scales."""
    table = bells()

    def find(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
        scale = scales[part]
        symbol = table.symbols[(scale << BITS) | slots]
        starts = table.starts[scale, symbol]
        return symbol, starts, table.starts[scale, symbol + np.uint8(1)] - starts

    symbols = reader.read(len(scales), find)
    reach = table.reaches[scales]
    n_low = table.n_low_bits[scales]
    numbers = (symbols - reach) << n_low
    escaped = symbols == 2 * reach + 1
    split = (n_low > 0) & ~escaped
    if split.any():
        bits = (BITS - n_low[split]).astype(np.uint32)

        def find_low(slots: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
            low = slots >> bits[part]
            return low, low << bits[part], np.uint32(1) << bits[part]

        numbers[split] |= reader.read(len(bits), find_low)
    numbers[escaped] = reader.read_beyond(int(np.count_nonzero(escaped)))
    return numbers
