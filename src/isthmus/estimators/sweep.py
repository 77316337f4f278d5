"""How large the code must be: many sizes trained together, beside PCA."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Self, final

import numpy as np
from sklearn.base import BaseEstimator, clone

from isthmus.errors import IsthmusError
from isthmus.estimators.autoencoder import Autoencoder
from isthmus.fitting.declaration import estimator, parameter
from isthmus.fitting.linear_start import kept_from_all_rows
from isthmus.fitting.parameters import POSITIVE, RunParameters
from isthmus.fitting.rows import RowsInMemory, rows_in_memory
from isthmus.fitting.seeds import drawn_seed
from isthmus.fitting.trained import EarlyStoppedAutoencoder
from isthmus.fitting.validation import open_dataset
from isthmus.io import as_dataset
from isthmus.models import Model
from isthmus.prepare import as_float, without_gaps
from isthmus.runs import Processes, Run
from isthmus.training import over_rows, train_together


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
@estimator
class ComponentSweep(RunParameters, BaseEstimator):
    """Train autoencoders with codes of several sizes together, and suggest a size.

    All learn from the same minibatches, each as it would alone, in a compiled program on each core.

    Parameters
    ----------
    autoencoder : autoencoder or None
        An unfitted one whose `n_components` is to be chosen; None takes ``Autoencoder()``.
    components : sequence of int
        Sizes to try.
    n_seeds : int
        How many times each size is trained, from other initial weights.

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
    validation_rows_ : ndarray of int
        Positions of the held-out rows in X, by which sizes were compared.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import Autoencoder, ComponentSweep
    >>> sweep = ComponentSweep(Autoencoder(max_epochs=20), components=[1, 2, 3], random_state=0)
    >>> sweep.fit(load_iris().data).results_.errors.shape
    (3, 1)
    """

    autoencoder: Any = parameter(BaseEstimator, None, default=None, kw_only=False)
    components: Sequence[int] = parameter("array-like", default=(1, 2, 4, 8, 16, 32))
    n_seeds: int = parameter(POSITIVE, default=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = getattr(self.autoencoder, "takes_gaps", True)
        return tags

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
        self.check_parameters()
        with Run(self.verbose, log=log, tensorboard=tensorboard) as run:
            self._fit(run, X)
            run.end(self.interrupted_)
        return self

    def check_parameters(self) -> None:
        """Raise ValueError where a parameter is none that any data could make right."""
        self._validate_params()
        _checked_autoencoder(self.autoencoder)

    def _fit(self, run: Run, X: Any) -> None:
        if Processes().count > 1:
            raise IsthmusError(
                "a sweep trains all sizes on one host: start it there alone, or fit the sizes one "
                "by one on many hosts."
            )
        sizes = _checked_sizes(self.components)
        seed = drawn_seed(self.random_state)
        given = _checked_autoencoder(self.autoencoder)
        estimators = [[_resized(given, int(size)) for _ in range(self.n_seeds)] for size in sizes]
        flat = [swept for of_size in estimators for swept in of_size]
        # A file is opened once for all.
        X = as_dataset(X) if isinstance(X, (str, os.PathLike)) else X
        dataset, *_ = [open_dataset(swept, X, reset=True) for swept in flat]
        preparation = given.find_preparation(dataset)
        matrix = rows_in_memory(preparation, dataset, type(self).__name__)
        rows = RowsInMemory(preparation, matrix, given.validation_fraction, seed)
        if not len(rows.held_out):
            raise IsthmusError(
                f"validation_fraction={given.validation_fraction} holds out none of "
                f"{len(matrix):,} rows, and sizes are compared by held-out rows: "
                "give more rows or a larger fraction."
            )
        # One search for all sizes: what smaller ones start from is a part of it.
        rows.principal_components(int(sizes[-1]))
        plans = [
            replace(plan, settings=replace(plan.settings, seed=seed))
            for of_size in estimators
            for plan in (e.plan(rows, seed + i) for i, e in enumerate(of_size))
        ]
        batches, validation = rows.batches(given.batch_size)
        assert validation is not None
        run.begin()
        trainings = train_together(plans, batches, run, validation=validation)
        for swept, training in zip(flat, trainings, strict=True):
            swept.keep(training, rows, seed)
        self.interrupted_ = trainings[0].interrupted
        self.estimators_ = estimators
        self.results_ = _judge(estimators, sizes, rows)
        self.validation_rows_ = rows.held_out
        # The largest first: smaller ones take of its principal components.
        for swept, training, plan in reversed(list(zip(flat, trainings, plans, strict=True))):
            if training.best_epoch == 0:
                swept.keep(*kept_from_all_rows(training, plan, rows), seed)
        self.elbow_ = self.results_.elbow
        self.n_components_ = self.results_.within_one_standard_error
        chosen = int(np.flatnonzero(sizes == self.n_components_)[0])
        self.best_estimator_ = estimators[chosen][int(np.argmin(self.results_.errors[chosen]))]
        self.n_features_in_ = flat[0].n_features_in_


def _resized(given: EarlyStoppedAutoencoder, size: int) -> EarlyStoppedAutoencoder:
    """Give an unfitted copy with a code of another size."""
    copied: Any = clone(given)
    copied.set_params(n_components=size).check_parameters()
    return copied


def _checked_sizes(sizes: Any) -> np.ndarray:
    sizes = list(sizes)
    if not sizes or not all(isinstance(k, Integral) and int(k) >= 1 for k in sizes):
        raise IsthmusError(
            f"components={sizes!r} is no list of positive whole numbers: "
            "give sizes to try, such as [1, 2, 4, 8]."
        )
    return np.unique(np.array(sizes, int))


def _checked_autoencoder(given: Any) -> EarlyStoppedAutoencoder:
    autoencoder = Autoencoder() if given is None else given
    if not isinstance(autoencoder, EarlyStoppedAutoencoder):
        raise IsthmusError(
            f"autoencoder={autoencoder!r} is not trained step by step, which a sweep needs: "
            "give one such as Autoencoder() (PCA's errors are in the sweep anyway)."
        )
    pretrain = getattr(autoencoder, "pretrain", None)
    if pretrain is not None:
        raise IsthmusError(
            f"pretrain={pretrain!r} cannot be swept, since layers would learn one "
            "after the other: leave it away, and pretrain once the size is chosen."
        )
    return autoencoder


def _judge(estimators: list[list[Any]], sizes: np.ndarray, rows: RowsInMemory) -> SweepResults:
    x = as_float(rows.matrix[rows.held_out])
    row_errors = np.array(
        [
            [_row_errors(x, over_rows(Model.reconstruct, e.model_, x)) for e in of_size]
            for of_size in estimators
        ]
    )
    deviations = row_errors.mean(axis=1).std(axis=1, ddof=len(x) > 1)
    pca = rows.principal_components(int(sizes[-1]))
    values = without_gaps(x, rows.mean()).astype(np.float64)
    leading = [pca.leading(int(size)).reconstruct(values) for size in sizes]
    return SweepResults(
        sizes,
        row_errors.mean(axis=2),
        deviations / np.sqrt(len(x)),
        np.array([_row_errors(x, back).mean() for back in leading]),
    )


def _row_errors(x: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    squares = np.square(x - reconstruction)
    # What is missing costs nothing.
    return np.where(np.isnan(squares), 0, squares).sum(axis=1, dtype=np.float64)
