"""What all autoencoders share once they are fitted."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import DataError
from isthmus.fitting.saved import SavedAutoencoder
from isthmus.fitting.validation import open_dataset
from isthmus.io import (
    CHUNK_ROWS,
    Dataset,
    Rows,
    affordable_rows,
    as_dataset,
    read_ahead,
    to_container,
)
from isthmus.models import Model
from isthmus.objectives import Corruption, Objective, log_probability
from isthmus.prepare import check_numeric, to_matrix
from isthmus.training import over_rows


class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, SavedAutoencoder, ABC):
    """Everything but fitting: codes, reconstructions, scores, saving."""

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from X."""

    def objective(self, n_epochs: int, n_steps: int) -> Objective:
        """Give what this autoencoder minimizes in this many epochs of this many updates."""
        return Objective()

    @property
    def corruption_in_training(self) -> Corruption | None:
        """The noise that the encoder saw in training, if any."""
        return self.objective(1, 1).corruption

    def transform(self, X: Any) -> np.ndarray:
        """Encode rows.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Returns
        -------
        codes : ndarray of float32, shape (n_samples, n_components_)
        """
        return self._codes(X)

    def inverse_transform(self, X: Any) -> Any:
        """Decode codes.

        Parameters
        ----------
        X : array, frame, path or Dataset, shape (n_samples, n_components_)
            Codes as `transform` or the command ``isthmus encode`` gives them.

        Returns
        -------
        rows : array or frame
            In the scale, shape, dtypes and column names of the data that the estimator was
            fitted on, and in the same kind of container.

        Raises
        ------
        DataError
            The codes have another size than those of this estimator.
        """
        check_is_fitted(self)
        return to_container(self._decoded(_read_codes(X)), self.container_)

    def reconstruct(self, X: Any) -> Any:
        """Encode rows and decode them again; see `transform` and `inverse_transform`."""
        return self.inverse_transform(self._codes(X))

    def transform_chunks(self, X: Any) -> Iterator[np.ndarray]:
        """Encode rows a chunk at a time, for data whose codes would not fit into memory.

        Reading runs ahead in a thread; a chunk's size follows from `ISTHMUS_MEMORY`.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Yields
        ------
        codes : ndarray of float32, shape (n_rows, n_components_)
            The next rows of what `transform` gives.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import LinearAutoencoder
        >>> X = load_iris().data
        >>> model = LinearAutoencoder(2).fit(X)
        >>> [codes.shape for codes in model.transform_chunks(X)]
        [(150, 2)]
        """
        check_is_fitted(self)
        return self._streamed(partial(over_rows, Model.encode, self.model_), X)

    def inverse_transform_chunks(self, X: Any) -> Iterator[Rows]:
        """Decode codes a chunk at a time, for rows that would not fit into memory.

        Parameters
        ----------
        X : array, frame, path or Dataset, shape (n_samples, n_components_)
            Codes as `transform` or the command ``isthmus encode`` gives them.

        Yields
        ------
        rows : array or arrow table
            The next rows of what `inverse_transform` gives.
        """
        check_is_fitted(self)
        dataset = as_dataset(X, "codes")
        check_numeric(dataset.schema, dataset.source)
        first = 0
        for chunk in read_ahead(dataset.chunks(affordable_rows(self.preparation_.n_features))):
            codes = to_matrix(chunk, dataset.source, first).astype(np.float32)
            first += len(codes)
            yield self._decoded(codes)

    def score_samples(self, X: Any) -> np.ndarray:
        """Give each row's log-likelihood under its reconstruction, or negative squared error.

        Computed in the prepared scale and summed over features; higher means more normal.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Returns
        -------
        scores : ndarray of float32, shape (n_samples,)
        """
        return np.concatenate(list(self.score_chunks(X)))

    def score_chunks(self, X: Any) -> Iterator[np.ndarray]:
        """Score rows a chunk at a time, for data whose scores would not fit into memory.

        Reading runs ahead in a thread; a chunk's size follows from `ISTHMUS_MEMORY`.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Yields
        ------
        scores : ndarray of float32, shape (n_rows,)
            The next rows of what `score_samples` gives.
        """
        check_is_fitted(self)
        return self._streamed(self._score_rows, X)

    def score(self, X: Any, y: Any = None) -> float:
        """Give the mean of `score_samples`; higher is better. Rows may be more than fit."""
        return running_mean(self.score_chunks(X))

    def _decoded(self, codes: np.ndarray) -> Rows:
        if codes.shape[1] != self.n_components_:
            raise DataError(
                f"the codes have {codes.shape[1]} columns, but {type(self).__name__} was fitted "
                f"with n_components={self.n_components_}: give it codes that its transform made."
            )
        return self.preparation_.inverse(over_rows(Model.decode, self.model_, codes))

    def _score_rows(self, x: np.ndarray) -> np.ndarray:
        """Score prepared rows, as `score_samples` does."""
        return over_rows(log_probability, self.model_, x, seed=0)

    def _streamed(
        self, program: Callable[[np.ndarray], np.ndarray], X: Any
    ) -> Iterator[np.ndarray]:
        """Yield what `program` makes of the prepared rows, while the next ones are read."""
        n_rows = affordable_rows(self.preparation_.n_features)
        return map(program, read_ahead(self._prepared(X, n_rows)))

    def _codes(self, X: Any) -> np.ndarray:
        """Encode rows; unlike `transform`, never wrapped into a frame."""
        check_is_fitted(self)
        return over_rows(Model.encode, self.model_, self._prepared(X))

    def _prepared(self, X: Any, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        dataset = open_dataset(self, X, reset=False)
        first = 0
        for chunk in dataset.chunks(n_rows):
            yield self.preparation_.transform(chunk, dataset.source, first)
            first += len(chunk)

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def running_mean(chunks: Iterable[np.ndarray]) -> float:
    """Give the mean of all numbers in these chunks, of which only one is in memory at a time."""
    total, count = 0.0, 0
    for chunk in chunks:
        total, count = total + float(chunk.sum(dtype=np.float64)), count + chunk.size
    return total / count


def _read_codes(X: Any) -> np.ndarray:
    if not isinstance(X, (str, os.PathLike, Dataset)):
        return check_array(X, dtype="float32", input_name="codes")
    dataset = as_dataset(X)
    check_numeric(dataset.schema, dataset.source)
    return to_matrix(dataset.to_memory(), dataset.source).astype(np.float32)
