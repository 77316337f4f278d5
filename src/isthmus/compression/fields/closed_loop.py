"""Coding what the decoder will see: each value is predicted from values as they come back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from isthmus.compression.coded_stream import StreamReader, StreamWriter
from isthmus.compression.fields.levels import Levels
from isthmus.compression.fields.predictor import UNITS_PER_BIN, Predictor
from isthmus.compression.fields.schedule import Chunk, Field, schedule
from isthmus.compression.threads import worker_threads
from isthmus.compression.whole_numbers import read_numbers, write_numbers
from isthmus.errors import ArchiveError

MOST_UNITS = 1 << 23


def encode(
    predictor: Predictor, units: np.ndarray, field: Field
) -> tuple[StreamWriter, np.ndarray]:
    """Encode a field in bins around what is predicted.

    Parameters
    ----------
    predictor : Predictor
        What predicts.
    units : ndarray of float64
        The values in units, ``(n_frames, n_rows, n_columns)``.
    field : Field
        The shape.

    Returns
    -------
    tuple of StreamWriter and ndarray of float32
        What was written, and the values as they come back, in units.
    """
    writer = StreamWriter()

    def choose(chunk: Chunk, predicted: np.ndarray, scales: np.ndarray) -> np.ndarray:
        wanted = units[chunk.where].ravel()
        numbers = np.rint((wanted - predicted) / UNITS_PER_BIN).astype(np.int64)
        write_numbers(writer, numbers, scales)
        return predicted + UNITS_PER_BIN * numbers

    return writer, _run(predictor, field, choose)


def decode(predictor: Predictor, data: bytes, field: Field) -> np.ndarray:
    """Give the values as they come back, in units, from what `encode` wrote."""
    reader = StreamReader(data, _n_values(field))

    def choose(chunk: Chunk, predicted: np.ndarray, scales: np.ndarray) -> np.ndarray:
        return predicted + UNITS_PER_BIN * read_numbers(reader, scales)

    values = _run(predictor, field, choose)
    reader.finish()
    return values


def encode_levels(
    predictor: Predictor, levels: Levels, wanted: np.ndarray, field: Field
) -> StreamWriter:
    """Encode which level each value of a field is, ``(n_frames, n_rows, n_columns)``."""
    writer = StreamWriter()

    def choose(chunk: Chunk, predicted: np.ndarray, scales: np.ndarray) -> np.ndarray:
        chosen = wanted[chunk.where].ravel()
        levels.write(writer, chosen, predicted, scales)
        return levels.counts[chosen]

    _run(predictor, field, choose)
    return writer


def decode_levels(predictor: Predictor, levels: Levels, data: bytes, field: Field) -> np.ndarray:
    """Give which level each value is, from what `encode_levels` wrote."""
    reader = StreamReader(data, _n_values(field))
    found = np.zeros((field.n_frames, field.n_rows, field.n_columns), np.int64)

    def choose(chunk: Chunk, predicted: np.ndarray, scales: np.ndarray) -> np.ndarray:
        chosen = levels.read(reader, predicted, scales)
        found[chunk.where] = chosen.reshape(chunk.shape)
        return levels.counts[chosen]

    _run(predictor, field, choose)
    reader.finish()
    return found


def _n_values(field: Field) -> int:
    return field.n_frames * field.n_rows * field.n_columns


def _run(
    predictor: Predictor,
    field: Field,
    choose: Callable[[Chunk, np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    values = np.zeros((field.n_frames, field.n_rows, field.n_columns), np.float32)
    with worker_threads() as pool:
        for step in schedule(field):
            chunks = list(step.chunks())
            predictions = pool.map(lambda chunk: predictor(chunk, values), chunks)
            found = []
            for chunk, (predicted, scales) in zip(chunks, predictions, strict=True):
                value = choose(chunk, predicted, scales)
                if np.abs(value).max(initial=0) > MOST_UNITS:
                    raise ArchiveError("a field of an archive leaves the range it can have.")
                found.append(value)
            # No chunk of a step is a neighbour of another.
            for chunk, value in zip(chunks, found, strict=True):
                values[chunk.where] = value.reshape(chunk.shape)
    return values
