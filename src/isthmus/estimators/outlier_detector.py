"""The detector of outliers."""

from __future__ import annotations

from numbers import Real
from typing import Any, Self, final

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils._param_validation import Interval, Options

from isthmus.errors import IsthmusError
from isthmus.estimators.autoencoder import Autoencoder
from isthmus.estimators.linear import LinearAutoencoder
from isthmus.estimators.outliers import JUDGES, ByReconstruction, ByStatistics, FittedDetector
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import TableParameters
from isthmus.fitting.seeds import drawn_seed
from isthmus.fitting.validation import open_dataset
from isthmus.io import Dataset
from isthmus.prepare import NumberPreparation, find_preparation

# Tukey's fence: so many interquartile ranges beyond the quartile.
_QUARTILES, _FENCE = (25, 75), 1.5
# Of the sizes that were tried on training pictures of MNIST and CIFAR-10, none did better on both;
# deep autoencoders did worse, and learned what was odd as well.
_MOST_COMPONENTS = 32
# Of the variance; less is rounding.
_LEAST_SHARE = 1e-12


@final
@estimator
class OutlierDetector(TableParameters, FittedDetector):
    """Tell rows that are odd among the others, and why.

    Tables are judged by what takes no training: the mean distances to the 50 and to up to 200
    nearest rows, how rare each value is in its column, and how far out in the column's tails; of
    each the logarithm, brought to one scale, and their sum. Where rows are known to be clean
    (``contamination=0``), the distances to the nearest and to the 20 nearest rows do better alone.
    Pictures are judged by how badly an autoencoder reconstructs them.

    Parameters
    ----------
    contamination : {names} or float
        Share of the training rows that `predict` takes for outliers, up to 0.5. "auto" draws the
        line 1.5 interquartile ranges beyond the quartile of their scores; 0 says that none is one.
    method : {names}
        What rows are judged by: "statistics" as above, or "reconstruction" by an autoencoder;
        "auto" takes that for pictures and signals, statistics for tables.
    autoencoder : autoencoder, FrozenEstimator or None
        What reconstructs rows; one that is fitted is used as it is. None takes a
        ``LinearAutoencoder`` of half as many components as columns or pixels, up to 32, and an
        ``Autoencoder`` of as many where columns are of several kinds or have gaps.
    random_state : int, RandomState instance or None
        Fixes which of many rows others are compared with, and what the autoencoder draws.

    References
    ----------
    Angiulli & Pizzuti (2002), Fast outlier detection in high dimensional spaces, for mean
    distances; Goldstein & Dengel (2012), Histogram-based outlier score (HBOS); Li et al. (2022),
    ECOD, for tails; Tukey (1977), Exploratory data analysis, for the line.

    Examples
    --------
    >>> import numpy as np
    >>> from isthmus import OutlierDetector
    >>> X = np.random.default_rng(0).normal(size=(300, 3)).round(2)
    >>> X[7, 1] = 9.0
    >>> detector = OutlierDetector().fit(X)
    >>> int(detector.score_samples(X).argmin())
    7
    >>> print(detector.explain(X[7:8]).reasons(0)[0].column)
    column1
    """

    contamination: float | str = parameter(
        Named("auto"),
        Interval(Real, 0, 0.5, closed="right"),
        Options(Real, {0}),
        default="auto",
        kw_only=False,
    )
    method: str = parameter(Named("auto", *JUDGES), default="auto")
    autoencoder: Any = parameter(BaseAutoencoder, FrozenEstimator, None, default=None)
    random_state: int | np.random.RandomState | None = parameter("random_state", default=None)

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn what rows are like; of more than 10,000 from as many drawn by chance.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows; a table's columns may be of every kind, with gaps.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        DataError
            X does not suit, or all its rows are the same.
        """
        self.check_parameters()
        dataset = open_dataset(self, X, reset=True)
        is_picture = len(dataset.schema.row_shape) > 1
        self.method_ = self.method
        if self.method == "auto":
            self.method_ = "reconstruction" if is_picture else "statistics"
        seed, clean = drawn_seed(self.random_state), self.contamination == 0
        if self.method_ == "statistics":
            self._judge = ByStatistics.fit(dataset, clean=clean, seed=seed, kinds=self.kinds)
            scores = self._judge.learned_scores
        else:
            self._judge = ByReconstruction(self._fitted_autoencoder(dataset, seed))
            scores = np.concatenate(list(self._judge.score_chunks(dataset)))
        self.offset_ = self._offset(scores)
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        alone = self.method == "reconstruction" and self.autoencoder is not None
        tags.input_tags.allow_nan = not alone or get_tags(self.autoencoder).input_tags.allow_nan
        return tags

    def _offset(self, scores: np.ndarray) -> float:
        """Give the line between outliers and others, by the scores of training rows."""
        if self.contamination == "auto":
            low, high = np.percentile(scores, _QUARTILES)
            return float(low - _FENCE * (high - low))
        return float(np.percentile(scores, 100 * float(self.contamination)))

    def _fitted_autoencoder(self, dataset: Dataset, seed: int) -> BaseAutoencoder:
        """Give the autoencoder as it came if it is fitted, else a fitted copy."""
        given = self.autoencoder
        if isinstance(given, FrozenEstimator):
            given = given.estimator
        if given is None:
            return self._fitted_default(dataset, seed)
        if not isinstance(given, BaseAutoencoder):
            raise IsthmusError(
                f"autoencoder={given!r} is none of Isthmus: give one, such as Autoencoder(8)."
            )
        if hasattr(given, "model_"):
            return given
        unfitted: Any = clone(given)
        if "random_state" in unfitted.get_params() and unfitted.random_state is None:
            unfitted.set_params(random_state=seed)
        return unfitted.fit(dataset)

    def _fitted_default(self, dataset: Dataset, seed: int) -> BaseAutoencoder:
        """Give the autoencoder that None stands for, with no component in which rows are alike."""
        n_components = max(1, min(_MOST_COMPONENTS, dataset.schema.n_features // 2))
        # Pictures are numbers alone, and need not be read once more to find out.
        if len(dataset.schema.row_shape) == 1 and not isinstance(
            find_preparation(dataset, "standardize", self.kinds), NumberPreparation
        ):
            return Autoencoder(n_components, kinds=self.kinds, random_state=seed).fit(dataset)
        linear = LinearAutoencoder(n_components, random_state=seed).fit(dataset)
        # The others lead anywhere, and would reconstruct what no row has.
        n_differing = max(1, int(np.sum(linear.explained_variance_ratio_ > _LEAST_SHARE)))
        if n_differing == linear.n_components_:
            return linear
        return LinearAutoencoder(n_differing, random_state=seed).fit(dataset)
