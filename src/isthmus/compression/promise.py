"""What an archive promises of the values that come back."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from isthmus.checks import is_number
from isthmus.errors import IsthmusError


@dataclass(frozen=True)
class Promise:
    """How far any value that comes back may be from the one that went in.

    Parameters
    ----------
    max_error : float or tuple of float, default 0.0
        The largest difference, in the unit of the data, of all or of each column; 0 promises the
        same bits.
    """

    max_error: float | tuple[float, ...] = 0.0

    def __post_init__(self) -> None:
        if not all(is_number(error) and 0 <= error < inf for error in self._errors):
            raise IsthmusError(
                f"max_error={self.max_error!r} is no error that values may have: give numbers of "
                "at least zero."
            )

    @property
    def exact(self) -> bool:
        """Whether the same bits come back."""
        return not any(self._errors)

    @property
    def largest(self) -> float:
        """The largest difference of all."""
        return float(max(self._errors))

    @property
    def by_column(self) -> bool:
        """Whether columns have errors of their own."""
        return isinstance(self.max_error, tuple)

    @property
    def errors(self) -> np.ndarray:
        """The largest differences, as they go with rows: ``()`` or ``(n_columns,)`` float64."""
        return np.array(self.max_error, np.float64)

    @property
    def _errors(self) -> tuple[float, ...]:
        return self.max_error if isinstance(self.max_error, tuple) else (self.max_error,)


EXACT = Promise()
"""The same bits."""
