"""Whatever a user calls X becomes a Dataset that fits the estimator."""

from __future__ import annotations

import os
import warnings
from typing import Any, Protocol

import numpy as np
from pyarrow import dataset as scanning
from sklearn.utils.validation import (
    _check_n_features,  # pyright: ignore[reportPrivateUsage]
    check_array,
    validate_data,
)

from isthmus.errors import DataError, DataWarning
from isthmus.io import (
    ArrayDataset,
    Dataset,
    as_dataset,
    as_rows,
    container_of,
    in_memory,
    refuse_other_than_numbers,
)
from isthmus.io.index import looks_like_index


class FittedOn(Protocol):
    """What an estimator remembers of the data it was fitted on."""

    n_features_in_: int
    feature_names_in_: np.ndarray
    container_: str


def open_dataset(estimator: FittedOn, X: Any, *, reset: bool) -> Dataset:
    """Turn X into a Dataset and check it against the estimator.

    Parameters
    ----------
    estimator : estimator
        Gets `n_features_in_`, `feature_names_in_` and `container_` if `reset`, else X must agree
        with them.
    X : array, pandas, polars or arrow frame, path, or Dataset
        Rows of numbers; an array may have more than two axes, ``(rows, *row_shape)``.
    reset : bool
        Whether X is what the estimator is fitted on.
    """
    X = in_memory(X)
    dataset = _opened(estimator, X, reset)
    if reset:
        named = "array" if dataset.schema.names is None else "arrow"
        is_data = not isinstance(X, (str, os.PathLike, Dataset))
        estimator.container_ = container_of(X).kind if is_data else named
    return dataset


def _opened(estimator: FittedOn, X: Any, reset: bool) -> Dataset:
    if isinstance(X, (str, os.PathLike, Dataset, scanning.Dataset)):
        return _match(estimator, as_dataset(X), reset)
    if container_of(X).kind != "array":
        dataset = as_dataset(X)
        if not reset:
            dataset = _with_learned_index(estimator, dataset)
        _require_rows(estimator, dataset, reset)
        # The table that it became holds no index, which arrow and polars have among the columns.
        features: Any = dataset.to_memory()
        validate_data(estimator, features, reset=reset, skip_check_array=True)
        if reset:
            _warn_of_index(features)
        return dataset
    # Whether all is finite is looked at chunk by chunk, while the rows are being prepared.
    labels, X = _labels(X), as_rows(X, "X")
    checks: Any = {"ensure_min_samples": 2 if reset else 1, "ensure_all_finite": False}
    if len(getattr(X, "shape", ())) > 2:
        array = check_array(X, allow_nd=True, **checks)
        _check_n_features(estimator, array.reshape(len(array), -1), reset=reset)
    else:
        array = np.asarray(validate_data(estimator, X, reset=reset, **checks))
    # Frames whose columns have no names are arrays only now.
    refuse_other_than_numbers(array, "X")
    return ArrayDataset(array, labels=labels)


def _labels(X: Any) -> tuple[int, ...] | None:
    """Give the whole numbers that a pandas frame has in place of names, if it has some."""
    labels: Any = getattr(X, "columns", ())
    labels = labels.tolist() if hasattr(labels, "tolist") else []
    return tuple(labels) if labels and all(type(label) is int for label in labels) else None


def _warn_of_index(features: Any) -> None:
    if looks_like_index(features):
        warnings.warn(
            f"X has the column {features.column_names[0]!r}, which numbers the rows as an index "
            "does: drop it, or give it a name of its own if it is a feature.",
            DataWarning,
            stacklevel=2,
        )


def _with_learned_index(estimator: FittedOn, dataset: Dataset) -> Dataset:
    """Take a column that holds an index for a feature where `fit` was told that it is one."""
    learned = set(getattr(estimator, "feature_names_in_", ()))
    wanted = [name for name in dataset.index_names if name in learned]
    own = [name for name in dataset.schema.names or () if name not in wanted]
    return dataset.select([*own, *wanted]) if wanted else dataset


def _match(estimator: FittedOn, dataset: Dataset, reset: bool) -> Dataset:
    _require_rows(estimator, dataset, reset)
    names = dataset.schema.names
    if reset:
        estimator.n_features_in_ = dataset.schema.n_features
        if names is not None:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
        return dataset
    if names is not None and hasattr(estimator, "feature_names_in_"):
        return dataset.select([str(name) for name in estimator.feature_names_in_])
    if dataset.schema.n_features != estimator.n_features_in_:
        raise DataError(
            f"{dataset.source} has {dataset.schema.n_features} features a row, but "
            f"{type(estimator).__name__} was fitted on {estimator.n_features_in_}: "
            "give it data of the same shape."
        )
    return dataset


def _require_rows(estimator: FittedOn, dataset: Dataset, reset: bool) -> None:
    least = 2 if reset else 1
    if dataset.n_rows < least:
        raise DataError(
            f"{dataset.source} has n_samples={dataset.n_rows}, but "
            f"{type(estimator).__name__} needs at least {least}: give it more rows."
        )
