"""What a linear autoencoder holds once it is found in closed form, as scikit-learn's PCA does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import IsthmusError
from isthmus.estimators.closed_form import ClosedForm
from isthmus.fitting.persistence import Tensors
from isthmus.fitting.trained import TrainedAutoencoder
from isthmus.io import Schema
from isthmus.prepare import NumberPreparation, Preparation, PrincipalComponents, precision_of

# What only the closed form gives.
_ATTRIBUTES = (
    *("components_", "mean_", "explained_variance_", "explained_variance_ratio_"),
    *("singular_values_", "noise_variance_", "n_samples_"),
)


class PrincipalAutoencoder(TrainedAutoencoder):
    """An autoencoder that computes with its principal components, where these were found.

    The network is there as well, in float32, for all that takes a model.

    Attributes
    ----------
    components_ : ndarray, shape (n_components_, n_features_in_)
        Orthonormal directions of most variance ("closed_form" only, like all that follow).
    mean_ : ndarray, shape (n_features_in_,)
        The mean row, in the units of X; all else is in those of the prepared rows, which the
        default scaling leaves as they are.
    explained_variance_ : ndarray, shape (n_components_,)
        Variance along each component.
    explained_variance_ratio_ : ndarray, shape (n_components_,)
        Share of the variance along each component.
    singular_values_ : ndarray, shape (n_components_,)
        Those of the centred rows.
    noise_variance_ : float
        Mean variance along the directions left out (probabilistic PCA).
    n_samples_ : int
        Rows that were seen.
    """

    preparation_: NumberPreparation
    _closed_form: ClosedForm | None = None
    l2: float
    whiten: bool

    def get_covariance(self) -> np.ndarray:
        """Give the covariance of rows that probabilistic PCA has: W Wᵀ + σ² I, in units of X.

        Returns
        -------
        covariance : ndarray, shape (n_features_in_, n_features_in_)

        References
        ----------
        Tipping & Bishop (1999), Probabilistic principal component analysis.
        """
        scale = self.preparation_.scale
        return self._principal.covariance() * scale * np.reshape(scale, (-1, 1))

    def get_precision(self) -> np.ndarray:
        """Give the inverse of `get_covariance`; its pseudo-inverse where there is none.

        Returns
        -------
        precision : ndarray, shape (n_features_in_, n_features_in_)
        """
        scale = self.preparation_.scale
        return self._principal.precision() / scale / np.reshape(scale, (-1, 1))

    @property
    def _principal(self) -> PrincipalComponents:
        check_is_fitted(self)
        if self._closed_form is None:
            raise IsthmusError(
                "the covariance follows from principal components, which only solver='closed_form' "
                "finds: fit with that (again, if an earlier version saved the model)."
            )
        return self._closed_form.principal

    def _keep(self, principal: PrincipalComponents, preparation: Preparation) -> None:
        assert isinstance(preparation, NumberPreparation)
        self.preparation_ = preparation
        self.hold(ClosedForm.of(principal, self.l2, self.whiten))
        self.best_epoch_, self.interrupted_ = 0, False
        self.history_, self.validation_rows_ = {"loss": [], "seconds": []}, np.empty(0, int)

    def hold(self, closed_form: ClosedForm) -> None:
        """Be this closed form of prepared rows."""
        self._closed_form, principal = closed_form, closed_form.principal
        self.model_, self.n_components_ = closed_form.model(), closed_form.n_components
        self.components_, self.singular_values_ = principal.components, principal.singular_values
        self.explained_variance_ = principal.explained_variance
        self.explained_variance_ratio_ = principal.explained_variance_ratio
        self.noise_variance_, self.n_samples_ = principal.noise_variance, principal.n_samples
        self.mean_ = principal.mean * self.preparation_.scale + self.preparation_.offset

    def _forget(self) -> None:
        """Be no closed form any more."""
        self._closed_form = None
        for name in _ATTRIBUTES:
            vars(self).pop(name, None)

    def _precision(self, schema: Schema) -> np.dtype:
        return super()._precision(schema) if self._closed_form is None else precision_of(schema)

    def _encode(self, x: np.ndarray | Iterable[np.ndarray]) -> np.ndarray:
        return super()._encode(x) if self._closed_form is None else self._closed_form.encode(x)

    def _decode(self, codes: np.ndarray) -> np.ndarray:
        return (
            super()._decode(codes) if self._closed_form is None else self._closed_form.decode(codes)
        )

    def _score_rows(self, x: np.ndarray) -> np.ndarray:
        return super()._score_rows(x) if self._closed_form is None else self._closed_form.scores(x)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values, tensors = super().state()
        return values, tensors | ({} if self._closed_form is None else self._closed_form.tensors())

    @classmethod
    def from_state(cls, values: dict[str, Any], tensors: Tensors) -> Self:
        restored = super().from_state(values, tensors)
        shape = restored.n_components_, restored.n_features_in_
        closed_form = ClosedForm.from_tensors(tensors, *shape)
        if closed_form is not None:
            restored.hold(closed_form)
        return restored

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if not self._trains:
            tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
