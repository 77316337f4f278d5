"""The variational autoencoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, final

import numpy as np
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import IsthmusError
from isthmus.fitting.base import running_mean
from isthmus.fitting.trained import (
    DENSE_CONSTRAINTS,
    NOT_NEGATIVE,
    POSITIVE,
    SHARED_CONSTRAINTS,
    TrainedAutoencoder,
    checked_widths,
)
from isthmus.io import to_container
from isthmus.models import Bernoulli, Code, Gaussian, GaussianCode, Likelihood
from isthmus.networks import Architecture, Dense
from isthmus.objectives import Corruption, Objective, Penalty
from isthmus.prepare import Support
from isthmus.training import (
    code_divergence,
    code_std,
    importance_weighted_bound,
    sample_rows,
    score_rows,
    score_rows_alone,
)

_SCORE_DRAWS = 16


class LogLikelihood(NamedTuple):
    """An estimate of log-likelihoods, in nats."""

    rows: np.ndarray
    mean: float
    standard_error: float


@final
class VariationalAutoencoder(TrainedAutoencoder):
    """Variational autoencoder: a code that is a distribution, and a model that can be drawn from.

    ``q(z|x) = N(μ_z(x), σ_z²(x))`` and ``p(x|z) = N(μ_x(z), σ_x²(z))`` or another likelihood,
    trained by the reparameterization trick to maximize the evidence lower bound (ELBO).

    Parameters
    ----------
    n_components : int, default=2
        Size of the code.
    beta : float, default=1.0
        Weight of the Kullback-Leibler divergence; 1 for the ELBO.
    free_bits : float, default=0.0
        Nats that each unit of the code may cost without being charged.
    n_warmup_epochs : int, default=0
        Epochs over which the divergence's weight rises from nothing.
    n_importance_samples : int, default=1
        With more than one, training maximizes the importance-weighted bound, which knows no
        `beta` and no `free_bits`.
    binarize : bool, default=False
        Draw every value anew in each batch as 0 or 1, with itself as the probability of 1
        (data in [0, 1] only; Salakhutdinov & Murray, 2008).
    hidden : int, sequence of int or None, default=None
        Widths of the hidden layers, as in `Autoencoder`.
    activation : str, default="silu"
        Nonlinearity between layers.
    network : Architecture or None, default=None
        Another network, such as ``Convolutional()``.
    likelihood : str or Likelihood, default="auto"
        "auto" takes Bernoulli for data in [0, 1] and for all others a Gaussian whose variance
        the decoder gives for every feature; see `Gaussian` for shared and fixed variances.
    corruption, penalty, scaling, batch_size, max_epochs, learning_rate, \
    learning_rate_schedule, weight_decay, early_stopping, validation_fraction, patience, \
    precision, random_state, warm_start, verbose
        As in `Autoencoder`; a penalty on the code looks at the mean of q(z|x).

    References
    ----------
    Kingma & Welling (2014), Auto-encoding variational Bayes; Rezende, Mohamed & Wierstra (2014),
    Stochastic backpropagation and approximate inference in deep generative models; Burda,
    Grosse & Salakhutdinov (2016), Importance weighted autoencoders.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import VariationalAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> model = VariationalAutoencoder(2, hidden=[32], max_epochs=5, random_state=0).fit(X)
    >>> model.sample(3, random_state=0).shape
    (3, 64)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SHARED_CONSTRAINTS,
        **DENSE_CONSTRAINTS,
        "beta": [NOT_NEGATIVE],
        "free_bits": [NOT_NEGATIVE],
        "n_warmup_epochs": [Interval(Integral, 0, None, closed="left")],
        "n_importance_samples": [POSITIVE],
        "binarize": ["boolean"],
    }

    def __init__(
        self,
        n_components: int = 2,
        *,
        beta: float = 1.0,
        free_bits: float = 0.0,
        n_warmup_epochs: int = 0,
        n_importance_samples: int = 1,
        binarize: bool = False,
        hidden: int | Sequence[int] | None = None,
        activation: str = "silu",
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
        self.beta = beta
        self.free_bits = free_bits
        self.n_warmup_epochs = n_warmup_epochs
        self.n_importance_samples = n_importance_samples
        self.binarize = binarize
        self.hidden = hidden
        self.activation = activation
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

    def transform(self, X: Any, return_std: bool = False) -> Any:
        """Encode rows: the mean of q(z|x), and its standard deviation if asked for.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.
        return_std : bool, default=False
            Whether to give standard deviations too.

        Returns
        -------
        codes : ndarray of float32, shape (n_samples, n_components_)
        std : ndarray of float32, shape (n_samples, n_components_)
            Only with ``return_std=True``.
        """
        codes = super().transform(X)
        if not return_std:
            return codes
        return codes, np.concatenate([code_std(self.model_, x) for x in self._prepared(X)])

    def elbo(self, X: Any, random_state: int | None = 0) -> np.ndarray:
        """Give each row's evidence lower bound in nats, with one draw of the code.

        It is a bound on the log-density of the prepared row, with beta 1 and no free bits.

        Returns
        -------
        elbo : ndarray of float32, shape (n_samples,)
        """
        return np.concatenate(list(self._bounds(X, random_state)))

    def score_samples(self, X: Any) -> np.ndarray:
        """Give each row's evidence lower bound in nats; higher means more normal.

        Averaged over 16 draws of the code that are the same for every row, so that a row's
        score does not depend on the others; `elbo` draws anew for each.
        """
        return super().score_samples(X)

    def score(self, X: Any, y: Any = None) -> float:
        """Give the mean of `elbo`; higher is better."""
        return running_mean(self._bounds(X, 0))

    def log_likelihood(
        self, X: Any, n_samples: int = 100, random_state: int | None = 0
    ) -> LogLikelihood:
        """Estimate each row's log-likelihood by the importance-weighted bound.

        ``log (1/k) Σ p(x, zᵢ) / q(zᵢ | x)`` over k draws, which rises with k to log p(x)
        (Burda et al., 2016). Draws are added up as they come, so memory does not grow with k.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.
        n_samples : int, default=100
            Draws of the code for each row; papers use 5,000.
        random_state : int or None, default=0
            Fixes the draws.

        Returns
        -------
        LogLikelihood
            ``rows``, one estimate each, their ``mean``, and the mean's ``standard_error`` over
            rows.
        """
        check_is_fitted(self)
        _check_count(n_samples)
        seed = self._draw_seed(random_state)
        model = self._plain_model()
        rows = np.concatenate(
            [importance_weighted_bound(model, x, n_samples, seed) for x in self._prepared(X)]
        )
        error = float(rows.std(ddof=1) / len(rows) ** 0.5) if len(rows) > 1 else float("nan")
        return LogLikelihood(rows, float(rows.mean(dtype=np.float64)), error)

    def sample(
        self, n_samples: int = 1, *, noise: bool = False, random_state: int | None = None
    ) -> Any:
        """Draw new rows: codes from the prior, decoded.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        noise : bool, default=False
            Draw from p(x|z) too, instead of giving its mean.
        random_state : int or None, default=None
            Fixes the draw.

        Returns
        -------
        rows : array or frame
            Like the data that the estimator was fitted on.
        """
        check_is_fitted(self)
        _check_count(n_samples)
        generator = np.random.default_rng(random_state)
        codes = generator.standard_normal((n_samples, self.n_components_)).astype(np.float32)
        if not noise:
            return self.inverse_transform(codes)
        drawn = sample_rows(self.model_, codes, int(generator.integers(2**31)))
        return to_container(self.preparation_.inverse(drawn), self._container)

    def interpolate(self, a: Any, b: Any, n_steps: int = 10) -> Any:
        """Decode the straight line between the codes of two rows.

        Parameters
        ----------
        a, b : array-like
            One row each, of shape ``(1, …)`` or that of a single row.
        n_steps : int, default=10
            Rows to give, both ends included.

        Returns
        -------
        rows : array or frame
            `n_steps` rows like the data that the estimator was fitted on.
        """
        check_is_fitted(self)
        start, end = (self._codes(self._one_row(row)) for row in (a, b))
        share = np.linspace(0, 1, n_steps, dtype=np.float32)[:, None]
        return self.inverse_transform((1 - share) * start + share * end)

    def active_units(self, X: Any, threshold: float = 0.01) -> np.ndarray:
        """Give the positions of the units that the model uses: Var(E[z|x]) over X > threshold.

        References
        ----------
        Burda, Grosse & Salakhutdinov (2016), section 5.2.
        """
        return np.flatnonzero(self._codes(X).var(axis=0) > threshold)

    def divergence(self, X: Any) -> np.ndarray:
        """Give KL(q(z|x) ‖ p(z)) of each row and unit, in nats: ``(n_samples, n_components_)``."""
        check_is_fitted(self)
        return np.concatenate([code_divergence(self.model_, x) for x in self._prepared(X)])

    def _validate_params(self) -> None:
        super()._validate_params()
        if self.n_importance_samples > 1 and (self.beta != 1 or self.free_bits > 0):
            raise IsthmusError(
                f"n_importance_samples={self.n_importance_samples} bounds the log-likelihood "
                f"itself, in which beta={self.beta} and free_bits={self.free_bits} have no place: "
                "leave those at 1 and 0, or take n_importance_samples=1."
            )

    def _score_rows(self, x: np.ndarray) -> np.ndarray:
        return score_rows_alone(self._plain_model(), x, Objective(), _SCORE_DRAWS)

    def _bounds(self, X: Any, random_state: int | None) -> Iterator[np.ndarray]:
        """Yield the rows' bounds chunk by chunk, each chunk with draws of its own."""
        check_is_fitted(self)
        model, seeds = self._plain_model(), count(self._draw_seed(random_state))
        return self._streamed(lambda x: score_rows(model, x, Objective(), next(seeds)), X)

    def _one_row(self, row: Any) -> Any:
        shape = self.preparation_.schema.row_shape
        return np.asarray(row)[None] if np.shape(row) == shape else row

    def _plain_model(self) -> Any:
        return replace(self.model_, code=GaussianCode())

    def _draw_seed(self, random_state: int | None) -> int:
        return int(np.random.default_rng(random_state).integers(2**31))

    def _default_architecture(self) -> Architecture:
        return Dense(checked_widths(self.hidden), self.activation)

    def _code(self) -> Code:
        return GaussianCode(self.beta, self.free_bits)

    def _default_likelihood(self, support: Support) -> Likelihood:
        return Gaussian() if support == "real" else Bernoulli()

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        return Objective(
            n_importance_samples=self.n_importance_samples,
            n_warmup_updates=self.n_warmup_epochs * n_steps,
            binarize=self.binarize,
        )


def _check_count(n_samples: int) -> None:
    if n_samples < 1:
        raise IsthmusError(f"n_samples={n_samples} asks for nothing: choose 1 or more.")
