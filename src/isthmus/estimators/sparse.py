"""The sparse autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from numbers import Real
from typing import Any, ClassVar, final

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import IsthmusError
from isthmus.fitting.trained import (
    DENSE_CONSTRAINTS,
    NOT_NEGATIVE,
    POSITIVE,
    SHARED_CONSTRAINTS,
    TrainedAutoencoder,
    checked_widths,
)
from isthmus.models import Code, Deterministic, Likelihood, SquaredError, TopK
from isthmus.networks import Architecture, Dense
from isthmus.objectives import L1, AuxiliaryTopK, Corruption, Objective, Penalty, TargetActivation
from isthmus.prepare import Support
from isthmus.training import encode_chunks

_SHARE_OF_FALLING_K = 0.8


@final
class SparseAutoencoder(TrainedAutoencoder):
    """Sparse autoencoder: a large code of which few units are active in any row.

    Codes with more components than features are normal here.

    Parameters
    ----------
    n_components : int, default=256
        Size of the code.
    sparsity : {"top_k", "l1", "target_activation"}, default="top_k"
        What keeps units silent: only the `k` largest stay; ``strength · Σ |z|`` is added to the
        loss; or ``strength · Σ KL(target ‖ mean activation)`` is, with sigmoid units.
    k : int, default=25
        Active units per row ("top_k").
    strength : float or None, default=None
        Weight of the penalty; None takes for "top_k", whose auxiliary loss revives silent units,
        0 with tied weights, of which few die, and 1/32 without; for "l1" 0.1, and for
        "target_activation" 1.
    target : float, default=0.05
        Mean activation wanted of every unit ("target_activation").
    hidden : int, sequence of int or None, default=()
        Widths of the hidden layers, as in `Autoencoder`; none by default.
    activation : str, default="silu"
        Nonlinearity between layers.
    tied_weights : bool, default=True
        Let the decoder use the encoder's weights, transposed ("top_k" and "l1"). If not, the two
        only start so, and every unit writes with a weight vector of norm 1.
    network : Architecture or None, default=None
        Another network, such as ``Convolutional()``.
    likelihood : str or Likelihood, default="auto"
        As in `Autoencoder`, but "auto" takes squared error for all data.
    corruption, penalty, scaling, batch_size, max_epochs, learning_rate, \
    learning_rate_schedule, weight_decay, early_stopping, validation_fraction, patience, \
    precision, random_state, warm_start, verbose
        As in `Autoencoder`.

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
    >>> float(model.active_units(X).max())
    8.0
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SHARED_CONSTRAINTS,
        **DENSE_CONSTRAINTS,
        "sparsity": [StrOptions({"top_k", "l1", "target_activation"})],
        "k": [POSITIVE],
        "strength": [NOT_NEGATIVE, None],
        "tied_weights": ["boolean"],
        "target": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(
        self,
        n_components: int = 256,
        *,
        sparsity: str = "top_k",
        k: int = 25,
        strength: float | None = None,
        target: float = 0.05,
        hidden: int | Sequence[int] | None = (),
        activation: str = "silu",
        tied_weights: bool = True,
        network: Architecture | None = None,
        corruption: str | Corruption | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        likelihood: str | Likelihood = "auto",
        scaling: str = "auto",
        batch_size: int = 128,
        max_epochs: int | None = None,
        learning_rate: float = 2e-3,
        learning_rate_schedule: str = "cosine",
        weight_decay: float = 1e-4,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        patience: int = 30,
        precision: str = "float32",
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: bool | None = None,
    ) -> None:
        self.n_components = n_components
        self.sparsity = sparsity
        self.k = k
        self.strength = strength
        self.target = target
        self.hidden = hidden
        self.activation = activation
        self.tied_weights = tied_weights
        self.network = network
        self.corruption = corruption
        self.penalty = penalty
        self.likelihood = likelihood
        self.scaling = scaling
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.precision = precision
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

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
        return encode_chunks(model, self._prepared(X))

    def active_units(self, X: Any) -> np.ndarray:
        """Count the active units of each row's code.

        A unit is active if it is greater than a thousandth of the largest activation seen in X.

        Returns
        -------
        counts : ndarray of int, shape (n_samples,)
        """
        return self._active(X).sum(axis=1)

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

    def _default_architecture(self) -> Architecture:
        widths = checked_widths(self.hidden)
        if self.sparsity == "target_activation":
            start = log(self.target / (1 - self.target))
            return Dense(widths, self.activation, code_activation="sigmoid", code_bias=start)
        return Dense(
            widths,
            self.activation,
            tied_weights=self.tied_weights,
            code_activation="relu" if self.sparsity == "l1" else "identity",
            # Otherwise a penalty on the code could be had for nothing, by larger weights.
            unit_norm_decoder=not self.tied_weights,
            # Rows that share a large mean drive the same few units, and the others die.
            centred=True,
        )

    def _default_likelihood(self, support: Support) -> Likelihood:
        return SquaredError()

    def _code(self) -> Code:
        if self.sparsity != "top_k":
            return Deterministic()
        # With tied weights no unit dies, and units that specialize from the start are better ones.
        start = None if self.tied_weights else max(self.k, self.n_components_ // 3)
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
        revival = (AuxiliaryTopK(max(1, self.n_components_ // 2), strength),) if strength else ()
        return Objective(penalties=revival, n_warmup_updates=n_warmup)
