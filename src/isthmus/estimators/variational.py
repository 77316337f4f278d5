"""The variational autoencoder."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any, final

import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.checks import check_asked
from isthmus.errors import IsthmusError
from isthmus.fitting.declaration import estimator, parameter
from isthmus.fitting.log_likelihood import LogLikelihood, estimate_log_likelihood
from isthmus.fitting.network import NetworkAutoencoder
from isthmus.fitting.parameters import NOT_NEGATIVE, POSITIVE, WHOLE, DenseParameters
from isthmus.fitting.rows import TrainingRows
from isthmus.io import Container, to_container
from isthmus.models import Bernoulli, Code, Gaussian, GaussianCode, Likelihood, Model
from isthmus.networks import Architecture, Dense
from isthmus.objectives import (
    Objective,
    code_divergence,
    code_std,
    log_probability,
    mean_row_scores,
)
from isthmus.training import Settings, over_rows

_FAITHFUL_BETA = 0.5


@final
@estimator
class VariationalAutoencoder(DenseParameters, NetworkAutoencoder):
    """Variational autoencoder: a code that is a distribution, and a model that can be drawn from.

    ``q(z|x) = N(μ_z(x), σ_z²(x))`` and ``p(x|z) = N(μ_x(z), σ_x²(z))`` or another likelihood,
    trained by the reparameterization trick to maximize the evidence lower bound (ELBO).

    Beside the losses `history_` has what they are made of, in nats and without weights:
    "reconstruction", ``−log p(x|z)``, and "divergence", of held-out rows
    "validation_reconstruction" and "validation_divergence".

    Parameters
    ----------
    n_components : int
        Size of the code.
    beta : float or None
        Weight of the Kullback-Leibler divergence; 1 for the ELBO. None takes ½ with
        ``Gaussian("faithful")``, else 1: where the ELBO is greatest, reconstructions are drawn
        towards the mean row, in a linear model by ``σ² / λ`` of each component, and ½ takes
        most of that away for a tenth of a nat per unit of the code.
    free_bits : float
        Nats that each unit of the code may cost without being charged.
    n_warmup_epochs : int
        Epochs over which the divergence's weight rises from nothing, once.
    n_cycle_epochs : int
        Epochs of a cycle: in its first half the divergence's weight rises from nothing, in its
        second it stays, and then all over again. 0 has no cycles; Fu et al. (2019) make four of
        the whole training. Early stopping waits a whole cycle at least.
    n_importance_samples : int
        With more than one, training maximizes the importance-weighted bound, which knows no
        `beta` and no `free_bits`.
    binarize : bool
        Draw every value anew in each batch as 0 or 1, with itself as the probability of 1
        (data in [0, 1] only; Salakhutdinov & Murray, 2008).
    likelihood : str or Likelihood
        "auto" takes Bernoulli for 0 and 1, drawn by `binarize` or given, and for all others
        ``Gaussian("faithful")``, whose variance the decoder gives for every feature while mean
        and code learn as if it were shared; see `Gaussian` for the lecture's own, shared and
        fixed variances.
    shortcut : bool or None
        Let a linear map lead from the rows to the code beside the layers, and one back. They
        start as probabilistic principal component analysis. None decides: with a Gaussian whose
        variance the code has no part in, or "faithful", but for networks that were given.

    References
    ----------
    Kingma & Welling (2014), Auto-encoding variational Bayes; Rezende, Mohamed & Wierstra (2014),
    Stochastic backpropagation and approximate inference in deep generative models; Burda,
    Grosse & Salakhutdinov (2016), Importance weighted autoencoders; Fu et al. (2019), Cyclical
    annealing schedule: a simple approach to mitigating KL vanishing.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import VariationalAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> model = VariationalAutoencoder(2, hidden=[32], max_epochs=5, random_state=0).fit(X)
    >>> model.sample(3, random_state=0).shape
    (3, 64)
    """

    n_components: int = parameter(POSITIVE, default=2, kw_only=False)
    beta: float | None = parameter(NOT_NEGATIVE, None, default=None)
    free_bits: float = parameter(NOT_NEGATIVE, default=0.0)
    n_warmup_epochs: int = parameter(WHOLE, default=0)
    n_cycle_epochs: int = parameter(WHOLE, default=0)
    n_importance_samples: int = parameter(POSITIVE, default=1)
    binarize: bool = parameter("boolean", default=False)

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
        return codes, over_rows(code_std, self.model_, self._prepared(X))

    def elbo(self, X: Any, random_state: int | None = 0) -> np.ndarray:
        """Give each row's evidence lower bound in nats, with one draw of the code.

        It is a bound on the log-density of the prepared row, with beta 1 and no free bits.

        Returns
        -------
        elbo : ndarray of float32, shape (n_samples,)
        """
        check_is_fitted(self)
        model, seeds = self._plain_model(), count(self._draw_seed(random_state))
        # Each chunk has draws of its own.

        def bounds(x: np.ndarray) -> np.ndarray:
            return over_rows(log_probability, model, x, seed=next(seeds))

        return np.concatenate(list(self._streamed(bounds, "bound", X)))

    def score_samples(self, X: Any) -> np.ndarray:
        """Give each row's evidence lower bound in nats; higher means more normal.

        Averaged over 16 draws of the code that are the same for every row, so that a row's
        score does not depend on the others; `elbo` draws anew for each.
        """
        return super().score_samples(X)

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
        check_asked("n_samples", n_samples)
        seed = self._draw_seed(random_state)
        model = self._plain_model()
        return estimate_log_likelihood(model, self._prepared(X), n_samples, seed)

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
        check_asked("n_samples", n_samples)
        generator = np.random.default_rng(random_state)
        codes = generator.standard_normal((n_samples, self.n_components_)).astype(np.float32)
        if not noise:
            return self.inverse_transform(codes)
        seed = int(generator.integers(2**31))
        drawn = over_rows(Model.sample, self.model_, codes, seed=seed)
        return to_container(self.preparation_.inverse(drawn), Container(self.container_))

    def interpolate(self, a: Any, b: Any, n_steps: int = 10) -> Any:
        """Decode the straight lines between the codes of rows and those of others.

        Parameters
        ----------
        a, b : array, frame, path or Dataset
            As many rows in both, or in each a single one, of shape ``(1, …)`` or its own.
        n_steps : int, default=10
            Rows to give for each pair, both ends included.

        Returns
        -------
        rows : array or frame
            `n_steps` rows like the data that the estimator was fitted on; for n pairs an array
            ``(n, n_steps, …)``, or a frame with the steps of one pair after those of the other.
        """
        check_is_fitted(self)
        check_asked("n_steps", n_steps)
        start, end = (self._codes(self._one_row(row)) for row in (a, b))
        if len(start) != len(end):
            raise IsthmusError(
                f"a has {len(start):,} rows and b has {len(end):,}, but each row of one goes to "
                "that of the other at the same place: give both the same number."
            )
        share = np.linspace(0, 1, n_steps, dtype=np.float32)[:, None]
        codes = (1 - share) * start[:, None] + share * end[:, None]  # (pairs, steps, components)
        rows = self.inverse_transform(codes.reshape(-1, codes.shape[-1]))
        if len(start) > 1 and isinstance(rows, np.ndarray):
            return rows.reshape(*codes.shape[:2], *rows.shape[1:])
        return rows

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
        return over_rows(code_divergence, self.model_, self._prepared(X))

    def check_parameters(self) -> None:
        super().check_parameters()
        if self.n_cycle_epochs and self.n_warmup_epochs:
            raise IsthmusError(
                f"n_warmup_epochs={self.n_warmup_epochs} lets the divergence's weight rise once, "
                f"n_cycle_epochs={self.n_cycle_epochs} again and again: set one of them to 0."
            )
        if self.n_importance_samples > 1 and (self.beta not in (None, 1) or self.free_bits > 0):
            raise IsthmusError(
                f"n_importance_samples={self.n_importance_samples} bounds the log-likelihood "
                f"itself, in which beta={self.beta} and free_bits={self.free_bits} have no place: "
                "leave those at 1 and 0, or take n_importance_samples=1."
            )

    def _score_rows(self, x: np.ndarray) -> np.ndarray:
        return over_rows(mean_row_scores, self._plain_model(), x)

    def _one_row(self, row: Any) -> Any:
        shape = self.preparation_.schema.row_shape
        return np.asarray(row)[None] if np.shape(row) == shape else row

    def _plain_model(self) -> Any:
        return replace(self.model_, code=GaussianCode())

    def _draw_seed(self, random_state: int | None) -> int:
        return int(np.random.default_rng(random_state).integers(2**31))

    def default_architecture(self) -> Architecture:
        return Dense(self.hidden, self.activation)

    def _code(self, likelihood: Likelihood) -> Code:
        beta = self.beta
        if beta is None:
            faithful = isinstance(likelihood, Gaussian) and likelihood.variance == "faithful"
            beta = _FAITHFUL_BETA if faithful and self.n_importance_samples == 1 else 1.0
        return GaussianCode(beta, self.free_bits)

    def _default_likelihood(self, rows: TrainingRows) -> Likelihood:
        # Of shades the cross-entropy tells so little that most of the code is given up.
        binary = rows.preparation.support == "binary" or self.binarize
        return Bernoulli() if binary else Gaussian("faithful")

    def _is_linear_at_best(self, likelihood: Likelihood) -> bool:
        return isinstance(likelihood, Gaussian) and likelihood.variance != "code"

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        return Objective(
            n_importance_samples=self.n_importance_samples,
            n_warmup_updates=self.n_warmup_epochs * n_steps,
            n_cycle_updates=self.n_cycle_epochs * n_steps,
            binarize=self.binarize,
            divided=True,
        )

    def _settings(self, n_rows: int, seed: int) -> Settings:
        settings = super()._settings(n_rows, seed)
        if settings.patience is None:
            return settings
        # Where the weight falls back to nothing, the bound gets worse before it gets better.
        return replace(settings, patience=max(settings.patience, self.n_cycle_epochs))
