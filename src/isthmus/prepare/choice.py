"""Which preparation suits data: plain numbers, or a table of columns of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from isthmus.errors import IsthmusError, MissingValueError
from isthmus.io.dataset import Dataset
from isthmus.prepare.matrix import holds_numbers
from isthmus.prepare.numbers import NumberPreparation
from isthmus.prepare.preparation import Preparation
from isthmus.prepare.table import TablePreparation

_FOR_TABLES = ("auto", "standardize")


def find_preparation(
    dataset: Dataset,
    scaling: str = "auto",
    kinds: Mapping[str, str] | None = None,
    *,
    numbers_alone: str | None = None,
) -> Preparation:
    """Find out how to prepare these rows, in a pass or two over them.

    Parameters
    ----------
    dataset : Dataset
        The training rows.
    scaling : str
        How plain numbers are brought to scale.
    kinds : mapping of str to str or None
        Kinds of columns that are not to be chosen; with any, the rows are a table.
    numbers_alone : str or None
        What takes nothing but plain numbers without gaps, as messages name it.

    Raises
    ------
    DataError
        The rows cannot be prepared.
    """
    if numbers_alone is not None:
        if kinds:
            raise IsthmusError(f"{numbers_alone} takes numbers alone: leave kinds away.")
        return NumberPreparation.fit(dataset, scaling)
    why = ""
    if kinds:
        why = "kinds of columns were named"
    elif not holds_numbers(dataset.schema):
        why = "not all columns are numbers"
    if not why:
        try:
            return NumberPreparation.fit(dataset, scaling)
        except MissingValueError:
            if len(dataset.schema.row_shape) > 1:
                raise
            why = "some values are missing"
    if scaling not in _FOR_TABLES:
        raise IsthmusError(
            f"scaling={scaling!r} is for plain numbers, but of {dataset.source} {why}: "
            "use scaling='auto'."
        )
    return TablePreparation.fit(dataset, why, kinds)


def restore_preparation(values: dict[str, Any], arrays: dict[str, np.ndarray]) -> Preparation:
    """Make a preparation again from what its `state` gave; ValueError if the parts do not fit."""
    kind = TablePreparation if values["scaling"] == TablePreparation.scaling else NumberPreparation
    return kind.from_state(values, arrays)
