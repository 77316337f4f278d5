"""The linear autoencoder, which is PCA."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self, final

import numpy as np
from scipy import linalg
from sklearn.utils._param_validation import Interval
from sklearn.utils.extmath import svd_flip

from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import ABOVE_ZERO, NOT_NEGATIVE, POSITIVE
from isthmus.fitting.rows import TrainingRows, rows_in_memory
from isthmus.fitting.seeds import drawn_seed
from isthmus.fitting.starting import admitted
from isthmus.fitting.trained import TrainedAutoencoder
from isthmus.fitting.validation import open_dataset
from isthmus.models import Deterministic, Likelihood, Model, SquaredError
from isthmus.networks import Architecture, Linear
from isthmus.networks.dense import Affine, DenseNetwork
from isthmus.objectives import Objective, WeightDecay
from isthmus.prepare import SCALINGS, Preparation, as_float
from isthmus.runs import Run

if TYPE_CHECKING:
    from sklearn.decomposition import IncrementalPCA

# As in scikit-learn's PCA, float32 rows are worked on in float32.
_FLOAT32_HOLDS = frozenset({"float32", "float16", "uint8", "int8", "uint16", "int16", "bool"})
# The most that the square of a column's mean may be of its mean square, if the mean is to be taken
# off the products rather than off every row: a digit is lost then, and no more.
_MOST_MEAN = 0.9


@final
@estimator
class LinearAutoencoder(TrainedAutoencoder):
    """Linear autoencoder: one matrix to the code, one back; at its best it is PCA.

    Minimizes ``‖X − X W₁ W₂‖² + l2 · (‖W₁‖² + ‖W₂‖²)`` over the centred rows.

    Parameters
    ----------
    n_components : int or float
        Size of the code; with ``solver="closed_form"`` a float between 0 and 1 asks for that
        share of the variance, as in scikit-learn's PCA.
    solver : {names}
        "closed_form" finds the principal components, ordered and orthogonal: from the covariance
        matrix where there are at least ten rows for each of no more than 1,000 features and
        `n_components` is a whole number, else by scikit-learn's PCA.
        "gradient" trains both matrices by squared error; it finds the same subspace, in any
        basis of it.
    l2 : float
        Strength λ of the penalty on both matrices. The decoder's singular values become
        ``√(1 − λ/σᵢ²)``, and 0 where ``σᵢ² ≤ λ``, with σᵢ the singular values of the centred X.
    scaling : {names}
        How columns or pixels are brought to scale; the default only centres, as PCA does.
    batch_size : int
        Rows in a minibatch ("gradient" only, like all that follow).
    max_epochs : int or None
        Passes over the data; None makes about 4,000 updates, in 20 to 1,000 epochs.

    Attributes
    ----------
    explained_variance_ratio_ : ndarray, shape (n_components_,)
        Share of the variance along each component ("closed_form" only).

    References
    ----------
    Baldi & Hornik (1989), Neural networks and principal component analysis; Plaut (2018), From
    principal subspaces to principal components with linear autoencoders; Kunin, Bloom, Goeva &
    Seed (2019), Loss landscapes of regularized linear autoencoders, theorem 2.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import LinearAutoencoder
    >>> LinearAutoencoder(n_components=2).fit_transform(load_iris().data).shape
    (150, 2)
    """

    _saved: ClassVar[tuple[str, ...]] = (
        *("explained_variance_ratio_", "best_epoch_", "interrupted_"),
    )
    _updates: ClassVar[tuple[int, int, int]] = (4_000, 20, 1_000)

    n_components: int | float = parameter(
        POSITIVE, Interval(Real, 0, 1, closed="neither"), default=2, kw_only=False
    )  # pyright: ignore[reportIncompatibleVariableOverride]
    solver: str = parameter(Named("closed_form", "gradient"), default="closed_form")
    l2: float = parameter(NOT_NEGATIVE, default=0.0)
    scaling: str = parameter(Named(*SCALINGS), default="center")
    batch_size: int = parameter(POSITIVE, default=512)
    learning_rate: float = parameter(ABOVE_ZERO, default=1e-2)

    def fit_within(self, run: Run, X: Any, init: Any = None) -> None:
        """Find the best linear code as a stage of a run; all rows are used."""
        if self.solver == "gradient":
            super().fit_within(run, X, init)
            return
        dataset = open_dataset(self, X, reset=True)
        preparation = Preparation.fit(dataset, self.scaling)
        matrix = rows_in_memory(preparation, dataset, type(self).__name__)
        self._check_n_components(*matrix.shape)
        run.begin()
        values = np.asarray(as_float(matrix))
        if not _FLOAT32_HOLDS.issuperset(dataset.schema.dtypes):
            values = values.astype(np.float64)
        self._incremental = self._find_components(values)
        self._keep_components(self._incremental, preparation)
        self.best_epoch_, self.interrupted_ = 0, False

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from these rows too, going on from what was learned before.

        The closed form goes on by incremental PCA, the gradient by one pass over the rows; the
        first call fixes the scale.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Some more rows; for the closed form at least `n_components` in the first call.
        y : ignored

        Returns
        -------
        self

        References
        ----------
        Ross, Lim, Lin & Yang (2008), Incremental learning for robust visual tracking.
        """
        if self.solver == "gradient":
            return super().partial_fit(X)
        self.check_parameters()
        first = not hasattr(self, "model_")
        dataset = open_dataset(self, X, reset=first)
        preparation = Preparation.fit(dataset, self.scaling) if first else admitted(self, dataset)
        matrix = preparation.matrix(dataset)
        if first:
            from sklearn.decomposition import IncrementalPCA

            self._check_n_components(*matrix.shape)
            self._incremental = IncrementalPCA(self._whole_n_components())
        elif not hasattr(self, "_incremental"):
            raise IsthmusError(
                "a linear model read from a file cannot go on learning in closed form: "
                "fit it again, or use solver='gradient'."
            )
        values = as_float(matrix).astype(np.float64)
        self._keep_components(self._incremental.partial_fit(values), preparation)
        return self

    def check_start(self, init: Any, checkpoint: Any) -> None:
        for name, value in (("init", init), ("checkpoint", checkpoint)):
            if value is not None and self.solver == "closed_form":
                raise IsthmusError(
                    f"{name} means nothing to solver='closed_form', which finds the best code at "
                    "once: leave it away, or use solver='gradient'."
                )

    @property
    def _trains(self) -> bool:
        return self.solver == "gradient"

    def _architecture(self) -> Architecture:
        return Linear()

    def _check_n_components(self, n_samples: int, n_features: int) -> None:
        wanted = self.n_components
        if isinstance(wanted, Integral):
            if wanted > min(n_samples, n_features):
                raise IsthmusError(
                    f"n_components={wanted} is more than a linear code can use of "
                    f"n_samples={n_samples} rows and n_features={n_features} features: "
                    "choose no more than the smaller of the two."
                )
        elif self.solver == "gradient":
            self._whole_n_components()

    def _find_components(self, values: np.ndarray) -> IncrementalPCA:
        """Find the principal components, in the precision of `values`."""
        n_rows, n_features = values.shape
        few_features = n_features <= 1_000 and n_rows >= 10 * n_features
        if few_features and isinstance(self.n_components, Integral):
            return _components_by_covariance(values, int(self.n_components))
        # Imported here, as it takes a twentieth of a second that most models do without.
        from sklearn.decomposition import PCA

        pca = PCA(self.n_components, random_state=drawn_seed(self.random_state)).fit(values)
        return _as_incremental(
            pca.components_,
            pca.explained_variance_ratio_,
            pca.singular_values_,
            pca.mean_,
            values.var(axis=0),
            len(values),
        )

    def _keep_components(self, pca: Any, preparation: Preparation) -> None:
        components: np.ndarray = pca.components_  # (components, features)
        self.n_components_ = len(components)
        self.explained_variance_ratio_ = pca.explained_variance_ratio_
        squares = np.maximum(pca.singular_values_**2, np.finfo(float).tiny)
        gains = np.sqrt(np.clip(1 - self.l2 / squares, 0, None))  # (components,)
        weight = np.ascontiguousarray((components * gains[:, None]).T, np.float32)
        encoder = Affine(weight, np.float32(-pca.mean_ @ weight))
        decoder = Affine(np.ascontiguousarray(weight.T), np.float32(pca.mean_))
        network = DenseNetwork((encoder,), (decoder,), "identity")
        self.model_, self.preparation_ = (
            Model(network, Deterministic(), SquaredError()),
            preparation,
        )
        self.history_, self.validation_rows_ = {"loss": [], "seconds": []}, np.empty(0, int)

    def _initial_model(
        self, rows: TrainingRows, seed: int, start: BaseAutoencoder | None = None
    ) -> Model:
        self._check_n_components(rows.n_rows, rows.preparation.n_features)
        return super()._initial_model(rows, seed, start)

    def _likelihood(self, rows: TrainingRows) -> Likelihood:
        return SquaredError()

    def _loss(self, model: Model, rows: TrainingRows, n_epochs: int, n_steps: int) -> Objective:
        # The loss is a mean over rows, the penalty of the textbook goes with their sum.
        return Objective(penalties=(WeightDecay(self.l2 / rows.n_rows),) if self.l2 else ())

    def _whole_n_components(self) -> int:
        if not isinstance(self.n_components, Integral):
            raise IsthmusError(
                f"n_components={self.n_components!r} is a share of the variance, which only fit "
                "with solver='closed_form' can meet: give the number of components."
            )
        return int(self.n_components)


def _components_by_covariance(values: np.ndarray, n_components: int) -> IncrementalPCA:
    """Find the leading components alone, where scikit-learn's PCA finds all."""
    n_rows, n_features = values.shape
    # All by SciPy's BLAS, whose threads and those of NumPy's would wait for each other.
    multiply, combine = linalg.get_blas_funcs(["syrk", "gemv"], [values])
    mean = combine(1 / n_rows, values.T, np.ones(n_rows, values.dtype))
    products = multiply(1.0, values.T, lower=True)
    squares = np.diag(products)
    rounding = np.finfo(values.dtype).eps * squares.max()
    if np.all(n_rows * mean**2 <= _MOST_MEAN * squares + rounding):
        products -= n_rows * np.outer(mean, mean)
    else:
        mean = values.mean(axis=0, dtype=np.float64)
        products = multiply(1.0, (values - mean.astype(values.dtype)).T, lower=True)
    leading = (n_features - n_components, n_features - 1)
    eigenvalues, vectors = linalg.eigh(products, lower=True, subset_by_index=leading)
    _, components = svd_flip(None, vectors[:, ::-1].T, u_based_decision=False)
    eigenvalues = np.clip(eigenvalues[::-1], 0, None)
    squared_deviations = np.diag(products)
    ratio = eigenvalues / max(squared_deviations.sum(), np.finfo(float).tiny)
    variance = squared_deviations / n_rows
    return _as_incremental(components, ratio, np.sqrt(eigenvalues), mean, variance, n_rows)


def _as_incremental(
    components: Any,
    explained_variance_ratio: np.ndarray,
    singular_values: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    n_rows: int,
) -> IncrementalPCA:
    """Let incremental PCA go on from here."""
    from sklearn.decomposition import IncrementalPCA

    incremental: Any = IncrementalPCA(len(components))
    incremental.components_ = components
    incremental.explained_variance_ratio_ = explained_variance_ratio
    incremental.singular_values_ = singular_values
    incremental.mean_, incremental.var_ = mean, variance
    incremental.n_features_in_ = len(mean)
    incremental.n_samples_seen_ = np.int64(n_rows)
    return incremental
