"""What all autoencoders share once they are fitted."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

import numpy as np
from pyarrow import dataset as scanning
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import DataError
from isthmus.fitting.imputing import ImputingAutoencoder
from isthmus.fitting.validation import open_dataset
from isthmus.io import (
    CHUNK_ROWS,
    Container,
    Dataset,
    Rows,
    Schema,
    affordable_rows,
    as_dataset,
    container_of,
    read_ahead,
    to_container,
)
from isthmus.models import Model
from isthmus.objectives import Corruption, Objective, row_scores
from isthmus.prepare import check_numeric, refuse_odd_values, to_float
from isthmus.training import over_rows


class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ImputingAutoencoder, ABC):
    """Everything but fitting: codes, reconstructions, scores, saving."""

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from X."""

    def objective(self, n_epochs: int, n_steps: int) -> Objective:
        """Give what this autoencoder minimizes in this many epochs of this many updates."""
        return Objective()

    @property
    def takes_gaps(self) -> bool:
        """Whether rows may have missing values."""
        return False

    @property
    def corruption_in_training(self) -> Corruption | None:
        """The noise that the encoder saw in training, if any."""
        corruption, layout = self.objective(1, 1).corruption, self.preparation_.layout
        if corruption is None or layout is None:
            return corruption
        return corruption.for_columns(layout)

    def transform(self, X: Any) -> np.ndarray:
        """Encode rows.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Returns
        -------
        codes : ndarray of float32, shape (n_samples, n_components_)
            Of float64 where a linear autoencoder found in closed form encodes such rows.
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
            fitted on, and in the same kind of container. Codes in a pandas frame give it their
            index.

        Raises
        ------
        DataError
            The codes have another size than those of this estimator.
        """
        check_is_fitted(self)
        codes = self._open_codes(X)
        dtype = self._precision(codes.schema)
        matrix = to_float(codes.to_memory(), codes.source, dtype=dtype)
        container = Container(self.container_, container_of(X).index)
        return to_container(self._decoded(matrix), container)

    def reconstruct(self, X: Any) -> Any:
        """Encode rows and decode them again; see `transform` and `inverse_transform`.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Returns
        -------
        rows : array or frame
            In the same kind of frame as X, with its index; where X is no frame, in the kind of
            container that the estimator was fitted on.
        """
        given = container_of(X)
        is_frame = given.kind != "array" and not isinstance(X, (Dataset, scanning.Dataset))
        kind = given.kind if is_frame else self.container_
        return to_container(self._decoded(self._codes(X)), Container(kind, given.index))

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
        return self._streamed(self._encode, "code", X)

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
        dataset = self._open_codes(X)
        first, dtype = 0, self._precision(dataset.schema)
        for chunk in read_ahead(dataset.passed(affordable_rows(self.preparation_.n_features))):
            codes = to_float(chunk, dataset.source, first, dtype)
            yield self._decoded(codes, first)
            first += len(codes)

    def score_samples(self, X: Any) -> np.ndarray:
        """Give each row's log-likelihood under its reconstruction, or negative squared error.

        Computed in the prepared scale and summed over features; higher means more normal,
        whatever the data. For a Bernoulli likelihood it is minus the divergence from x, which
        for 0 and 1 is the log-likelihood.

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
        return self._streamed(lambda x: bounded(self._score_rows(x)), "score", X)

    def score(self, X: Any, y: Any = None) -> float:
        """Give the mean of `score_samples`; higher is better. Rows may be more than fit."""
        return running_mean(self.score_chunks(X))

    def _decoded(self, codes: np.ndarray, first_row: int = 0) -> Rows:
        if codes.shape[1] != self.n_components_:
            raise DataError(
                f"the codes have {codes.shape[1]} columns, but {type(self).__name__} was fitted "
                f"with n_components={self.n_components_}: give it codes that its transform made."
            )
        decoded = self._decode(codes)
        return self.preparation_.inverse(finite(decoded, "reconstruction", "codes", first_row))

    def _precision(self, schema: Schema) -> np.dtype:
        """Give the dtype that rows or codes of this schema are worked on in."""
        return np.dtype(np.float32)

    def _encode(self, x: np.ndarray | Iterable[np.ndarray]) -> np.ndarray:
        """Encode prepared rows, in chunks where they come so."""
        return over_rows(Model.encode, self.model_, x)

    def _decode(self, codes: np.ndarray) -> np.ndarray:
        """Decode codes to prepared rows."""
        return over_rows(Model.decode, self.model_, codes)

    def _score_rows(self, x: np.ndarray) -> np.ndarray:
        """Score prepared rows, as `score_samples` does."""
        return over_rows(row_scores, self.model_, x, seed=0)

    def _streamed(
        self, program: Callable[[np.ndarray], np.ndarray], what: str, X: Any
    ) -> Iterator[np.ndarray]:
        n_rows = affordable_rows(self.preparation_.n_features)
        return streamed(program, what, self._prepared(X, n_rows))

    def _codes(self, X: Any) -> np.ndarray:
        """Encode rows; unlike `transform`, never wrapped into a frame."""
        check_is_fitted(self)
        return finite(self._encode(self._prepared(X)), "code", "X")

    def _open_codes(self, X: Any) -> Dataset:
        """Open codes, in the order of columns in which `transform` names them."""
        dataset = as_dataset(X, "codes")
        refuse_odd_values(dataset)
        check_numeric(dataset.schema, dataset.source)
        if len(dataset.schema.row_shape) > 1:
            raise DataError(
                f"{dataset.source} has rows of shape {dataset.schema.row_shape}, but codes are "
                "(n_samples, n_components): give it codes that transform made."
            )
        own = [str(name) for name in self.get_feature_names_out()]
        names = list(dataset.schema.names or own)
        if names == own or not set(names) & set(own):
            return dataset
        if isinstance(X, (str, os.PathLike, Dataset)):
            return dataset.select(own)
        raise DataError(
            f"{dataset.source} has the columns {', '.join(map(repr, names[:8]))}, but codes of "
            f"{type(self).__name__} have {', '.join(map(repr, own[:8]))}: bring them into that "
            "order."
        )

    def _prepared(self, X: Any, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        dataset = open_dataset(self, X, reset=False)
        return self.preparation_.chunks(dataset, n_rows, self._precision(dataset.schema))

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        tags.input_tags.allow_nan = self.takes_gaps
        return tags


def bounded(scores: np.ndarray) -> np.ndarray:
    """Give scores as they are, but no less than the least number.

    One number too large to square is no reason to leave the other rows unjudged.
    """
    return np.maximum(scores, np.finfo(scores.dtype).min)


def running_mean(chunks: Iterable[np.ndarray]) -> float:
    """Give the mean of all numbers in these chunks, of which only one is in memory at a time."""
    total, count = 0.0, 0
    for chunk in chunks:
        total, count = total + float(chunk.sum(dtype=np.float64)), count + chunk.size
    return total / count


def streamed(
    program: Callable[[np.ndarray], np.ndarray], what: str, chunks: Iterator[np.ndarray]
) -> Iterator[np.ndarray]:
    """Yield what `program` makes of prepared rows, while the next ones are read."""
    first = 0
    for x in read_ahead(chunks):
        yield finite(program(x), what, "X", first)
        first += len(x)


def finite(results: np.ndarray, what: str, source: str, first_row: int = 0) -> np.ndarray:
    """Give results of rows as they are, all of them numbers.

    Raises
    ------
    DataError
        Some overflowed: it names the first such row.
    """
    # NaN and infinity stay on their way to the ends.
    if np.isfinite(results.min(initial=0)) and np.isfinite(results.max(initial=0)):
        return results
    row = int(np.flatnonzero(~np.isfinite(results).reshape(len(results), -1).all(axis=1))[0])
    raise DataError(
        f"{source}: row {first_row + row + 1:,} lies so far from the data that were fitted that "
        f"its {what} is too large for {results.dtype}: mend that row, or leave it out."
    )
