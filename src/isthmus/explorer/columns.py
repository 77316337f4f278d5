"""The columns of rows and of what stands beside them, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from isthmus.explorer.values import Values
from isthmus.fitting.shapes import MOST_UNNAMED_COLUMNS
from isthmus.io import Rows

# Wide tables are gone through column by column; the last ones asked for are kept.
_KEPT = 32


class Columns:
    """Columns by their names; of arrays only those of few numbers a row have some.

    Parameters
    ----------
    parts : sequence of array or arrow table
        As many rows each. Where two have a column of one name, the first one's counts.
    """

    def __init__(self, parts: Sequence[Rows]) -> None:
        self._homes: dict[str, Rows] = {}
        for part in parts:
            for name in _names(part):
                self._homes.setdefault(name, part)
        self.names = tuple(self._homes)
        self.read = lru_cache(_KEPT)(self._read)

    def _read(self, name: str) -> Values:
        home = self._homes[name]
        if isinstance(home, np.ndarray):
            return Values.of_array(name, home[:, int(name)])
        return Values.of_column(name, home.column(name))


def _names(rows: Rows) -> list[str]:
    if not isinstance(rows, np.ndarray):
        return rows.column_names
    few = rows.ndim == 2 and rows.shape[1] <= MOST_UNNAMED_COLUMNS
    return [str(i) for i in range(rows.shape[1])] if few else []
