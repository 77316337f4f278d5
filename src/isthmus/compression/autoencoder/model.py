"""What an archive keeps of an autoencoder: a decoder in fixed point, and distributions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self, final

import numpy as np

from isthmus.compression.autoencoder.fixed_point import MOST_INPUT, FixedPoint
from isthmus.compression.autoencoder.grid import Grid
from isthmus.compression.autoencoder.histograms import (
    Histogram,
    histograms_from_bytes,
    histograms_to_bytes,
)
from isthmus.compression.autoencoder.network_bytes import network_from_bytes, network_to_bytes
from isthmus.compression.autoencoder.scaled_numbers import read_scaled, write_scaled
from isthmus.compression.autoencoder.scales import Scales
from isthmus.compression.coded_stream import (
    StreamReader,
    StreamWriter,
    packed_numbers,
    unpacked_numbers,
)
from isthmus.compression.fields.predictor import UNITS_PER_BIN
from isthmus.compression.varint import joined, parted, read_varint, varint
from isthmus.errors import ArchiveError

# Numbers of one chunk, so that what is between takes little memory.
_CHUNK = 1 << 19
_MOST_RANGES = 1 << 10
_MOST = 1 << 32


@final
@dataclass(frozen=True, eq=False)
class CodesModel:
    """All that decoding needs beside the bytes of a block.

    Parameters
    ----------
    grid : Grid
        Of the rows.
    decoder : FixedPoint
        From codes to rows.
    centres, steps : ndarray of int64, shape (n_codes,)
        A code is ``centre + step · number``.
    histograms : list of Histogram
        Of these numbers.
    scales : Scales
        Of what the decoder leaves over, in bins.
    low, high : int
        The least and the largest number of units that is predicted.
    """

    grid: Grid
    decoder: FixedPoint
    centres: np.ndarray
    steps: np.ndarray
    histograms: list[Histogram]
    scales: Scales
    low: int
    high: int

    def numbers_of(self, codes: np.ndarray) -> np.ndarray:
        """Give the numbers that stand for codes, ``(n, n_codes)`` int64."""
        return np.rint((codes - self.centres) / self.steps).astype(np.int64)

    def predictions(self, numbers: np.ndarray) -> np.ndarray:
        """Give rows in units, ``(n, n_columns)`` int64."""
        codes = numbers.astype(np.float64) * self.steps + self.centres
        # What is too large for whole float64 is clipped, whatever it is.
        counts = np.clip(self.decoder(codes), self.low, self.high)
        return self.grid.nearest(counts).astype(np.int64)

    def encode(self, numbers: np.ndarray, counts: np.ndarray) -> bytes:
        """Encode rows.

        Parameters
        ----------
        numbers : ndarray of int64, shape (n, n_codes)
            That stand for their codes.
        counts : ndarray of float64, shape (n, n_columns)
            The rows in units.
        """
        writer = StreamWriter()
        for histogram, own in zip(self.histograms, numbers.T, strict=True):
            histogram.write(writer, own)
        for part in self._parts(len(numbers)):
            expected = self.predictions(numbers[part])
            rest = np.rint((counts[part] - expected) / UNITS_PER_BIN).astype(np.int64)
            rows = None
            if self.scales.rows >= 0:
                rows = self.scales.steps_of_rows(rest, expected)
                write_scaled(writer, rows, np.full(len(rows), self.scales.rows))
            write_scaled(writer, rest.ravel(), self.scales.of(expected, rows).ravel())
        return writer.to_bytes()

    def decode(self, data: bytes, n_rows: int) -> np.ndarray:
        """Give rows in units, ``(n_rows, n_columns)`` int64."""
        n_columns = self.decoder.n_outputs
        reader = StreamReader(data, n_rows * (len(self.steps) + n_columns + 1))
        numbers = np.empty((n_rows, len(self.steps)), np.int64)
        for place, histogram in enumerate(self.histograms):
            numbers[:, place] = histogram.read(reader, n_rows)
        found = np.empty((n_rows, n_columns), np.int64)
        for part in self._parts(n_rows):
            expected, rows = self.predictions(numbers[part]), None
            if self.scales.rows >= 0:
                rows = read_scaled(reader, np.full(len(expected), self.scales.rows))
            scales = self.scales.of(expected, rows)
            rest = read_scaled(reader, scales.ravel()).reshape(expected.shape)
            found[part] = expected + UNITS_PER_BIN * rest
        reader.finish()
        return found

    def _parts(self, n_rows: int) -> list[slice]:
        size = max(_CHUNK // self.decoder.n_outputs, 1)
        return [slice(at, min(at + size, n_rows)) for at in range(0, n_rows, size)]

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes it."""
        ends = [self.low, self.high]
        codes = packed_numbers(np.concatenate([self.centres, self.steps, ends]))
        return joined(
            self.grid.to_bytes(),
            network_to_bytes(self.decoder),
            codes,
            histograms_to_bytes(self.histograms),
            varint(len(self.scales.edges)) + self.scales.to_bytes(),
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Make the model that `to_bytes` gave.

        Raises
        ------
        ArchiveError
            The bytes are damaged.
        """
        grid, network, codes, histograms, scales = parted(data, 5)
        decoder = network_from_bytes(network)
        n_codes = decoder.n_inputs
        numbers = unpacked_numbers(codes, 2 * n_codes + 2)
        centres, steps = numbers[:-2].reshape(2, n_codes)
        low, high = numbers[-2:].tolist()
        n_edges, at = read_varint(scales, 0)
        sound = n_edges <= _MOST_RANGES and 0 < steps.min() <= steps.max() <= 2 * MOST_INPUT
        if (
            not sound
            or np.abs(centres.astype(float)).max() > MOST_INPUT
            or not -_MOST <= low <= high <= _MOST
        ):
            raise ArchiveError("the codes of an archive are damaged.")
        return cls(
            Grid.from_bytes(grid, decoder.n_outputs),
            decoder,
            centres,
            steps,
            histograms_from_bytes(histograms, n_codes),
            Scales.from_bytes(scales[at:], decoder.n_outputs, n_edges),
            low,
            high,
        )


@lru_cache(maxsize=4)
def model_from_bytes(data: bytes) -> CodesModel:
    """Make the model that `CodesModel.to_bytes` gave; the last ones are kept."""
    return CodesModel.from_bytes(data)
