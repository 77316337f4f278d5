"""What all autoencoders share once they are fitted."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import DataError
from isthmus.fitting.validation import open_dataset
from isthmus.io import (
    CHUNK_ROWS,
    Dataset,
    Rows,
    affordable_rows,
    as_dataset,
    container_of,
    read_ahead,
    to_container,
)
from isthmus.models import Code, Deterministic, Likelihood, Model
from isthmus.networks import Architecture, Initializer
from isthmus.objectives import Corruption, Objective
from isthmus.prepare import Preparation, check_numeric, to_matrix
from isthmus.training import TrainingState, decode_rows, encode_chunks, encode_rows, score_rows


class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Everything but fitting: codes, reconstructions, scores, saving.

    Subclasses set in `fit`: `preparation_`, `model_`, `n_components_`, `history_`.
    """

    _saved: ClassVar[tuple[str, ...]] = ()
    """Fitted attributes of a subclass that its file holds too: numbers, or lists of them."""

    random_state: int | np.random.RandomState | None
    n_features_in_: int
    feature_names_in_: np.ndarray
    n_components_: int
    history_: dict[str, list[float]]
    preparation_: Preparation
    model_: Model
    validation_rows_: np.ndarray
    _container: str
    _training_state: TrainingState | None
    _training_seed: int
    _warmed_up: bool = False

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from X."""

    @abstractmethod
    def _architecture(self) -> Architecture:
        """Give the design of the network."""

    def _code(self) -> Code:
        return Deterministic()

    @property
    def corruption_in_training(self) -> Corruption | None:
        """The noise that the encoder saw in training, if any."""
        return None

    def _build(
        self, schema_shape: tuple[int, ...], likelihood: Likelihood, initialize: Initializer
    ) -> Model:
        code = self._code()
        network = self._architecture().build(
            schema_shape,
            self.n_components_,
            code.n_parameters(self.n_components_),
            likelihood.n_parameters(int(np.prod(schema_shape))),
            initialize,
        )
        code.check(network)
        return Model(network, code, likelihood)

    def _open(self, X: Any, *, reset: bool) -> Dataset:
        dataset = open_dataset(self, X, reset=reset)
        if reset:
            container = "arrow" if dataset.schema.names is not None else "array"
            known = not isinstance(X, (str, os.PathLike, Dataset))
            self._container = container_of(X) if known else container
        return dataset

    def _start_passes(self) -> None:
        """Get ready for a first partial_fit."""
        self._training_state, self._training_seed = None, self._seed()
        self._warmed_up = False
        self.validation_rows_ = np.empty(0, int)
        self.history_ = {"loss": [], "seconds": []}

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

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
        return to_container(self._decoded(_read_codes(X)), self._container)

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
        return self._streamed(partial(encode_rows, self.model_), X)

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.isthmus`` file, which `isthmus.load` reads without executing anything.

        Raises
        ------
        IsthmusError
            The file cannot be written.
        """
        from isthmus.fitting.persistence import save

        check_is_fitted(self)
        save(self, path)

    def _decoded(self, codes: np.ndarray) -> Rows:
        if codes.shape[1] != self.n_components_:
            raise DataError(
                f"the codes have {codes.shape[1]} columns, but {type(self).__name__} was fitted "
                f"with n_components={self.n_components_}: give it codes that its transform made."
            )
        return self.preparation_.inverse(decode_rows(self.model_, codes))

    def _score_rows(self, x: np.ndarray) -> np.ndarray:
        """Score prepared rows, as `score_samples` does."""
        return score_rows(self.model_, x, Objective())

    def _streamed(
        self, program: Callable[[np.ndarray], np.ndarray], X: Any
    ) -> Iterator[np.ndarray]:
        """Yield what `program` makes of the prepared rows, while the next ones are read."""
        n_rows = affordable_rows(self.preparation_.n_features)
        return map(program, read_ahead(self._prepared(X, n_rows)))

    def _codes(self, X: Any) -> np.ndarray:
        """Encode rows; unlike `transform`, never wrapped into a frame."""
        check_is_fitted(self)
        return encode_chunks(self.model_, self._prepared(X))

    def _prepared(self, X: Any, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        dataset = self._open(X, reset=False)
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
