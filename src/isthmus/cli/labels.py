"""Labels from a column of the data or from a file."""

from __future__ import annotations

import os
from typing import Any

from isthmus.cli.messages import MisuseError
from isthmus.errors import IsthmusError


def split_labels(dataset: Any, labels: str | None) -> tuple[Any, Any]:
    """Give the features, and labels that can be drawn."""
    if labels is None:
        return dataset, None
    dataset, values = take_labels(dataset, labels)
    return dataset, _fill_gaps(values)


def coloured(dataset: Any, labels: str | None, colour: str | None) -> tuple[Any, Any]:
    """Give the features, and what colours them: labels, or a column that stays a feature."""
    if colour is None:
        return split_labels(dataset, labels)
    if labels is not None:
        raise MisuseError("--labels and --colour both colour the report: give one of them.")
    return dataset, _fill_gaps(dataset.select([colour]).to_memory().column(0).to_pylist())


def take_labels(dataset: Any, labels: str) -> tuple[Any, list[Any]]:
    """Give the features, and one label a row, None where there is none."""
    names = dataset.schema.names or ()
    if labels in (*names, *dataset.index_names):
        column = dataset.select([labels]).to_memory().column(0).to_pylist()
        return dataset.select([name for name in names if name != labels]), column
    # Of a text that is too long for a name the system would not say whether it is there.
    if not os.path.exists(labels):
        raise IsthmusError(
            f"--labels {labels!r} is neither a column of {dataset.source} nor a file: "
            "name one of them."
        )
    from isthmus.io import read

    values: Any = read(labels).to_memory()
    shape = values.shape
    if len(shape) > 1 and shape[1:] != (1,):
        raise IsthmusError(
            f"{labels} holds {values.shape[1]:,} columns, expected one: keep the labels only."
        )
    column = values.column(0).to_pylist() if hasattr(values, "column") else values.ravel().tolist()
    return dataset, _check_labels(column, dataset)


def _check_labels(labels: list[Any], dataset: Any) -> list[Any]:
    if len(labels) != len(dataset):
        raise IsthmusError(
            f"{len(labels):,} labels were given for the {len(dataset):,} rows of "
            f"{dataset.source}: give one label a row."
        )
    return labels


def _fill_gaps(labels: list[Any]) -> list[Any]:
    if None not in labels:
        return labels
    if all(value is None or isinstance(value, (int, float)) for value in labels):
        return [float("nan") if value is None else value for value in labels]
    return ["missing" if value is None else str(value) for value in labels]
