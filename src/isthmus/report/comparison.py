"""An autoencoder beside PCA with as many components, on the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.errors import DataError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.rows import judged_rows
from isthmus.fitting.shapes import image_shape, signal_shape
from isthmus.io import Dataset, as_dataset
from isthmus.models import Model
from isthmus.models.codes.sparse import SparseCode
from isthmus.prepare import (
    PrincipalComponents,
    find_principal_components,
    mean_row,
    without_gaps,
)
from isthmus.report.names import DrawnNames, without_folders
from isthmus.report.odd_rows import find_odd_rows
from isthmus.report.table_columns import TableColumn, judge_columns
from isthmus.runs.computing import computing
from isthmus.training import over_rows

_MOST_DRAWN = 10_000
MOST_CLASSES = 20
"""Labels that are told apart by colours."""
_LEAST_SHARE = 1e-9


@dataclass(frozen=True, eq=False)
class Denoising:
    """The judged rows with noise, and what came back, ``(rows, features)`` each."""

    noisy: np.ndarray
    denoised: np.ndarray
    pca_denoised: np.ndarray

    def errors(self, clean: np.ndarray) -> tuple[float, float, float]:
        """Give the mean squared error per row: noisy, denoised, and by PCA."""
        return (
            _squared_error(clean, self.noisy),
            _squared_error(clean, self.denoised),
            _squared_error(clean, self.pca_denoised),
        )


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a report says of one estimator; errors are squared, summed over a row's features.

    Attributes
    ----------
    estimator : BaseAutoencoder
        The fitted autoencoder.
    source : str
        What the data are called.
    labels : ndarray or None
        A label for each judged row.
    rows : ndarray of int
        Positions of the judged rows in the data.
    held_out : bool
        Whether the judged rows were held out; if not, they are the training rows themselves.
    x, reconstruction, pca_reconstruction : ndarray of float32, shape (rows, features)
        The judged rows and what came back, in the prepared scale, gaps filled with the mean.
    tables : tuple of TableColumn
        What came back of each column of a table that has more than plain numbers.
    odd_rows : tuple of (int, str)
        Positions of the oddest judged rows of such a table, and what makes them odd.
    codes : ndarray of float32, shape (rows, components)
        Their codes.
    training_codes : ndarray of float32, shape (at most 10,000, components)
        Codes of training rows, for the picture; none if the judged rows are those.
    training_labels : ndarray or None
        Their labels.
    baseline : ndarray of float32, shape (features,)
        Mean of the training rows.
    n_training_rows : int
        Rows that the estimator learned from.
    n_pca_rows : int
        Those of them that PCA learned from: all that memory holds.
    n_pca_components : int
        The components that PCA was given: as many as the code has active at once.
    denoising : Denoising or None
        What becomes of noisy rows, where the estimator was trained on such.
    """

    estimator: BaseAutoencoder
    source: str
    labels: np.ndarray | None
    rows: np.ndarray
    held_out: bool
    x: np.ndarray
    reconstruction: np.ndarray
    pca_reconstruction: np.ndarray
    tables: tuple[TableColumn, ...]
    odd_rows: tuple[tuple[int, str], ...]
    codes: np.ndarray
    training_codes: np.ndarray
    training_labels: np.ndarray | None
    baseline: np.ndarray
    n_training_rows: int
    n_pca_rows: int
    n_pca_components: int
    denoising: Denoising | None

    @property
    def name(self) -> str:
        """The estimator's class and the size of its code."""
        k = self.estimator.n_components_
        return f"{type(self.estimator).__name__}, {k} component{'s' if k > 1 else ''}"

    @cached_property
    def row_errors(self) -> np.ndarray:
        """Squared error of each judged row."""
        return np.square(self.x - self.reconstruction).sum(axis=1, dtype=np.float64)

    @property
    def error(self) -> float:
        """Mean squared error per row."""
        return float(self.row_errors.mean())

    @cached_property
    def pca_error(self) -> float:
        """PCA's mean squared error per row; 0 where it is below what float32 can tell."""
        error = _squared_error(self.x, self.pca_reconstruction)
        return error if error > _LEAST_SHARE * self.total else 0.0

    @cached_property
    def total(self) -> float:
        """Mean squared distance of a row from the mean of the training rows."""
        return _squared_error(self.x, self.baseline)

    @property
    def explained(self) -> float:
        """Share of the variance that comes back."""
        return _share(self.error, self.total)

    @property
    def pca_explained(self) -> float:
        """Share of the variance that comes back from PCA."""
        return _share(self.pca_error, self.total)

    def column_shares(self, reconstruction: np.ndarray) -> np.ndarray:
        """Give the share of each column's variance that comes back."""
        left = np.mean((self.x - reconstruction) ** 2, axis=0, dtype=np.float64)
        total = np.mean((self.x - self.baseline) ** 2, axis=0, dtype=np.float64)
        return np.where(total > 0, 1 - left / np.where(total > 0, total, 1), 1.0)

    @cached_property
    def columns(self) -> DrawnNames:
        """Names of the features."""
        names = self.estimator.preparation_.feature_names
        return DrawnNames(names or [f"column {i}" for i in range(self.x.shape[1])], "column")

    @cached_property
    def table_names(self) -> DrawnNames:
        """Names of the columns of a table that has more than plain numbers."""
        return DrawnNames([column.name for column in self.tables], "column")

    @cached_property
    def distinct_labels(self) -> np.ndarray | None:
        """The labels that there are among the rows drawn."""
        drawn = [labels for labels in (self.labels, self.training_labels) if labels is not None]
        return np.unique(np.concatenate(drawn)) if drawn else None

    @cached_property
    def classes(self) -> DrawnNames:
        """Names of the distinct labels."""
        labels = self.distinct_labels
        return DrawnNames([] if labels is None else list(labels), "class")

    @property
    def has_classes(self) -> bool:
        """Whether labels are classes, and not numbers that are measured."""
        distinct = self.distinct_labels
        return distinct is not None and len(distinct) <= MOST_CLASSES

    @property
    def image_shape(self) -> tuple[int, ...] | None:
        """Shape of a row if it is a picture, else None."""
        return image_shape(self._row_shape, self.estimator.model_.network.without_shortcuts)

    @property
    def signal_shape(self) -> tuple[int, int] | None:
        """Length and channels of a row if it is a signal, else None."""
        if self.image_shape or self.estimator.preparation_.schema.names:
            return None
        return signal_shape(self._row_shape, self.estimator.model_.network.without_shortcuts)

    @property
    def _row_shape(self) -> tuple[int, ...]:
        return self.estimator.preparation_.row_shape

    @property
    def n_parameters(self) -> int:
        """Numbers that the model has learned."""
        return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(self.estimator.model_))

    @property
    def seconds(self) -> float | None:
        """Seconds of training, where it was trained step by step."""
        seconds = self.estimator.history_["seconds"]
        return seconds[-1] if seconds else None


def compare(
    estimator: BaseAutoencoder, X: Any, labels: Any = None, source: str | None = None
) -> Comparison:
    """Judge a freshly fitted estimator by its held-out rows, beside PCA.

    PCA gets the same training rows, in the same prepared scale, and as many components; beside
    a sparse code it gets k. Of data that memory does not hold it gets rows drawn by chance.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Fitted on X in this process, so that it knows which rows were held out.
    X : array, frame, path or Dataset
        What it was fitted on.
    labels : array-like of shape (n_samples,) or None
        Known labels, for colour in pictures only.
    source : str or None
        What the data are called; None takes the name of the file.

    Raises
    ------
    DataError
        There is not one label for each row.
    """
    dataset, held_out = as_dataset(X), len(estimator.validation_rows_) > 0
    matrix, positions = judged_rows(estimator.preparation_, dataset, estimator.validation_rows_)
    labels = None if labels is None else checked_labels(labels, dataset)[positions]
    rows = training_rows = np.arange(len(matrix))
    if held_out:
        rows = np.searchsorted(positions, estimator.validation_rows_)
        training_rows = np.delete(training_rows, rows)
    judged, training = matrix[rows], matrix[training_rows]
    codes = over_rows(Model.encode, estimator.model_, judged)
    baseline = mean_row(training).astype(np.float32)
    x, gaps = without_gaps(judged, baseline), np.isnan(judged)
    drawn = np.random.default_rng(0).permutation(training_rows)[: _MOST_DRAWN if held_out else 0]
    pca = _fit_pca(without_gaps(training, baseline), estimator)
    # What is missing costs nothing.
    back = over_rows(Model.decode, estimator.model_, codes), pca.reconstruct(x)
    told = positions[rows], *(np.where(gaps, x, each) for each in back)
    return Comparison(
        estimator=estimator,
        source=source or without_folders(dataset.source),
        labels=None if labels is None else labels[rows],
        rows=positions[rows],
        held_out=held_out,
        x=x,
        reconstruction=told[1],
        pca_reconstruction=told[2],
        tables=judge_columns(estimator.preparation_, dataset, *told),
        odd_rows=find_odd_rows(estimator, dataset, positions[rows]),
        codes=codes,
        training_codes=over_rows(Model.encode, estimator.model_, matrix[drawn]),
        training_labels=None if labels is None else labels[drawn],
        baseline=baseline,
        n_training_rows=_n_learned(estimator, dataset.n_rows),
        n_pca_rows=len(training_rows),
        n_pca_components=len(pca.components),
        denoising=_denoise(estimator, x, baseline, pca),
    )


def _n_learned(estimator: BaseAutoencoder, n_rows: int) -> int:
    """Give how many of the rows were learned from; a map of many takes some of them."""
    return getattr(estimator, "n_training_rows_", n_rows - len(estimator.validation_rows_))


def checked_labels(labels: Any, dataset: Dataset) -> np.ndarray:
    """Give labels as an array, one for each row of the data."""
    labels = np.asarray(labels)
    if len(labels) != dataset.n_rows:
        raise DataError(
            f"{len(labels):,} labels were given for the {dataset.n_rows:,} rows of "
            f"{dataset.source}: give one label a row."
        )
    # Text with gaps is an array of objects, which has no order.
    return labels.astype(str) if labels.dtype == object else labels


def _denoise(
    estimator: BaseAutoencoder, x: np.ndarray, baseline: np.ndarray, pca: PrincipalComponents
) -> Denoising | None:
    corruption = estimator.corruption_in_training
    if corruption is None:
        return None
    with computing():
        noisy = np.asarray(corruption(jnp.asarray(x), jnp.ones(len(x)), jax.random.key(0)))
    denoised = over_rows(Model.reconstruct, estimator.model_, noisy)
    noisy = without_gaps(noisy, baseline)
    return Denoising(noisy, denoised, pca.reconstruct(noisy))


def _fit_pca(training: np.ndarray, estimator: BaseAutoencoder) -> PrincipalComponents:
    code = estimator.model_.code
    n_components = code.k if isinstance(code, SparseCode) else estimator.n_components_
    n_components = min(n_components, *training.shape)
    return find_principal_components(training, n_components)


def _squared_error(x: np.ndarray, other: np.ndarray) -> float:
    return float(np.sum((x - other) ** 2, axis=1, dtype=np.float64).mean())


def _share(error: float, total: float) -> float:
    return 1 - error / total if total > 0 else 1.0
