"""The sparse autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from numbers import Real
from typing import Any, final

import numpy as np
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import IsthmusError
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.network import NetworkAutoencoder
from isthmus.fitting.parameters import NOT_NEGATIVE, POSITIVE, DenseParameters
from isthmus.fitting.rows import TrainingRows
from isthmus.models import Code, Deterministic, Likelihood, Model, SquaredError, TopK
from isthmus.networks import Architecture, Dense
from isthmus.objectives import L1, AuxiliaryTopK, Objective, TargetActivation
from isthmus.training import over_rows

_SHARE_OF_FALLING_K = 0.8


@final
@estimator
class SparseAutoencoder(DenseParameters, NetworkAutoencoder):
    """Sparse autoencoder: a large code of which few units are active in any row.

    Codes with more components than features are normal here.

    Parameters
    ----------
    n_components : int
        Size of the code.
    sparsity : {names}
        What keeps units silent: only the `k` largest stay; ``strength · Σ |z|`` is added to the
        loss; or ``strength · Σ KL(target ‖ mean activation)`` is, with sigmoid units.
    k : int
        Active units per row ("top_k").
    strength : float or None
        Weight of the penalty; None takes for "top_k", whose auxiliary loss revives silent units,
        0 with tied weights, of which few die, and 1/32 without; for "l1" 0.1, and for
        "target_activation" 1.
    target : float
        Mean activation wanted of every unit ("target_activation").
    tied_weights : bool
        Let the decoder use the encoder's weights, transposed ("top_k" and "l1"). If not, the two
        only start so, and every unit writes with a weight vector of norm 1.
    likelihood : {names} or Likelihood
        As in `Autoencoder`, but "auto" takes squared error for all data.

    References
    ----------
    Makhzani & Frey (2013), k-sparse autoencoders; Gao et al. (2024), Scaling and evaluating
    sparse autoencoders; Ng (2011), CS294A lecture notes: Sparse autoencoder.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import SparseAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> model = SparseAutoencoder(100, k=8, max_epochs=5, random_state=0).fit(X)
    >>> int(model.n_active(X).max())
    8
    """

    n_components: int = parameter(POSITIVE, default=256, kw_only=False)
    sparsity: str = parameter(Named("top_k", "l1", "target_activation"), default="top_k")
    k: int = parameter(POSITIVE, default=25)
    strength: float | None = parameter(NOT_NEGATIVE, None, default=None)
    target: float = parameter(Interval(Real, 0, 1, closed="neither"), default=0.05)
    hidden: int | Sequence[int] | None = parameter(POSITIVE, list, tuple, None, default=())
    tied_weights: bool = parameter("boolean", default=True)

    def transform(self, X: Any, k: int | None = None) -> np.ndarray:
        """Encode rows.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.
        k : int or None, default=None
            Keep that many units ("top_k"), not as many as in training: about three times as
            many make better features for a classifier (Makhzani & Frey, 2013, section 4.1).

        Returns
        -------
        codes : ndarray of float32, shape (n_samples, n_components_)
        """
        if k is None:
            return super().transform(X)
        check_is_fitted(self)
        if not isinstance(self.model_.code, TopK):
            raise IsthmusError(f"sparsity={self.sparsity!r} has no k: leave k away.")
        code = TopK(k)
        code.n_parameters(self.n_components_)
        model = replace(self.model_, code=code)
        return over_rows(Model.encode, model, self._prepared(X))

    def n_active(self, X: Any) -> np.ndarray:
        """Count the active units of each row's code.

        A unit is active if it is greater than a thousandth of the largest activation seen in X.

        Returns
        -------
        counts : ndarray of int, shape (n_samples,)
        """
        return self._active(X).sum(axis=1)

    def active_units(self, X: Any) -> np.ndarray:
        """Give the positions of the units that the model uses: active in some row of X.

        Returns
        -------
        units : ndarray of int
        """
        return np.flatnonzero(self._active(X).any(axis=0))

    def dead_units(self, X: Any) -> np.ndarray:
        """Give the positions of the units that are active in no row of X.

        Returns
        -------
        units : ndarray of int
        """
        return np.flatnonzero(~self._active(X).any(axis=0))

    def _active(self, X: Any) -> np.ndarray:
        codes = np.abs(self._codes(X))
        return codes > 1e-3 * codes.max(initial=0.0)

    def default_architecture(self) -> Architecture:
        if self.sparsity == "target_activation":
            start = log(self.target / (1 - self.target))
            return Dense(self.hidden, self.activation, code_activation="sigmoid", code_bias=start)
        return Dense(
            self.hidden,
            self.activation,
            tied_weights=self.tied_weights,
            code_activation="relu" if self.sparsity == "l1" else "identity",
            # Otherwise a penalty on the code could be had for nothing, by larger weights.
            unit_norm_decoder=not self.tied_weights,
            # Rows that share a large mean drive the same few units, and the others die.
            centred=True,
        )

    def _default_likelihood(self, rows: TrainingRows) -> Likelihood:
        return SquaredError()

    def _code(self) -> Code:
        if self.sparsity != "top_k":
            return Deterministic()
        # With tied weights no unit dies, and units that specialize from the start are better ones.
        start = None if self.tied_weights else max(self.k, self.n_components // 3)
        return TopK(self.k, start)

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        revival = 0.0 if self.tied_weights else 1 / 32
        default = {"top_k": revival, "l1": 0.1, "target_activation": 1.0}[self.sparsity]
        strength = default if self.strength is None else self.strength
        if self.sparsity == "l1":
            return Objective(penalties=(L1(strength),))
        if self.sparsity == "target_activation":
            return Objective(penalties=(TargetActivation(strength, self.target),))
        n_warmup = int(_SHARE_OF_FALLING_K * n_epochs * n_steps)
        revival = (AuxiliaryTopK(max(1, self.n_components // 2), strength),) if strength else ()
        return Objective(penalties=revival, n_warmup_updates=n_warmup)
