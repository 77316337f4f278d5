"""The sparse autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from numbers import Real
from typing import Any, final

import numpy as np
from scipy.sparse import csr_array, vstack
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import IsthmusError
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.network import NetworkAutoencoder
from isthmus.fitting.parameters import ABOVE_ZERO, NOT_NEGATIVE, POSITIVE, DenseParameters
from isthmus.fitting.rows import TrainingRows
from isthmus.models import (
    BatchTopK,
    Code,
    Deterministic,
    JumpReLU,
    Likelihood,
    Model,
    SquaredError,
    TopK,
)
from isthmus.networks import Architecture, Dense
from isthmus.objectives import L1, AuxiliaryTopK, Objective, TargetActivation
from isthmus.training import over_rows

_CODES = {"batch_top_k": BatchTopK, "jump_relu": JumpReLU, "top_k": TopK}
# Where encoding counts in full, tied weights of these find features that are there less exactly.
_ENCODING_SHARES = {"batch_top_k": 0.15, "jump_relu": 0.15}
# Units whose directions in the data are found at once.
_UNITS_AT_ONCE = 1024


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
        What keeps units silent: only the `k` largest of a row stay ("top_k"), or those of a
        minibatch ("batch_top_k"), or what reaches the unit's own learned threshold
        ("jump_relu"); or ``strength · Σ |z|``, relative to the size of the rows, is added to the
        loss ("l1"); or ``strength · Σ KL(target ‖ mean activation)`` is, with sigmoid units.
    k : int or None
        Active units per row: at most so many ("top_k"), or on average ("batch_top_k",
        "jump_relu"). None takes the square root of `n_components`, rounded.
    strength : float or None
        Weight of the penalty; None takes 1/4 where there is a `k`, for the auxiliary loss that
        revives silent units, for "l1" 0.15, and for "target_activation" 1.
    target : float
        Mean activation wanted of every unit ("target_activation").
    tied_weights : bool
        Let the decoder use the encoder's weights, transposed (not "target_activation"); with
        "batch_top_k" and "jump_relu" they then learn mostly from what they decode. If not, the
        two only start so, and every unit writes with a weight vector of norm 1.
    likelihood : {names} or Likelihood
        As in `Autoencoder`, but "auto" takes squared error for all data.

    References
    ----------
    Makhzani & Frey (2013), k-sparse autoencoders; Gao et al. (2024), Scaling and evaluating
    sparse autoencoders; Bussmann, Leask & Nanda (2024), BatchTopK sparse autoencoders;
    Rajamanoharan et al. (2024), Jumping ahead: Improving reconstruction fidelity with JumpReLU
    sparse autoencoders; Ng (2011), CS294A lecture notes: Sparse autoencoder.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import SparseAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> model = SparseAutoencoder(100, k=8, max_epochs=5, random_state=0).fit(X)
    >>> int(model.n_active(X).max())
    8
    >>> model.dictionary_.shape
    (100, 64)
    """

    n_components: int = parameter(POSITIVE, default=256, kw_only=False)
    sparsity: str = parameter(Named(*sorted(_CODES), "l1", "target_activation"), default="top_k")
    k: int | None = parameter(POSITIVE, None, default=None)
    strength: float | None = parameter(NOT_NEGATIVE, None, default=None)
    target: float = parameter(Interval(Real, 0, 1, closed="neither"), default=0.05)
    hidden: int | Sequence[int] | None = parameter(POSITIVE, list, tuple, None, default=())
    tied_weights: bool = parameter("boolean", default=False)
    learning_rate: float = parameter(ABOVE_ZERO, default=5e-3)

    @property
    def dictionary_(self) -> np.ndarray:
        """What one unit of each component of the code adds to a row, in the data's own units.

        It is ``decode(eᵢ) − decode(0)``, scaled back: ``(n_components_, n_features_in_)``. With
        hidden layers units add otherwise together than alone.
        """
        check_is_fitted(self)
        size = self.n_components_
        starts = range(0, size, _UNITS_AT_ONCE)
        eyes = (np.eye(min(_UNITS_AT_ONCE, size - i), size, i, np.float32) for i in starts)
        nothing = over_rows(Model.decode, self.model_, np.zeros((1, size), np.float32))
        added = over_rows(Model.decode, self.model_, eyes) - nothing
        return added * self.preparation_.units.astype(np.float32)

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
            raise IsthmusError(
                f"sparsity={self.sparsity!r} has no k that could change now: leave k away."
            )
        code = TopK(k)
        code.n_parameters(self.n_components_)
        model = replace(self.model_, code=code)
        return over_rows(Model.encode, model, self._prepared(X))

    def sparse_codes(self, X: Any) -> csr_array:
        """Encode rows, and keep only which units are active in each, and how much.

        A unit is active if it is greater than a thousandth of the largest activation seen in X.
        Only a chunk of rows is in memory with all its zeros.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Returns
        -------
        codes : csr_array of float32, shape (n_samples, n_components_)
            ``codes[[i]].indices`` are the units that are active in row i, ``codes[[i]].data``
            their activations.
        """
        codes = csr_array(vstack([csr_array(chunk) for chunk in self.transform_chunks(X)]))
        sizes = np.abs(codes.data)
        codes.data[sizes <= 1e-3 * sizes.max(initial=0.0)] = 0
        codes.eliminate_zeros()
        return codes

    def densities(self, X: Any) -> np.ndarray:
        """Give the share of rows in which each unit is active, as `sparse_codes` tells.

        Returns
        -------
        shares : ndarray of float, shape (n_components_,)
        """
        codes = self.sparse_codes(X)
        return np.bincount(codes.indices, minlength=self.n_components_) / len(codes.indptr[1:])

    def n_active(self, X: Any) -> np.ndarray:
        """Count the active units of each row's code, as `sparse_codes` tells.

        Returns
        -------
        counts : ndarray of int, shape (n_samples,)
        """
        return np.diff(self.sparse_codes(X).indptr)

    def active_units(self, X: Any) -> np.ndarray:
        """Give the positions of the units that the model uses: active in some row of X.

        Returns
        -------
        units : ndarray of int
        """
        return np.flatnonzero(self.densities(X))

    def dead_units(self, X: Any) -> np.ndarray:
        """Give the positions of the units that are active in no row of X.

        Returns
        -------
        units : ndarray of int
        """
        return np.flatnonzero(self.densities(X) == 0)

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
            encoding_share=_ENCODING_SHARES.get(self.sparsity, 1.0),
        )

    def _default_likelihood(self, rows: TrainingRows) -> Likelihood:
        return SquaredError()

    def _code(self, likelihood: Likelihood) -> Code:
        if self.sparsity not in _CODES:
            return Deterministic()
        return _CODES[self.sparsity](self._n_active)

    @property
    def _n_active(self) -> int:
        return round(self.n_components**0.5) if self.k is None else self.k

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        default = {"l1": 0.15, "target_activation": 1.0}.get(self.sparsity, 0.25)
        strength = default if self.strength is None else self.strength
        if self.sparsity == "l1":
            return Objective(penalties=(L1(strength, relative=True),))
        if self.sparsity == "target_activation":
            return Objective(penalties=(TargetActivation(strength, self.target),))
        # Few of them at a time: what many silent units share out is no one's own.
        revival = AuxiliaryTopK(4 * self._n_active, strength)
        return Objective(penalties=(revival,) if strength else ())
