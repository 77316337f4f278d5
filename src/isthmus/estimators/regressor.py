"""The regressor."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array, column_or_1d

from isthmus.estimators.denoising import DenoisingAutoencoder
from isthmus.fitting.declaration import estimator
from isthmus.fitting.supervised import SupervisedAutoencoder
from isthmus.io import refuse_other_than_numbers
from isthmus.objectives import Numbers, Outcome


@final
@estimator
class AutoencoderRegressor(RegressorMixin, SupervisedAutoencoder):
    """Regressor on an autoencoder's code: the decoder is dropped, everything is fine-tuned.

    Where only few rows have a known outcome, fit the autoencoder on all rows first and give it.

    References
    ----------
    Hinton & Salakhutdinov (2008), Using deep belief nets to learn covariance kernels for
    Gaussian processes, for features from unlabelled rows in regression.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from isthmus import Autoencoder, AutoencoderRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> autoencoder = Autoencoder(6, hidden=[32], max_epochs=20)
    >>> regressor = AutoencoderRegressor(autoencoder, max_epochs=20, random_state=0).fit(X, y)
    >>> regressor.predict(X[:3]).shape
    (3,)
    """

    def predict(self, X: Any) -> np.ndarray:
        """Give each row's number, ``(n_samples,)``, or numbers, ``(n_samples, n_outputs)``."""
        outputs = self._outputs(X).astype(np.float64) * self.y_scale_ + self.y_mean_
        return outputs[:, 0] if self._one_output else outputs

    def _read_targets(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        refuse_other_than_numbers(np.asarray(y), "y")
        y = check_array(y, ensure_2d=False, dtype="float64", input_name="y")
        self._one_output = y.ndim == 1 or y.shape[1] == 1
        if self._one_output:
            y = column_or_1d(y, warn=True)[:, None]
        self.y_mean_, scale = y.mean(axis=0), y.std(axis=0)
        self.y_scale_ = np.where(scale > 0, scale, 1.0)
        return ((y - self.y_mean_) / self.y_scale_).astype(np.float32), np.arange(len(y))

    def _default_autoencoder(self) -> DenoisingAutoencoder:
        return DenoisingAutoencoder(64)

    def _outcome_state(self) -> dict[str, Any]:
        return {
            "mean": self.y_mean_.tolist(),
            "scale": self.y_scale_.tolist(),
            "one_output": self._one_output,
        }

    def _set_outcome_state(self, state: dict[str, Any]) -> None:
        self.y_mean_, self.y_scale_ = (np.array(state[k], float) for k in ("mean", "scale"))
        if self.y_mean_.ndim != 1 or self.y_mean_.shape != self.y_scale_.shape:
            raise ValueError("mean and scale contradict each other")
        if not np.isfinite([self.y_mean_, self.y_scale_]).all():
            raise ValueError("mean or scale is no number")
        self._one_output = bool(state["one_output"])

    def _outcome(self) -> Outcome:
        return Numbers()

    @property
    def _n_outputs(self) -> int:
        return len(self.y_mean_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
