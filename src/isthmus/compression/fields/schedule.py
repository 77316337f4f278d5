"""In which order the values of a field are coded, and who is known when: from coarse to fine.

Frames come by halves: the first, then those halfway between known ones. Within a frame, the rows
and columns at a coarse stride come first, then the rows halfway between, then the columns. So most
values lie between known ones on both sides, in space and in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

N_NEIGHBOURS = 30
_AROUND = 8
# Values of one chunk: few enough to stay in a core's cache with all that is computed from them.
_CHUNK = 8_192
_Grid = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Field:
    """The shape of a field: independent slices of frames in time, each of rows and columns."""

    n_slices: int
    n_times: int
    n_rows: int
    n_columns: int

    @property
    def n_frames(self) -> int:
        """How many frames there are, slice by slice."""
        return self.n_slices * self.n_times


@dataclass(frozen=True)
class Step:
    """Values that are coded together, since none needs another of them.

    Parameters
    ----------
    field : Field
        Of which they are.
    kind : str
        "base" for the coarsest grid, "rows" for rows halfway between known ones, "columns".
    stride : int
        How far apart known and new values are then.
    times : ndarray of int
        The times of the frames.
    gap : int
        How far the frames before and after are; 0 if none are known.
    """

    field: Field
    kind: str
    stride: int
    times: np.ndarray
    gap: int

    @cached_property
    def rows(self) -> np.ndarray:
        """Which rows are coded."""
        if self.kind == "rows":
            return np.arange(self.stride, self.field.n_rows, 2 * self.stride)
        return np.arange(0, self.field.n_rows, self.stride)

    @cached_property
    def columns(self) -> np.ndarray:
        """Which columns are coded."""
        if self.kind == "columns":
            return np.arange(self.stride, self.field.n_columns, 2 * self.stride)
        known = 2 * self.stride if self.kind == "rows" else self.stride
        return np.arange(0, self.field.n_columns, known)

    @cached_property
    def frames(self) -> np.ndarray:
        """Frames that are coded, slice by slice."""
        return self._frames(self.times)

    @cached_property
    def frames_around(self) -> tuple[np.ndarray, np.ndarray]:
        """For each frame the known one before and the one after, or before where none is after."""
        after = self.times + self.gap
        after[after >= self.field.n_times] -= 2 * self.gap
        return self._frames(self.times - self.gap), self._frames(after)

    def chunks(self) -> Iterator[Chunk]:
        """Cut the step into boxes of frames, rows and columns, in the order of coding."""
        columns = min(len(self.columns), _CHUNK)
        rows = min(len(self.rows), max(_CHUNK // columns, 1))
        frames = min(len(self.frames), max(_CHUNK // (columns * rows), 1))
        sizes = (len(self.frames), frames), (len(self.rows), rows), (len(self.columns), columns)
        parts = [[slice(at, min(at + size, n)) for at in range(0, n, size)] for n, size in sizes]
        for frames_part, rows_part, columns_part in product(*parts):
            yield Chunk(self, frames_part, rows_part, columns_part)

    def _frames(self, times: np.ndarray) -> np.ndarray:
        first = np.arange(self.field.n_slices) * self.field.n_times
        return (first[:, None] + times).ravel()


@dataclass(frozen=True)
class Chunk:
    """A box of the values of a step.

    Parameters
    ----------
    step : Step
        Of which it is.
    frames, rows, columns : slice
        Which of the frames, rows and columns of the step.
    """

    step: Step
    frames: slice
    rows: slice
    columns: slice

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """How many frames, rows and columns."""
        frames, rows, columns = (s.stop - s.start for s in (self.frames, self.rows, self.columns))
        return frames, rows, columns

    @property
    def where(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The index of its values in an array of shape ``(n_frames, n_rows, n_columns)``."""
        step = self.step
        frames, rows, columns = np.ix_(
            step.frames[self.frames], step.rows[self.rows], step.columns[self.columns]
        )
        return frames, rows, columns

    def neighbours(self, values: np.ndarray) -> np.ndarray:
        """Gather the known values around each of the chunk.

        Parameters
        ----------
        values : ndarray of float32
            Of shape ``(n_frames, n_rows, n_columns)``.

        Returns
        -------
        ndarray of float32
            Of shape ``(30, n)``: 8 of the frame itself, the same 8 of the frame before and of the
            one after, then the spot and two beside it before, and after. Rows that `slots` does
            not name hold nothing.
        """
        step = self.step
        n_frames, n_rows, n_columns = self.shape
        found = np.empty((N_NEIGHBOURS, n_frames, n_rows, n_columns), np.float32)
        frames = [step.frames[self.frames]]
        if step.gap:
            frames += [around[self.frames] for around in step.frames_around]
        first = 1 if step.kind == "base" else 0
        (rows, columns), offsets = self._around()
        for number, frame in list(enumerate(frames))[first:]:
            known = values[np.ix_(frame, rows, columns)]
            for slot, (row, column) in enumerate(offsets):
                found[number * _AROUND + slot] = known[
                    :, row : row + n_rows, column : column + n_columns
                ]
        for number, frame in enumerate(frames[1:]):
            for slot, (rows, columns) in enumerate(self._beside()):
                found[3 * _AROUND + 3 * number + slot] = values[np.ix_(frame, rows, columns)]
        return found.reshape(N_NEIGHBOURS, -1)

    def _around(self) -> tuple[_Grid, list[tuple[int, int]]]:
        """Give the grid of known values with a margin, and where in it each neighbour begins."""
        step, stride = self.step, self.step.stride
        last_row, last_column = step.field.n_rows - 1, step.field.n_columns - 1
        if step.kind == "rows":
            rows = _spaced(2 * stride, self.rows, (1, 2), last_row)
            columns = _spaced(2 * stride, self.columns, (1, 1), last_column)
            offsets = [(1, 1), (2, 1), (0, 1), (3, 1), (1, 0), (1, 2), (2, 0), (2, 2)]
        elif step.kind == "columns":
            rows = _spaced(stride, self.rows, (1, 1), last_row)
            columns = _spaced(2 * stride, self.columns, (1, 2), last_column)
            offsets = [(1, 1), (1, 2), (1, 0), (1, 3), (0, 1), (2, 1), (0, 2), (2, 2)]
        else:
            rows = _spaced(stride, self.rows, (1, 1), last_row)
            columns = _spaced(stride, self.columns, (1, 1), last_column)
            offsets = [(0, 1), (2, 1), (1, 0), (1, 2)]
        return (rows, columns), offsets

    def _beside(self) -> list[_Grid]:
        step, stride = self.step, self.step.stride
        rows, columns = step.rows[self.rows], step.columns[self.columns]
        if step.kind == "rows":
            last = step.field.n_columns - 1
            return [(rows, np.clip(columns + d, 0, last)) for d in (0, -stride, stride)]
        last = step.field.n_rows - 1
        return [(np.clip(rows + d, 0, last), columns) for d in (0, -stride, stride)]


def slots(kind: str, gap: int) -> np.ndarray:
    """Tell which of the 30 neighbours are known, the one to which others are compared first."""
    spots = 3 * _AROUND
    if kind == "base":
        beside = [_AROUND + i for i in range(4)] + [2 * _AROUND + i for i in range(4)]
        return np.array([spots, spots + 3, *beside] if gap else [], int)
    return np.arange(N_NEIGHBOURS if gap else _AROUND)


def schedule(field: Field) -> Iterator[Step]:
    """Give the steps in the order of coding."""
    n_levels = max(int(max(field.n_rows, field.n_columns) - 1).bit_length() - 1, 0)
    for times, gap in _halves(field.n_times):
        yield Step(field, "base", 1 << n_levels, times, gap)
        for level in reversed(range(n_levels)):
            stride = 1 << level
            if stride < field.n_rows:
                yield Step(field, "rows", stride, times, gap)
            if stride < field.n_columns:
                yield Step(field, "columns", stride, times, gap)


def _halves(n_times: int) -> Iterator[tuple[np.ndarray, int]]:
    yield np.zeros(1, int), 0
    for level in reversed(range(max(n_times - 1, 0).bit_length())):
        yield np.arange(1 << level, n_times, 2 << level), 1 << level


def _spaced(distance: int, part: slice, margin: tuple[int, int], last: int) -> np.ndarray:
    """Give known positions for a part of the new ones and a margin, held inside the field."""
    index = np.arange(part.start - margin[0], part.stop + margin[1])
    return distance * np.clip(index, 0, last // distance)
