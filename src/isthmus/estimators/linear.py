"""The linear autoencoder, which is PCA."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from scipy import linalg
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.extmath import svd_flip

from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.plan import default_epochs, train_one_pass, train_whole
from isthmus.fitting.rows import rows_in_memory
from isthmus.models import Deterministic, Model, SquaredError
from isthmus.networks import Architecture, Linear, glorot_uniform
from isthmus.networks.dense import Affine, DenseNetwork
from isthmus.objectives import Objective, WeightDecay
from isthmus.prepare import SCALINGS, Preparation, as_float
from isthmus.training import ArrayBatches, Settings

if TYPE_CHECKING:
    from sklearn.decomposition import IncrementalPCA

# As in scikit-learn's PCA, float32 rows are worked on in float32.
_FLOAT32_HOLDS = frozenset({"float32", "float16", "uint8", "int8", "uint16", "int16", "bool"})
# The most that the square of a column's mean may be of its mean square, if the mean is to be taken
# off the products rather than off every row: a digit is lost then, and no more.
_MOST_MEAN = 0.9


class LinearAutoencoder(BaseAutoencoder):
    """Linear autoencoder: one matrix to the code, one back; at its best it is PCA.

    Minimizes ``‖X − X W₁ W₂‖² + l2 · (‖W₁‖² + ‖W₂‖²)`` over the centred rows.

    Parameters
    ----------
    n_components : int or float, default=2
        Size of the code; with ``solver="closed_form"`` a float between 0 and 1 asks for that
        share of the variance, as in scikit-learn's PCA.
    solver : {"closed_form", "gradient"}, default="closed_form"
        "closed_form" finds the principal components, ordered and orthogonal: from the covariance
        matrix where there are at least ten rows for each of no more than 1,000 features and
        `n_components` is a whole number, else by scikit-learn's PCA.
        "gradient" trains both matrices by squared error; it finds the same subspace, in any
        basis of it.
    l2 : float, default=0.0
        Strength λ of the penalty on both matrices. The decoder's singular values become
        ``√(1 − λ/σᵢ²)``, and 0 where ``σᵢ² ≤ λ``, with σᵢ the singular values of the centred X.
    scaling : {"center", "auto", "standardize", "range", "none"}, default="center"
        How columns or pixels are brought to scale; the default only centres, as PCA does.
    batch_size : int, default=512
        Rows in a minibatch ("gradient" only, like all that follow).
    max_epochs : int or None, default=None
        Passes over the data; None makes about 4,000 updates, in 20 to 1,000 epochs.
    learning_rate : float, default=0.01
        Peak of the learning rate.
    random_state : int, RandomState instance or None, default=None
        Fixes the initial weights and the order of the rows.
    verbose : bool or None, default=None
        Show a progress bar; None shows it on a terminal only.

    Attributes
    ----------
    n_components_ : int
        Size of the code.
    explained_variance_ratio_ : ndarray, shape (n_components_,)
        Share of the variance along each component ("closed_form" only).
    history_ : dict of str to list of float
        "loss" and "seconds", one entry per epoch; empty for the closed form.
    preparation_ : Preparation
        The change of scale.
    model_ : Model
        Network, code and likelihood, an Equinox module.
    n_features_in_ : int
        Numbers in one row of X.
    feature_names_in_ : ndarray of str
        Column names of X, where it has any.

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

    _saved: ClassVar[tuple[str, ...]] = ("explained_variance_ratio_",)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
        ],
        "solver": [StrOptions({"closed_form", "gradient"})],
        "l2": [Interval(Real, 0, None, closed="left")],
        "scaling": [StrOptions(set(SCALINGS))],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "random_state": ["random_state"],
        "verbose": ["boolean", None],
    }

    def __init__(
        self,
        n_components: int | float = 2,
        *,
        solver: str = "closed_form",
        l2: float = 0.0,
        scaling: str = "center",
        batch_size: int = 512,
        max_epochs: int | None = None,
        learning_rate: float = 1e-2,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | None = None,
    ) -> None:
        self.n_components = n_components
        self.solver = solver
        self.l2 = l2
        self.scaling = scaling
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the best linear code; all rows are used.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Rows of numbers; arrays may have more than two axes, ``(n_samples, *row_shape)``.
        y : ignored

        Returns
        -------
        self
        """
        self._validate_params()
        dataset = self._open(X, reset=True)
        self.preparation_ = Preparation.fit(dataset, self.scaling)
        matrix = rows_in_memory(self.preparation_, dataset, type(self).__name__)
        self._check_n_components(*matrix.shape)
        self._start_passes()
        if self.solver == "closed_form":
            values = np.asarray(as_float(matrix))
            if not _FLOAT32_HOLDS.issuperset(dataset.schema.dtypes):
                values = values.astype(np.float64)
            self._incremental = self._find_components(values)
            self._keep_components(self._incremental)
        else:
            self._build_model(matrix, self._training_seed)
            batches = ArrayBatches(matrix, self.batch_size)
            train_whole(self, batches, self._objective(matrix), self._settings(matrix))
        return self

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
        self._validate_params()
        first = not hasattr(self, "model_")
        dataset = self._open(X, reset=first)
        if first:
            self.preparation_ = Preparation.fit(dataset, self.scaling)
            self._start_passes()
        matrix = self.preparation_.matrix(dataset)
        if first:
            self._check_n_components(*matrix.shape)
        if self.solver == "gradient":
            if first:
                self._build_model(matrix, self._training_seed)
            train_one_pass(self, matrix, self._objective(matrix))
        else:
            if first:
                from sklearn.decomposition import IncrementalPCA

                self._incremental = IncrementalPCA(self._whole_n_components())
            elif not hasattr(self, "_incremental"):
                raise IsthmusError(
                    "a linear model read from a file cannot go on learning in closed form: "
                    "fit it again, or use solver='gradient'."
                )
            values = as_float(matrix).astype(np.float64)
            self._keep_components(self._incremental.partial_fit(values))
        return self

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

        pca = PCA(self.n_components, random_state=self._training_seed).fit(values)
        return _as_incremental(
            pca.components_,
            pca.explained_variance_ratio_,
            pca.singular_values_,
            pca.mean_,
            values.var(axis=0),
            len(values),
        )

    def _keep_components(self, pca: Any) -> None:
        components: np.ndarray = pca.components_  # (components, features)
        self.n_components_ = len(components)
        self.explained_variance_ratio_ = pca.explained_variance_ratio_
        squares = np.maximum(pca.singular_values_**2, np.finfo(float).tiny)
        gains = np.sqrt(np.clip(1 - self.l2 / squares, 0, None))  # (components,)
        weight = np.ascontiguousarray((components * gains[:, None]).T, np.float32)
        encoder = Affine(weight, np.float32(-pca.mean_ @ weight))
        decoder = Affine(np.ascontiguousarray(weight.T), np.float32(pca.mean_))
        network = DenseNetwork((encoder,), (decoder,), "identity")
        self.model_ = Model(network, Deterministic(), SquaredError())

    def _build_model(self, matrix: np.ndarray, seed: int) -> None:
        self.n_components_ = self._whole_n_components()
        initialize = glorot_uniform(np.random.default_rng(seed))
        self.model_ = self._build(self.preparation_.schema.row_shape, SquaredError(), initialize)

    def _objective(self, matrix: np.ndarray) -> Objective:
        # The loss is a mean over rows, the penalty of the textbook goes with their sum.
        return Objective(penalties=(WeightDecay(self.l2 / len(matrix)),) if self.l2 else ())

    def _settings(self, matrix: np.ndarray) -> Settings:
        n_epochs = self.max_epochs
        if n_epochs is None:
            n_epochs = default_epochs(len(matrix), self.batch_size, 4_000, 20, 1_000)
        return Settings(n_epochs, self.learning_rate, seed=self._training_seed)

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
