"""How far reconstructions are off, in the scale that the model sees."""

from __future__ import annotations

from typing import Any

import numpy as np

from isthmus.io import Dataset, Rows
from isthmus.models import Model
from isthmus.prepare import as_float
from isthmus.training import over_rows


def row_errors(model: Any, dataset: Dataset, codes: np.ndarray) -> np.ndarray:
    """Give the mean squared error of each row, over what is not missing: ``(rows,)``."""
    first, found = 0, []
    for x in model.preparation_.chunks(dataset):
        squares = _squares(model, x, codes[first : first + len(x)])
        known = ~np.isnan(squares)
        sums = np.where(known, squares, 0).sum(axis=1)
        found.append(sums / np.maximum(known.sum(axis=1), 1))
        first += len(x)
    return np.concatenate(found)


def column_errors(model: Any, dataset: Dataset, code: np.ndarray) -> dict[str, float]:
    """Give how far each column of one row is off, by its name; 0 where it is missing."""
    (x,) = model.preparation_.chunks(dataset)
    errors = _by_column(model, np.sqrt(np.nan_to_num(_squares(model, x, code[None])[0])))
    names = dataset.schema.names or [str(i) for i in range(dataset.schema.n_features)]
    return dict(zip(names, errors.tolist(), strict=True))


def column_ranges(model: Any, rows: Rows) -> np.ndarray:
    """Give how far each column goes in some decoded rows: ``(columns,)``."""
    x = as_float(model.preparation_.transform(rows))
    known = np.isfinite(x).any(axis=0)
    ranges = np.zeros(x.shape[1])
    ranges[known] = np.nanmax(x[:, known], axis=0) - np.nanmin(x[:, known], axis=0)
    return _by_column(model, ranges)


def _squares(model: Any, x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    return (as_float(x) - over_rows(Model.decode, model.model_, codes)) ** 2


def _by_column(model: Any, values: np.ndarray) -> np.ndarray:
    """Give the greatest of the values of each column of the table."""
    layout = model.preparation_.layout
    if layout is None:
        return values
    found = np.zeros(layout.n_columns)
    np.maximum.at(found, np.array(layout.columns), values)
    return found
