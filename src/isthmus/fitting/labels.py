"""Which rows are labelled."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite, column_or_1d

from isthmus.errors import DataError, DataWarning
from isthmus.io import Dataset, as_dataset

UNLABELLED = -1
"""What stands among the positions of classes for a row whose class is not known."""


def as_labels(y: Any) -> np.ndarray:
    """Give labels as an array, whatever they came in; gaps stay gaps."""
    has_gaps = y.hasnans if hasattr(y, "hasnans") else isinstance(y, list) and any(map(_is_gap, y))
    if has_gaps:
        y = np.array([None if _is_gap(value) else value for value in y], dtype=object)
    y = column_or_1d(y, warn=True)
    if y.dtype.kind in "mMV":
        raise DataError(
            f"y holds labels of type {y.dtype}, expected text or numbers: convert them."
        )
    if y.dtype.kind == "f":
        assert_all_finite(y, allow_nan=True, input_name="y")
    return y


def known_labels(y: Any, classes: np.ndarray | Sequence[Any] | None = None) -> np.ndarray:
    """Tell which rows are labelled.

    Gaps are not: None, NaN, empty text. Nor is −1, as a number or as text, unless it surely is a
    class: where −1 and one other label are all there is, as −1 and 1 often are, or where another
    label is negative too.

    Parameters
    ----------
    y : array, list or column, shape (rows,)
        The labels.
    classes : sequence or None
        The classes of a fitted classifier: they say then whether −1 is one. None asks `y`.

    Returns
    -------
    known : ndarray of bool, shape (rows,)
    """
    y = as_labels(y)
    gaps, marks = _where(y)
    if classes is None:
        others = set(y[~(gaps | marks)].tolist())
        is_class = len(others) == 1 or any(map(_is_negative, others))
    else:
        is_class = any(map(_is_mark, np.asarray(classes).tolist()))
    return ~gaps if is_class else ~(gaps | marks)


def tell_unlabelled(y: np.ndarray, known: np.ndarray) -> None:
    """Warn where labels of −1 were taken for marks of unlabelled rows, but may be a class.

    They hardly are where they are most of the labels and there are three classes or more.
    """
    _, marks = _where(y)
    n_marked = int((marks & ~known).sum())
    is_clear = 2 * n_marked > len(y) and len(set(y[known].tolist())) > 2
    if n_marked and known.any() and not is_clear:
        warnings.warn(
            f"{n_marked:,} of {len(y):,} rows have the label -1, which marks them as unlabelled as "
            "elsewhere in scikit-learn: if it is a class, give that another name, such as "
            "'negative'; to say that there is no label, use None, NaN or empty text.",
            DataWarning,
            stacklevel=2,
        )


def refuse_other_order(X: Any, y: Any) -> None:
    """Raise `DataError` if y has the index of X in another order: its values are of other rows."""
    own: Any = getattr(X, "index", None)
    other: Any = getattr(y, "index", None)
    if not (hasattr(own, "equals") and hasattr(other, "equals")) or len(own) != len(other):
        return
    if own.equals(other) or not own.isin(other).all() or not other.isin(own).all():
        return
    position = next(i for i, (a, b) in enumerate(zip(own, other, strict=True)) if a != b)
    raise DataError(
        f"y has the index of X in another order, {other[position]} in row {position:,} where X "
        f"has {own[position]}: give y.loc[X.index], or y.to_numpy() if the rows do match."
    )


def split_column(X: Any, name: str) -> tuple[Dataset, list[Any]]:
    """Take a column out of a table: the rest of it, and the column's values."""
    dataset = as_dataset(X)
    values = dataset.select([name]).to_memory()
    rest: Sequence[str] = [other for other in dataset.schema.names or () if other != name]
    return dataset.select(rest), values.column(0).to_pylist()  # pyright: ignore


def hold_out(
    labelled: np.ndarray, targets: np.ndarray, fraction: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the labelled rows to train on, and those to hold out, at least one of either.

    Where enough are labelled, a row of each class is left to train on.
    """
    drawn = generator.permutation(labelled)
    kept = np.array([len(drawn) - 1])
    if targets.dtype.kind == "i":
        kept = len(drawn) - 1 - np.unique(targets[drawn[::-1]], return_index=True)[1]
    drawn = np.concatenate([np.delete(drawn, kept), drawn[kept]])
    n_held_out = max(round(len(drawn) * fraction), 1)
    n_held_out = min(n_held_out, max(len(drawn) - len(kept), 1))
    return np.sort(drawn[n_held_out:]), drawn[:n_held_out]


def _where(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell where gaps are, and where −1."""
    if y.dtype.kind in "biuf":
        return y != y, y == -1
    values = y.tolist()
    return np.array(list(map(_is_gap, values)), bool), np.array(list(map(_is_mark, values)), bool)


def _is_gap(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _is_negative(label: Any) -> bool:
    try:
        return float(label) < 0
    except (TypeError, ValueError):
        return False


def _is_mark(value: Any) -> bool:
    return value.strip() == "-1" if isinstance(value, str) else value == -1
