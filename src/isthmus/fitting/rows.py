"""The rows of a fit: in memory where they fit into the budget, else read as they are needed."""

from __future__ import annotations

import hashlib
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import DTypeLike

from isthmus.errors import DataError
from isthmus.io import CHUNK_ROWS, Dataset, Rows, exact_bytes, memory_budget, readable_bytes
from isthmus.prepare import (
    Preparation,
    PrincipalComponents,
    as_float,
    find_principal_components,
    mean_row,
    without_gaps,
)
from isthmus.runs import Processes
from isthmus.training import AllOnce, ArrayBatches, Batches, StreamedBatches

_SAMPLED_ROWS = 1024
_SHARE_IN_MEMORY = 2
_SHARE_KEPT = 32
_LEAST_KEPT = 32
# Not that by which a user may have held rows out.
_OTHER_SEED = 2**31


class TrainingRows(ABC):
    """What a fit needs to know of its rows.

    Attributes
    ----------
    preparation : Preparation
        What brought them to scale.
    n_rows : int
        How many there are, those held out included.
    held_out : ndarray of int
        Positions of the held-out rows, in order.
    order : dict of str to str
        What the order of an epoch depends on besides the estimator's parameters.
    """

    preparation: Preparation
    n_rows: int
    held_out: np.ndarray
    order: dict[str, str]

    @property
    def n_training(self) -> int:
        """How many there are to train on."""
        return self.n_rows - len(self.held_out)

    @abstractmethod
    def mean(self) -> np.ndarray:
        """Average the prepared rows."""

    @abstractmethod
    def sampled(self) -> np.ndarray:
        """Give some prepared rows, evenly spread."""

    def share_at_ends(self) -> float:
        """Give the share of the prepared values that are 0 or 1, estimated by some rows."""
        values = as_float(self.sampled())
        return float(np.mean((values <= 0) | (values >= 1)))

    @abstractmethod
    def principal_components(self, n_components: int) -> PrincipalComponents:
        """Find the principal components of the prepared training rows, or as many as there are.

        Where not all are in memory, it learns from some of them.
        """

    @abstractmethod
    def digest(self) -> str:
        """Give what tells these rows from any others."""

    @abstractmethod
    def batches(self, batch_size: int) -> tuple[Batches, Batches | None]:
        """Give the minibatches to train on, and those of the held-out rows, if any."""


@final
class RowsInMemory(TrainingRows):
    """Prepared rows ``(rows, features)``, all in memory."""

    def __init__(
        self,
        preparation: Preparation,
        matrix: np.ndarray,
        held_out_share: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.preparation = preparation
        self.matrix, self.n_rows = matrix, len(matrix)
        n_held_out = min(round(self.n_rows * held_out_share), self.n_rows - 1)
        self.held_out = np.empty(0, int)
        if n_held_out:
            drawn = np.random.default_rng(seed).permutation(self.n_rows)[:n_held_out]
            self.held_out = np.sort(drawn)
        self.order: dict[str, str] = {}
        self._found: PrincipalComponents | None = None

    def mean(self) -> np.ndarray:
        return mean_row(self.matrix)

    def sampled(self) -> np.ndarray:
        return self.matrix[_spread(self.n_rows)]

    def principal_components(self, n_components: int) -> PrincipalComponents:
        # A sweep asks for several sizes, the largest first.
        n_components = min(n_components, self.n_training, self.matrix.shape[1])
        if self._found is None or len(self._found.components) < n_components:
            held_out = len(self.held_out) > 0
            rows = self.matrix[self.training] if held_out else self.matrix
            self._found = _components(rows, n_components)
        return self._found.leading(n_components)

    def digest(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(self.matrix).data).hexdigest()

    def batches(self, batch_size: int) -> tuple[ArrayBatches, ArrayBatches | None]:
        if not len(self.held_out):
            return ArrayBatches(self.matrix, batch_size), None
        validation = ArrayBatches(self.matrix, batch_size, AllOnce(self.held_out))
        return ArrayBatches(self.matrix, batch_size, AllOnce(self.training)), validation

    @cached_property
    def whole(self) -> RowsInMemory:
        """The same rows, with none held out."""
        return RowsInMemory(self.preparation, self.matrix)

    @property
    def training(self) -> np.ndarray:
        """Positions of the rows to train on, in order."""
        return np.setdiff1d(np.arange(self.n_rows), self.held_out)


@final
class StreamedRows(TrainingRows):
    """Rows that are prepared as they are read, but for those held out."""

    def __init__(
        self, preparation: Preparation, dataset: Dataset, held_out_share: float, seed: int
    ) -> None:
        self.preparation, self._dataset = preparation, dataset
        self.n_rows = dataset.n_rows
        most = _affordable(preparation, dataset)
        n_held_out = min(round(self.n_rows * held_out_share), most)
        self.held_out = _drawn(self.n_rows, n_held_out, seed)
        sizes = [group.n_rows for group in dataset.row_groups()]
        layout = zlib.crc32(np.array(sizes).tobytes())
        self.order = {
            "memory": exact_bytes(memory_budget()),
            "row groups": f"{len(sizes)} ({layout:08x})",
        }
        # One pass for both; what they hold is small, and the data are not.
        spread = _spread(self.n_rows)
        positions = np.union1d(self.held_out, spread)
        several = Processes().count > 1  # which have to compare what they read
        passed = _Digested(preparation, dataset) if several else dataset
        chosen = preparation.chosen(passed, positions)
        self._digest = passed.digest if isinstance(passed, _Digested) else ""
        self._mean = mean_row(chosen)
        self._sampled = chosen[np.searchsorted(positions, spread)]
        self._validation = chosen[np.searchsorted(positions, self.held_out)]

    def mean(self) -> np.ndarray:
        return self._mean

    def sampled(self) -> np.ndarray:
        return self._sampled

    def principal_components(self, n_components: int) -> PrincipalComponents:
        most = _affordable(self.preparation, self._dataset)
        drawn = np.setdiff1d(_drawn(self.n_rows, most, _OTHER_SEED), self.held_out)
        return _components(self.preparation.chosen(self._dataset, drawn), n_components)

    def digest(self) -> str:
        return self._digest

    def batches(self, batch_size: int) -> tuple[StreamedBatches, ArrayBatches | None]:
        batches = StreamedBatches(
            self._dataset, self.preparation, batch_size, self.held_out, Processes().count
        )
        held_out = len(self.held_out) > 0
        return batches, ArrayBatches(self._validation, batch_size) if held_out else None


@final
class _Digested(Dataset):
    """A dataset that notes what all its rows were, prepared, while they are passed through."""

    def __init__(self, preparation: Preparation, dataset: Dataset) -> None:
        self.source, self.schema, self.n_rows = dataset.source, dataset.schema, dataset.n_rows
        self._preparation, self._dataset = preparation, dataset
        self.digest = ""

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[Rows]:
        """Yield the rows in order, at most `n_rows` at a time."""
        digest, first = hashlib.sha256(), 0
        for chunk in self._dataset.chunks(n_rows):
            prepared = self._preparation.transform(chunk, self.source, first)
            digest.update(np.ascontiguousarray(prepared).data)
            first += len(chunk)
            yield chunk
        self.digest = digest.hexdigest()


def open_rows(
    preparation: Preparation, dataset: Dataset, held_out_share: float, seed: int
) -> TrainingRows:
    """Take the rows into memory if half of the budget holds them, else stream them."""
    if preparation.matrix_bytes(dataset) > _most_bytes():
        return StreamedRows(preparation, dataset, held_out_share, seed)
    return RowsInMemory(preparation, preparation.matrix(dataset), held_out_share, seed)


def rows_in_memory(
    preparation: Preparation, dataset: Dataset, what: str, dtype: DTypeLike = np.float32
) -> np.ndarray:
    """Give all rows, prepared, for what cannot stream.

    Raises
    ------
    DataError
        They take more than half of the budget.
    """
    size = preparation.matrix_bytes(dataset, dtype)
    if size > _most_bytes():
        raise DataError(
            f"{dataset.source} takes {readable_bytes(size)} of memory once it is prepared, but "
            f"{what} needs all rows at once, and for those {readable_bytes(_most_bytes())} are "
            "allowed (half of --memory or ISTHMUS_MEMORY): allow more, or give fewer rows."
        )
    return preparation.matrix(dataset, dtype)


def some_rows(
    preparation: Preparation, dataset: Dataset, most: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give prepared rows and their positions, in order: all, or at most `most` that are drawn.

    They are fewer where so many would take more than half of the budget.
    """
    row_bytes = max(preparation.matrix_bytes(dataset) // dataset.n_rows, 1)
    most = min(most, max(_most_bytes() // row_bytes, _LEAST_KEPT))
    if dataset.n_rows <= most:
        return preparation.matrix(dataset), np.arange(dataset.n_rows)
    positions = _drawn(dataset.n_rows, most, seed)
    return preparation.chosen(dataset, positions), positions


def judged_rows(
    preparation: Preparation, dataset: Dataset, held_out: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give prepared rows and their positions: all, or those held out and as many others.

    Parameters
    ----------
    preparation : Preparation
        What brings them to scale.
    dataset : Dataset
        What was fitted on.
    held_out : ndarray of int
        Positions of held-out rows, in order.
    """
    if preparation.matrix_bytes(dataset) <= _most_bytes():
        return preparation.matrix(dataset), np.arange(dataset.n_rows)
    others = _drawn(dataset.n_rows, _affordable(preparation, dataset), seed=0)
    positions = np.union1d(held_out, others)
    return preparation.chosen(dataset, positions), positions


def _components(matrix: np.ndarray, n_components: int) -> PrincipalComponents:
    n_components = min(n_components, *matrix.shape)
    return find_principal_components(without_gaps(matrix), n_components)


def _affordable(preparation: Preparation, dataset: Dataset) -> int:
    """Give the number of rows that may stay in memory while the others are read."""
    row_bytes = preparation.matrix_bytes(dataset) // dataset.n_rows
    return min(dataset.n_rows, max(_LEAST_KEPT, memory_budget() // (_SHARE_KEPT * row_bytes)))


def _most_bytes() -> int:
    return memory_budget() // _SHARE_IN_MEMORY


def _spread(n_rows: int) -> np.ndarray:
    return np.linspace(0, n_rows - 1, min(n_rows, _SAMPLED_ROWS)).astype(int)


def _drawn(n_rows: int, n_drawn: int, seed: int) -> np.ndarray:
    """Draw so many positions, in order; a permutation of all might not fit into memory."""
    generator = np.random.default_rng(seed)
    drawn = np.empty(0, int)
    while len(drawn) < n_drawn:
        more = generator.integers(n_rows, size=n_drawn)
        drawn = np.unique(np.concatenate([drawn, more]))
    return np.sort(generator.permutation(drawn)[:n_drawn])
