"""The linear autoencoder, which is PCA."""

from __future__ import annotations

from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self, final

import numpy as np
from sklearn.utils._param_validation import Interval

from isthmus.errors import IsthmusError
from isthmus.estimators.closed_form import in_floats
from isthmus.estimators.principal import PrincipalAutoencoder
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import ABOVE_ZERO, NOT_NEGATIVE, POSITIVE
from isthmus.fitting.rows import TrainingRows, rows_in_memory
from isthmus.fitting.saved import OF_TRAINING, Restorers
from isthmus.fitting.seeds import drawn_seed
from isthmus.fitting.starting import admitted
from isthmus.fitting.validation import open_dataset
from isthmus.models import Likelihood, Model, SquaredError
from isthmus.networks import Architecture, Linear
from isthmus.objectives import Objective, WeightDecay
from isthmus.prepare import (
    SCALINGS,
    find_principal_components,
    precision_of,
)
from isthmus.runs import Run


@final
@estimator
class LinearAutoencoder(PrincipalAutoencoder):
    """Linear autoencoder: one matrix to the code, one back; at its best it is PCA.

    Minimizes ``‖X − X W₁ W₂‖² + l2 · (‖W₁‖² + ‖W₂‖²)`` over the centred rows. Found in closed
    form, it gives rows of float64 codes and reconstructions in float64, and has the attributes
    and methods of scikit-learn's PCA; but `score_samples` is that of all autoencoders, the
    negative squared error.

    Parameters
    ----------
    n_components : int, float, "mle" or None
        Size of the code. With ``solver="closed_form"`` a float between 0 and 1 asks for that
        share of the variance, "mle" for as many as Minka's evidence favours, None for all, as in
        scikit-learn's PCA.
    solver : {names}
        "closed_form" finds the principal components, ordered and orthogonal, to the precision of
        the rows. "gradient" trains both matrices by squared error; it finds the same subspace, in
        any basis of it.
    whiten : bool
        Bring codes to unit variance; a penalty shrinks them after that ("closed_form" only).
    l2 : float
        Strength λ of the penalty on both matrices. The decoder's singular values become
        ``√(1 − λ/σᵢ²)``, and 0 where ``σᵢ² ≤ λ``, with σᵢ the singular values of the centred X.
    scaling : {names}
        How columns or pixels are brought to scale; the default only centres, as PCA does.
    batch_size : int
        Rows in a minibatch ("gradient" only, like all that follow).
    max_epochs : int or None
        Passes over the data; None makes about 4,000 updates, in 20 to 1,000 epochs.

    References
    ----------
    Baldi & Hornik (1989), Neural networks and principal component analysis; Plaut (2018), From
    principal subspaces to principal components with linear autoencoders; Kunin, Bloom, Goeva &
    Seed (2019), Loss landscapes of regularized linear autoencoders, theorem 2; Tipping & Bishop
    (1999), Probabilistic principal component analysis; Minka (2000), Automatic choice of
    dimensionality for PCA.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import LinearAutoencoder
    >>> LinearAutoencoder(n_components=2).fit_transform(load_iris().data).shape
    (150, 2)
    """

    _saved: ClassVar[Restorers] = {
        "explained_variance_ratio_": partial(np.array, dtype=float),
        **OF_TRAINING,
    }
    _updates: ClassVar[tuple[int, int, int]] = (4_000, 20, 1_000)

    n_components: int | float | Literal["mle"] | None = parameter(
        *(POSITIVE, Interval(Real, 0, 1, closed="neither"), Named("mle"), None),
        default=2,
        kw_only=False,
    )  # pyright: ignore[reportIncompatibleVariableOverride]
    solver: str = parameter(Named("closed_form", "gradient"), default="closed_form")
    whiten: bool = parameter("boolean", default=False)
    l2: float = parameter(NOT_NEGATIVE, default=0.0)
    scaling: str = parameter(Named(*SCALINGS), default="center")
    batch_size: int = parameter(POSITIVE, default=512)
    learning_rate: float = parameter(ABOVE_ZERO, default=1e-2)

    def check_parameters(self) -> None:
        super().check_parameters()
        if self.solver != "gradient":
            return
        self._whole_n_components()
        if self.whiten:
            raise IsthmusError(
                "whiten=True needs principal components, which only solver='closed_form' finds: "
                "use that, or leave it away."
            )

    def fit_within(self, run: Run, X: Any, init: Any = None) -> None:
        """Find the best linear code as a stage of a run; all rows are used."""
        if self.solver == "gradient":
            super().fit_within(run, X, init)
            self._forget()
            return
        dataset = open_dataset(self, X, reset=True)
        preparation = self.find_preparation(dataset)
        dtype = precision_of(dataset.schema)
        matrix = rows_in_memory(preparation, dataset, type(self).__name__, dtype)
        self._check_n_components(*matrix.shape)
        run.begin()
        seed = drawn_seed(self.random_state)
        self._keep(
            find_principal_components(in_floats(matrix), self.n_components, seed), preparation
        )

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
        self.check_parameters()
        first = not hasattr(self, "model_")
        if not first:
            self._refuse_other_size()
        if self.solver == "gradient":
            super().partial_fit(X)
            self._forget()
            return self
        if not first and self._closed_form is None:
            raise IsthmusError(
                "what partial_fit would go on from was trained by gradient, or saved by an earlier "
                "version: fit it again, or use solver='gradient'."
            )
        dataset = open_dataset(self, X, reset=first)
        preparation = self.find_preparation(dataset) if first else admitted(self, dataset)
        values = preparation.matrix(dataset, np.float64)
        if self._closed_form is not None:
            found = self._closed_form.principal.with_rows(in_floats(values))
        else:
            self._check_n_components(*values.shape)
            n_components = None if self.n_components is None else self._whole_n_components()
            found = find_principal_components(in_floats(values).astype(np.float64), n_components)
        self._keep(found, preparation)
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
        if wanted == "mle" and n_samples < n_features:
            raise IsthmusError(
                "n_components='mle' is only supported if n_samples >= n_features, but there are "
                f"n_samples={n_samples} rows of n_features={n_features}: give the number of "
                "components, or a share of the variance."
            )
        if isinstance(wanted, Integral) and int(wanted) > min(n_samples, n_features):
            raise IsthmusError(
                f"n_components={wanted} is more than a linear code can use of "
                f"n_samples={n_samples} rows and n_features={n_features} features: "
                "choose no more than the smaller of the two."
            )

    def _refuse_other_size(self) -> None:
        wanted = self.n_components
        if isinstance(wanted, Integral) and wanted != self.n_components_:
            raise IsthmusError(
                f"n_components={wanted} is another number than the {self.n_components_} that "
                "partial_fit would go on with: set it back, or fit again."
            )

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
                f"n_components={self.n_components!r} is no number of components, and only fit with "
                "solver='closed_form' can find one: give the number."
            )
        return int(self.n_components)
