"""Mean, variance and range of every column, in one pass over the chunks."""

from __future__ import annotations

import numpy as np

_BLOCK_NUMBERS = 2**17


def rows_in_cache(n_columns: int) -> int:
    """Give how many rows to work on at a time, so that float64 copies stay in the cache."""
    return max(1, _BLOCK_NUMBERS // max(n_columns, 1))


class ColumnStatistics:
    """Running count, mean, sum of squared deviations, least and greatest value per column.

    Chunks are merged with the pairwise update of Chan, Golub & LeVeque (1983), in float64.
    Without `deviations` their squares stay zero, which takes half the time.
    """

    def __init__(self, n_columns: int, *, deviations: bool = True) -> None:
        self._deviations = deviations
        self.count = 0
        self.mean = np.zeros(n_columns)
        self.squared_deviations = np.zeros(n_columns)
        self.least = np.full(n_columns, np.inf)
        self.greatest = np.full(n_columns, -np.inf)
        self.binary = True

    def add(self, matrix: np.ndarray) -> None:
        """Take in a chunk ``(rows, columns)``."""
        size = rows_in_cache(matrix.shape[1])
        # Fresh memory for every block would take longer to bring in than to fill.
        buffer = np.empty((min(size, len(matrix)), matrix.shape[1])) if self._deviations else None
        for start in range(0, len(matrix), size):
            self._add_block(matrix[start : start + size], buffer)

    # Of numbers too large to square the deviations are infinite, which whoever needs them tells.
    @np.errstate(over="ignore", invalid="ignore")
    def _add_block(self, matrix: np.ndarray, buffer: np.ndarray | None) -> None:
        self.least = np.minimum(self.least, matrix.min(axis=0))
        self.greatest = np.maximum(self.greatest, matrix.max(axis=0))
        # One row mostly tells.
        self.binary = self.binary and _is_binary(matrix[:1]) and _is_binary(matrix)
        mean = matrix.mean(axis=0, dtype=np.float64)
        total = self.count + len(matrix)
        shift = mean - self.mean
        self.mean = self.mean + shift * (len(matrix) / total)
        if buffer is not None:
            values = np.subtract(matrix, mean, out=buffer[: len(matrix)])
            self.squared_deviations = (
                self.squared_deviations
                + np.einsum("ij,ij->j", values, values)
                + shift**2 * (self.count * len(matrix) / total)
            )
        self.count = total

    @property
    def standard_deviation(self) -> np.ndarray:
        """Standard deviation of every column; 1 where a column is constant."""
        variance = self.squared_deviations / self.count
        # Rounding leaves a constant column a variance of about (count · eps · mean)²;
        # the same bound tells constant columns in scikit-learn's StandardScaler.
        eps = np.finfo(np.float64).eps
        bound = self.count * eps * variance + (self.count * self.mean * eps) ** 2
        return np.where(variance <= bound, 1.0, np.sqrt(variance))

    def over_axes(
        self, row_shape: tuple[int, ...], kept: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give mean and standard deviation over rows and all axes of a row but the one kept.

        Deviations are 1 where all values are equal; both have the length of the axis, or 1.
        """
        shape = row_shape if kept is not None else (-1, 1)
        mean, within = (
            np.moveaxis(values.reshape(shape), -1 if kept is None else kept, 0)
            for values in (self.mean, self.squared_deviations)
        )
        mean, within = mean.reshape(len(mean), -1), within.reshape(len(within), -1)
        variance = within.mean(axis=1) / self.count + np.var(mean, axis=1)
        return mean.mean(axis=1), np.where(variance > 0, np.sqrt(variance), 1.0)


def _is_binary(matrix: np.ndarray) -> bool:
    return bool(((matrix == 0) | (matrix == 1)).all())
