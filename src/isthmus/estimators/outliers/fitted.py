"""What a fitted detector of outliers does, and how files hold it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Self, get_args

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import IsthmusError
from isthmus.estimators.outliers.by_reconstruction import ByReconstruction
from isthmus.estimators.outliers.by_statistics import ByStatistics
from isthmus.estimators.outliers.explanation import Explanation
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.persistence import (
    Persistent,
    Tensors,
    decoded_parameters,
    encoded_parameters,
)
from isthmus.fitting.saved import set_columns, told_columns
from isthmus.fitting.validation import open_dataset
from isthmus.io import ContainerKind
from isthmus.prepare import Preparation

JUDGES = {"statistics": ByStatistics, "reconstruction": ByReconstruction}
"""What rows can be judged by, by its name."""


class FittedDetector(OutlierMixin, Persistent):
    """Scores, predictions and reasons by what was learned.

    Attributes
    ----------
    offset_ : float
        Rows of lower scores are outliers.
    method_ : str
        "statistics" or "reconstruction".
    container_ : str
        What X was: "array", "pandas", "polars" or "arrow".
    n_features_in_ : int
        Numbers in one row of X.
    feature_names_in_ : ndarray of str
        Column names of X, where it has any.
    """

    n_features_in_: int
    feature_names_in_: np.ndarray
    container_: str
    offset_: float
    method_: str
    _judge: ByStatistics | ByReconstruction

    @abstractmethod
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what rows are like."""

    def score_samples(self, X: Any) -> np.ndarray:
        """Give how normal each row is; higher is more normal.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the detector was fitted on.

        Returns
        -------
        scores : ndarray of float64, shape (n_samples,)
        """
        return np.concatenate(list(self.score_chunks(X)))

    def score_chunks(self, X: Any) -> Iterator[np.ndarray]:
        """Score rows a chunk at a time, for data whose scores would not fit into memory.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the detector was fitted on.

        Yields
        ------
        scores : ndarray of float64, shape (n_rows,)
            The next rows of what `score_samples` gives.
        """
        check_is_fitted(self)
        return self._judge.score_chunks(open_dataset(self, X, reset=False))

    def decision_function(self, X: Any) -> np.ndarray:
        """Give the scores less `offset_`, ``(n_samples,)``: outliers are below 0."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Give −1 for outliers and 1 for all others, ``(n_samples,)``."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def explain(self, X: Any, n_reasons: int = 3) -> Explanation:
        """Tell which columns make rows odd, by how much, and what was expected there.

        Expected is what the nearest rows by all other columns have, and the amount is by how much
        the score would rise with that in its place. Where rows are judged by a reconstruction,
        that is what was expected, and the amount is the squared error in prepared numbers.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the detector was fitted on; it takes six times as long as to
            score them.
        n_reasons : int, default=3
            The most columns to name for a row.

        Returns
        -------
        explanation : Explanation
            In the units of X; ``print`` shows a line a row.
        """
        return Explanation.together(list(self.explain_chunks(X, n_reasons)))

    def explain_chunks(self, X: Any, n_reasons: int = 3) -> Iterator[Explanation]:
        """Explain rows a chunk at a time, for more than fit into memory.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the detector was fitted on.
        n_reasons : int, default=3
            The most columns to name for a row.

        Yields
        ------
        explanation : Explanation
            Of the next rows.
        """
        check_is_fitted(self)
        if n_reasons < 0:
            raise IsthmusError(f"n_reasons={n_reasons} is no number of columns: choose 0 or more.")
        dataset, judge = open_dataset(self, X, reset=False), self._judge
        return (
            Explanation.of(scores, reasons, judge.cells)
            for scores, reasons in judge.reason_chunks(dataset, n_reasons)
        )

    @property
    def preparation_(self) -> Preparation:
        """What brings rows to the scale that they are judged on."""
        check_is_fitted(self)
        return self._judge.preparation

    @property
    def autoencoder_(self) -> BaseAutoencoder:
        """What reconstructs rows, where they are judged by that."""
        judge = getattr(self, "_judge", None)
        if not isinstance(judge, ByReconstruction):
            raise AttributeError("no autoencoder has judged rows: fit with method='reconstruction'")
        return judge.autoencoder

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        check_is_fitted(self)
        judge, tensors = self._judge.state()
        fitted = {
            "container": self.container_,
            "offset": self.offset_,
            "method": self.method_,
            **told_columns(self),
        }
        return {"parameters": encoded_parameters(self), "judge": judge, "fitted": fitted}, tensors

    @classmethod
    def from_state(cls, values: dict[str, Any], tensors: Tensors) -> Self:
        """Give the detector that had this state."""
        restored = cls(**decoded_parameters(values["parameters"]))
        restored.check_parameters()
        fitted = values["fitted"]
        restored.method_, restored.offset_ = fitted["method"], float(fitted["offset"])
        restored._judge = JUDGES[restored.method_].from_state(values["judge"], tensors)
        set_columns(restored, fitted, restored._judge.preparation)
        if fitted["container"] not in get_args(ContainerKind):
            raise ValueError("unknown container")
        restored.container_ = fitted["container"]
        return restored
