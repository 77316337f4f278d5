"""The restricted Boltzmann machine."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.checks import check_asked
from isthmus.errors import IsthmusError
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import ABOVE_ZERO, POSITIVE
from isthmus.fitting.rows import TrainingRows
from isthmus.fitting.trained import EarlyStoppedAutoencoder
from isthmus.io import Container, to_container
from isthmus.models import Bernoulli, Gaussian, Likelihood, Model, free_energy, hidden_after
from isthmus.networks import Architecture, Dense, DenseNetwork, TableNetwork
from isthmus.objectives import ContrastiveDivergence
from isthmus.training import over_rows


@final
@estimator
class BoltzmannMachine(EarlyStoppedAutoencoder):
    """Restricted Boltzmann machine: hidden units that make the rows likely.

    ``p(v, h) ∝ exp(b v + v W h + c h)`` for visible units in [0, 1], and
    ``p(v, h) ∝ exp(−½ ‖v − b‖² + v W h + c h)`` for real ones. `transform` gives p(h = 1 | v),
    `inverse_transform` E[v | h], so that it is an autoencoder with tied weights and sigmoid
    units too; only what it learns by differs.

    Parameters
    ----------
    n_components : int
        Hidden units.
    visible : {names}
        The visible units: Bernoulli for data in [0, 1], where values between count as
        probabilities, or Gaussian with variance 1. "auto" goes by the data.
    n_steps : int
        Gibbs steps in each update (CD-k).
    persistent : bool
        Go on from the last update's Gibbs chains instead of starting at the rows: closer to
        the likelihood, for machines to draw from.

    References
    ----------
    Hinton (2002), Training products of experts by minimizing contrastive divergence; Hinton &
    Salakhutdinov (2006), Reducing the dimensionality of data with neural networks; Tieleman
    (2008), Training restricted Boltzmann machines using approximations to the likelihood
    gradient.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import BoltzmannMachine
    >>> X = load_digits().data[:500] / 16
    >>> machine = BoltzmannMachine(32, max_epochs=5, random_state=0).fit(X)
    >>> machine.transform(X).shape, machine.free_energy(X).shape
    ((500, 32), (500,))
    >>> machine.sample(3, n_steps=10, random_state=0).shape
    (3, 64)
    """

    n_components: int = parameter(POSITIVE, default=256, kw_only=False)
    visible: str = parameter(Named("auto", "bernoulli", "gaussian"), default="auto")
    n_steps: int = parameter(POSITIVE, default=1)
    persistent: bool = parameter("boolean", default=False)
    learning_rate: float = parameter(ABOVE_ZERO, default=1e-2)

    def free_energy(self, X: Any) -> np.ndarray:
        """Give each row's free energy ``F(v)`` in nats; lower is more likely.

        ``−F(v)`` is the log-likelihood of the prepared row but for a constant, the same for
        all rows; `score_samples` gives the log-likelihood under the row's reconstruction, as
        other autoencoders do.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the machine was fitted on.

        Returns
        -------
        energies : ndarray of float32, shape (n_samples,)
        """
        check_is_fitted(self)
        return over_rows(free_energy, self.model_, self._prepared(X))

    def sample(
        self,
        n_samples: int = 1,
        *,
        n_steps: int = 1000,
        noise: bool = False,
        random_state: int | None = None,
    ) -> Any:
        """Draw new rows by Gibbs sampling, each in a chain of its own.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        n_steps : int, default=1000
            Gibbs steps from random hidden units.
        noise : bool, default=False
            Draw from p(v | h) in the end too, instead of giving its mean.
        random_state : int or None, default=None
            Fixes the draw.

        Returns
        -------
        rows : array or frame
            Like the data that the machine was fitted on.
        """
        check_is_fitted(self)
        check_asked("n_samples", n_samples)
        check_asked("n_steps", n_steps)
        generator = np.random.default_rng(random_state)
        start = generator.integers(2, size=(n_samples, self.n_components_)).astype(np.float32)
        seed = int(generator.integers(2**31))
        hidden = over_rows(hidden_after, self.model_, start, n_steps, seed=seed)
        if not noise:
            return self.inverse_transform(hidden)
        seed = int(generator.integers(2**31))
        drawn = over_rows(Model.sample, self.model_, hidden, seed=seed)
        return to_container(self.preparation_.inverse(drawn), Container(self.container_))

    def _starts_at_mean(self, network: DenseNetwork | TableNetwork) -> bool:
        return True

    def _architecture(self) -> Architecture:
        return Dense((), "identity", tied_weights=True, code_activation="sigmoid")

    def _likelihood(self, rows: TrainingRows) -> Likelihood:
        real = rows.preparation.support == "real"
        if self.visible == "bernoulli" and real:
            raise IsthmusError(
                f"visible='bernoulli' needs values in [0, 1], but with "
                f"scaling={rows.preparation.scaling!r} X has others: "
                "use visible='gaussian', or bring X into [0, 1] first."
            )
        gaussian = real if self.visible == "auto" else self.visible == "gaussian"
        return Gaussian(1.0) if gaussian else Bernoulli()

    def _loss(
        self, model: Model, rows: TrainingRows, n_epochs: int, n_steps: int
    ) -> ContrastiveDivergence:
        return ContrastiveDivergence(self.n_steps, self.persistent)
