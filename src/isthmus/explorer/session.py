"""Questions about a fitted model and rows: where are they, what lies between, what differs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.neighbors import NearestNeighbors

from isthmus.errors import DataError, IsthmusError
from isthmus.explorer.columns import Columns
from isthmus.explorer.contrast import Difference, differences
from isthmus.explorer.finding import find
from isthmus.explorer.prepared import row_errors
from isthmus.explorer.rows import all_but, in_memory, opened, table_beside, take
from isthmus.explorer.values import Values
from isthmus.explorer.views import View, view_of
from isthmus.fitting.validation import open_dataset
from isthmus.io import ArrayDataset, Dataset, Rows, as_dataset

ERROR, SCORE = "reconstruction error", "score"
"""What rows can be coloured by and searched for besides their columns."""


Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Placement:
    """Where rows lie that came later.

    Parameters
    ----------
    rows : array or arrow table
        The rows.
    codes : ndarray of float32, shape (n_rows, n_components)
        Their codes.
    scores : ndarray of float32, shape (n_rows,)
        How well the model knows them.
    """

    rows: Rows
    codes: np.ndarray
    scores: np.ndarray


class Session:
    """A fitted model and rows, and what can be asked about both.

    The page of `isthmus explore` asks through one of these; a notebook can do so as well.

    Parameters
    ----------
    model : fitted autoencoder
        With a code of at least two components.
    X : array, frame, path or Dataset
        Rows like those that the model was fitted on. A table may have more columns, which colour
        and describe the rows.
    labels : array, frame, path, Dataset or None
        One or more columns with as many rows, which colour and describe them.

    Raises
    ------
    IsthmusError
        The code has one component only, or `labels` have another number of rows.
    DataError
        X holds no rows like those that the model was fitted on.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import LinearAutoencoder
    >>> iris = load_iris(as_frame=True)
    >>> model = LinearAutoencoder(2).fit(iris.data)
    >>> session = Session(model, iris.frame)
    >>> session.codes.shape
    (150, 2)
    >>> session.search("target = 2").size
    50
    >>> session.contrast(session.search("target = 0"))[0].column
    'petal length (cm)'
    """

    def __init__(self, model: Any, X: Any, *, labels: Any = None) -> None:
        self.model = model
        if model.n_components_ < 2:
            raise IsthmusError(
                f"this {type(model).__name__} has n_components={model.n_components_}, and a map "
                "needs two axes: fit one with at least 2."
            )
        dataset = as_dataset(X)
        self.source = dataset.source
        self.rows = in_memory(dataset)
        self.n_rows = len(self.rows)
        self._beside = None if labels is None else table_beside(labels, self.n_rows)
        self._lock = threading.Lock()
        # The rows must suit the model before anybody waits for their codes.
        self.features(take(self.rows, np.arange(1)))
        parts = [] if self._beside is None else [self._beside]
        self._columns = Columns([*parts, self.rows])
        self.view: View = view_of(model.preparation_.schema, self.rows, model.model_.network)

    @property
    def title(self) -> str:
        """What to call rows and model: the name of the file, or the model's of data in memory."""
        return type(self.model).__name__ if self.source == "X" else Path(self.source).name

    @property
    def n_components(self) -> int:
        """Numbers in a code."""
        return int(self.model.n_components_)

    @property
    def code_names(self) -> list[str]:
        """Names of the numbers in a code."""
        return [str(name) for name in self.model.get_feature_names_out()]

    @cached_property
    def codes(self) -> np.ndarray:
        """The code of every row: ``(n_rows, n_components)``, float32."""
        return self.encode()

    @cached_property
    def scores(self) -> np.ndarray:
        """How well the model knows each row, as `score_samples` says: ``(n_rows,)``."""
        return self.model.score_samples(opened(self.rows, self.source))

    @cached_property
    def errors(self) -> np.ndarray:
        """Mean squared error of every row, in the scale that the model sees: ``(n_rows,)``."""
        return row_errors(self.model, self.features(self.rows), self.codes)

    def encode(self, progress: Progress | None = None) -> np.ndarray:
        """Compute the codes, once; `progress` is told how many rows of how many are done."""
        with self._lock:
            if "codes" in self.__dict__:
                return self.codes
            codes, done = np.empty((self.n_rows, self.n_components), np.float32), 0
            for part in self.model.transform_chunks(opened(self.rows, self.source)):
                codes[done : done + len(part)] = part
                done += len(part)
                if progress is not None:
                    progress(done, self.n_rows)
            self.__dict__["codes"] = codes
            return codes

    def place(self, X: Any) -> Placement:
        """Tell where new rows lie among the others.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the model was fitted on.

        Returns
        -------
        Placement
        """
        given = as_dataset(X)
        rows = in_memory(given)
        dataset = opened(rows, given.source)
        return Placement(rows, self.codes_of(dataset), self.model.score_samples(dataset))

    def codes_of(self, X: Any) -> np.ndarray:
        """Give the codes of new rows: ``(n, n_components)``, float32."""
        chunks = list(self.model.transform_chunks(X))
        return np.concatenate(chunks).astype(np.float32)

    def decode(self, codes: Any) -> Rows:
        """Give the rows that these codes stand for.

        Parameters
        ----------
        codes : array, shape (n, n_components)

        Returns
        -------
        array or arrow table
        """
        given = np.atleast_2d(np.asarray(codes, np.float32))
        (rows,) = self.model.inverse_transform_chunks(ArrayDataset(given, "codes"))
        return rows

    def reconstructed(self, positions: Sequence[int] | np.ndarray) -> Rows:
        """Give what the model makes of the rows at these positions."""
        return self.decode(self.codes[self.checked(positions)])

    def taken(self, positions: Sequence[int] | np.ndarray) -> Rows:
        """Give the rows at these positions as they are."""
        return take(self.rows, self.checked(positions))

    def described(self, positions: Sequence[int] | np.ndarray) -> pa.Table | None:
        """Give what stands beside the rows at these positions, if anything does."""
        return None if self._beside is None else self._beside.take(self.checked(positions))

    def neighbours(self, code: Any, n: int = 10) -> np.ndarray:
        """Give the positions of the rows whose codes are nearest to a code, nearest first.

        Parameters
        ----------
        code : array, shape (n_components,)
        n : int, default=10
            How many.
        """
        point = np.asarray(code, np.float32).reshape(1, -1)
        nearest = self._tree.kneighbors(point, min(n, self.n_rows), return_distance=False)
        return np.asarray(nearest)[0]

    def contrast(self, positions: Sequence[int] | np.ndarray) -> list[Difference]:
        """Tell what sets these rows apart from all others, column by column.

        Parameters
        ----------
        positions : sequence of int
            Of the rows, counted from 0.

        Returns
        -------
        list of Difference
            One a column, the greatest differences first.
        """
        inside = self.checked(positions)
        outside = all_but(inside, self.n_rows)
        names = self.column_names
        columns = map(self.column, names)
        return differences(columns, len(names), np.sort(inside), outside)

    def search(self, text: str) -> np.ndarray:
        """Give the positions of the rows that a text describes.

        Parameters
        ----------
        text : str
            ``#17`` is the seventeenth row; ``age > 40``, ``name = Lee`` and ``name: le`` compare
            a column; anything else is looked for in all columns. ``score`` and
            ``reconstruction error`` count as columns.
        """
        readers = {name: partial(self.column, name) for name in self.column_names}
        if text.strip().casefold().startswith((ERROR, SCORE)):
            own = {name: partial(self.column, name) for name in (ERROR, SCORE)}
            readers = own | readers
        return find(text, readers, self.n_rows)

    def between(self, first: Any, last: Any, n: int = 9) -> np.ndarray:
        """Give codes on the straight way from one code to another, both included.

        Parameters
        ----------
        first, last : int or array, shape (n_components,)
            Codes, or positions of rows.
        n : int, default=9
            How many.

        Returns
        -------
        ndarray of float32, shape (n, n_components)
        """
        ends = [
            self.codes[self.checked([end])[0]] if np.ndim(end) == 0 else np.asarray(end)
            for end in (first, last)
        ]
        share = np.linspace(0, 1, n, dtype=np.float32)[:, None]
        return ((1 - share) * ends[0] + share * ends[1]).astype(np.float32)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns that rows can be coloured by."""
        return self._columns.names

    @property
    def label(self) -> str | None:
        """The first column of the labels, by which a page is coloured at first; None without."""
        return None if self._beside is None else self.column_names[0]

    def column(self, name: str) -> Values:
        """Give a column, or `ERROR` or `SCORE`, as numbers or as levels.

        Raises
        ------
        DataError
            There is no such column.
        """
        if name in (ERROR, SCORE) and name not in self.column_names:
            return Values(name, (self.errors if name == ERROR else self.scores).astype(float))
        if name not in self.column_names:
            raise DataError(
                f"{self.source} has no column {name!r}: name one of its columns, {ERROR!r} or "
                f"{SCORE!r}."
            )
        return self._columns.read(name)

    @cached_property
    def _tree(self) -> NearestNeighbors:
        return NearestNeighbors().fit(self.codes)

    def checked(self, positions: Sequence[int] | np.ndarray) -> np.ndarray:
        """Give positions of rows as an array, all of which are there."""
        chosen = np.asarray(positions, np.int64).reshape(-1)
        if chosen.size and (chosen.min() < 0 or chosen.max() >= self.n_rows):
            raise DataError(
                f"{self.source} has rows 0 to {self.n_rows - 1:,}, but positions from "
                f"{chosen.min():,} to {chosen.max():,} were asked for: name rows that are there."
            )
        return chosen

    def features(self, rows: Rows) -> Dataset:
        """Give the columns that the model takes, once it is known that it takes them."""
        dataset = open_dataset(self.model, opened(rows, self.source), reset=False)
        self.model.preparation_.check(dataset)
        return dataset
