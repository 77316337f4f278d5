"""How large the code must be: many sizes trained together, beside PCA."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar, Self, final

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state

from isthmus.errors import IsthmusError
from isthmus.estimators.autoencoder import Autoencoder
from isthmus.fitting.rows import RowsInMemory, rows_in_memory
from isthmus.fitting.trained import POSITIVE, TrainedAutoencoder
from isthmus.prepare import as_float
from isthmus.runs import Logs, ProgressBar, report_to
from isthmus.training import ArrayBatches, decode_rows, encode_rows, train_together


@final
@dataclass(frozen=True, eq=False)
class SweepResults:
    """Held-out errors by the size of the code, smallest code first.

    Attributes
    ----------
    n_components : ndarray of int, shape (sizes,)
        The sizes.
    errors : ndarray, shape (sizes, seeds)
        Squared error per held-out row, summed over features in the prepared scale.
    standard_errors : ndarray, shape (sizes,)
        Standard error of the mean over held-out rows.
    pca_errors : ndarray, shape (sizes,)
        PCA's squared error on the same rows.
    """

    n_components: np.ndarray
    errors: np.ndarray
    standard_errors: np.ndarray
    pca_errors: np.ndarray

    @property
    def mean_errors(self) -> np.ndarray:
        """Errors, averaged over the seeds: ``(sizes,)``."""
        return self.errors.mean(axis=1)

    @property
    def within_one_standard_error(self) -> int:
        """Smallest code whose error is within one standard error of the least.

        References
        ----------
        Breiman, Friedman, Olshen & Stone (1984), Classification and regression trees, 3.4.3.
        """
        best = int(np.argmin(self.mean_errors))
        limit = self.mean_errors[best] + self.standard_errors[best]
        return int(self.n_components[np.argmax(self.mean_errors <= limit)])

    @property
    def elbow(self) -> int:
        """Size at which the curve of errors bends most.

        It lies farthest below the straight line between the ends of the curve, drawn against
        the logarithm of the size.

        References
        ----------
        Satopää, Albrecht, Irwin & Raghavan (2011), Finding a "kneedle" in a haystack.
        """
        size, error = np.log(self.n_components), self.mean_errors
        if len(size) < 3 or error[0] == error[-1]:
            return self.within_one_standard_error
        line = np.interp(size, size[[0, -1]], error[[0, -1]])
        return int(self.n_components[np.argmax((line - error) * np.sign(error[0] - error[-1]))])


@final
class ComponentSweep(BaseEstimator):
    """Train autoencoders with codes of several sizes together, and suggest a size.

    All learn from the same minibatches, each as it would alone, in a compiled program on each core.

    Parameters
    ----------
    autoencoder : autoencoder or None, default=None
        An unfitted one whose `n_components` is to be chosen; None takes ``Autoencoder()``.
    components : sequence of int, default=(1, 2, 4, 8, 16, 32)
        Sizes to try.
    n_seeds : int, default=1
        How many times each size is trained, from other initial weights.
    random_state : int, RandomState instance or None, default=None
        Fixes the held-out rows, the initial weights and the order of the rows.
    verbose : bool or None, default=None
        Show a progress bar; None shows it on a terminal only.

    Attributes
    ----------
    results_ : SweepResults
        Held-out errors by size, and PCA's.
    elbow_ : int
        Size at which the curve of errors bends most.
    n_components_ : int
        Smallest size within one standard error of the best.
    best_estimator_ : autoencoder
        The fitted one of that size; of several seeds, the one with the least error.
    estimators_ : list of list of autoencoder
        All of them, fitted: ``(sizes, seeds)``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import Autoencoder, ComponentSweep
    >>> sweep = ComponentSweep(Autoencoder(max_epochs=20), components=[1, 2, 3], random_state=0)
    >>> sweep.fit(load_iris().data).results_.errors.shape
    (3, 1)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "autoencoder": [BaseEstimator, None],
        "components": ["array-like"],
        "n_seeds": [POSITIVE],
        "random_state": ["random_state"],
        "verbose": ["boolean", None],
    }

    def __init__(
        self,
        autoencoder: Any = None,
        *,
        components: Sequence[int] = (1, 2, 4, 8, 16, 32),
        n_seeds: int = 1,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | None = None,
    ) -> None:
        self.autoencoder = autoencoder
        self.components = components
        self.n_seeds = n_seeds
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        log: str | os.PathLike[str] | None = None,
        tensorboard: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Train all sizes.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Rows of numbers, as the autoencoder's own `fit` takes them.
        y : ignored
        log : path of a file or None
            Where to write a line of JSON after every epoch; its loss is the sum of all models'.
        tensorboard : path of a folder or None
            Where to write the same for TensorBoard; needs ``isthmus[tensorboard]``.

        Returns
        -------
        self

        Raises
        ------
        IsthmusError
            The autoencoder is of a kind that cannot be swept, or holds no rows out, or the log
            cannot be written.
        """
        self._validate_params()
        with Logs(log, tensorboard) as logs:
            self._fit(X, logs)
            logs.end(self.interrupted_)
        return self

    def _fit(self, X: Any, logs: Logs) -> None:
        sizes = _checked_sizes(self.components)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        first = _checked_autoencoder(self.autoencoder).set_params(n_components=int(sizes[-1]))
        first._validate_params()
        dataset = first._open(X, reset=True)
        first._learn_scale(dataset)
        matrix = rows_in_memory(first.preparation_, dataset, type(self).__name__)
        rows = RowsInMemory(matrix, first.validation_fraction, seed)
        held_out = rows.held_out
        if not len(held_out):
            raise IsthmusError(
                f"validation_fraction={first.validation_fraction} holds out none of "
                f"{len(matrix):,} rows, and sizes are compared by held-out rows: "
                "give more rows or a larger fraction."
            )
        training_rows = np.setdiff1d(np.arange(len(matrix)), held_out)
        settings = first._settings(len(training_rows), seed)
        estimators = [
            [first._resized(int(size), rows, seed + i) for i in range(self.n_seeds)]
            for size in sizes
        ]
        flat = [estimator for of_size in estimators for estimator in of_size]
        batches = ArrayBatches(matrix, first.batch_size, training_rows)
        logs.begin()
        progress = ProgressBar(self.verbose)
        try:
            trainings = train_together(
                [estimator.model_ for estimator in flat],
                [
                    estimator._checked_objective(settings.n_epochs, batches.n_steps)
                    for estimator in flat
                ],
                batches,
                settings,
                ArrayBatches(matrix, first.batch_size, held_out),
                report_to(progress, logs),
            )
        finally:
            progress.close()
        for estimator, training in zip(flat, trainings, strict=True):
            estimator._keep(training, seed, held_out)
        self.interrupted_ = trainings[0].interrupted
        self.estimators_ = estimators
        self.results_ = _judge(estimators, sizes, matrix, training_rows, held_out)
        self.elbow_ = self.results_.elbow
        self.n_components_ = self.results_.within_one_standard_error
        chosen = int(np.flatnonzero(sizes == self.n_components_)[0])
        self.best_estimator_ = estimators[chosen][int(np.argmin(self.results_.errors[chosen]))]
        self.n_features_in_ = first.n_features_in_


def _checked_sizes(sizes: Any) -> np.ndarray:
    sizes = list(sizes)
    if not sizes or not all(isinstance(k, Integral) and int(k) >= 1 for k in sizes):
        raise IsthmusError(
            f"components={sizes!r} is no list of positive whole numbers: "
            "give sizes to try, such as [1, 2, 4, 8]."
        )
    return np.unique(np.array(sizes, int))


def _checked_autoencoder(given: Any) -> TrainedAutoencoder:
    autoencoder = Autoencoder() if given is None else given
    if not isinstance(autoencoder, TrainedAutoencoder):
        raise IsthmusError(
            f"autoencoder={autoencoder!r} is not trained step by step, which a sweep needs: "
            "give one such as Autoencoder() (PCA's errors are in the sweep anyway)."
        )
    if autoencoder.pretrain is not None:
        raise IsthmusError(
            f"pretrain={autoencoder.pretrain!r} cannot be swept, since layers would learn one "
            "after the other: leave it away, and pretrain once the size is chosen."
        )
    copied: Any = clone(autoencoder)
    return copied


def _judge(
    estimators: list[list[Any]],
    sizes: np.ndarray,
    matrix: np.ndarray,
    training_rows: np.ndarray,
    held_out: np.ndarray,
) -> SweepResults:
    x = as_float(matrix[held_out])
    # Imported here, as in LinearAutoencoder.
    from sklearn.decomposition import PCA

    row_errors = np.array(
        [
            [_row_errors(x, decode_rows(e.model_, encode_rows(e.model_, x))) for e in of_size]
            for of_size in estimators
        ]
    )
    deviations = row_errors.mean(axis=1).std(axis=1, ddof=len(x) > 1)
    training = as_float(matrix[training_rows]).astype(np.float64)
    pca = PCA(min(int(sizes[-1]), *training.shape), random_state=0).fit(training)
    codes = pca.transform(x)
    total = np.square(x - pca.mean_).sum(axis=1).mean()
    kept = np.concatenate([[0.0], np.cumsum(np.square(codes).mean(axis=0))])
    return SweepResults(
        sizes,
        row_errors.mean(axis=2),
        deviations / np.sqrt(len(x)),
        total - kept[np.minimum(sizes, len(kept) - 1)],
    )


def _row_errors(x: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    return np.square(x - reconstruction).sum(axis=1, dtype=np.float64)
