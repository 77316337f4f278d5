"""The restricted Boltzmann machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, final

import numpy as np
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.rows import TrainingRows
from isthmus.fitting.trained import POSITIVE, SHARED_CONSTRAINTS, TrainedAutoencoder
from isthmus.io import to_container
from isthmus.models import Bernoulli, Gaussian, Likelihood, Model
from isthmus.networks import Architecture, Dense, DenseNetwork
from isthmus.objectives import ContrastiveDivergence, Loss
from isthmus.training import free_energy_rows, gibbs_rows, sample_rows

# What it learns by leaves no choice of these.
_NOT_ITS_OWN = {"network", "likelihood", "corruption", "penalty"}


@final
class BoltzmannMachine(TrainedAutoencoder):
    """Restricted Boltzmann machine: hidden units that make the rows likely.

    ``p(v, h) ∝ exp(b v + v W h + c h)`` for visible units in [0, 1], and
    ``p(v, h) ∝ exp(−½ ‖v − b‖² + v W h + c h)`` for real ones. `transform` gives p(h = 1 | v),
    `inverse_transform` E[v | h], so that it is an autoencoder with tied weights and sigmoid
    units too; only what it learns by differs.

    Parameters
    ----------
    n_components : int, default=256
        Hidden units.
    visible : {"auto", "bernoulli", "gaussian"}, default="auto"
        The visible units: Bernoulli for data in [0, 1], where values between count as
        probabilities, or Gaussian with variance 1. "auto" goes by the data.
    n_steps : int, default=1
        Gibbs steps in each update (CD-k).
    persistent : bool, default=False
        Go on from the last update's Gibbs chains instead of starting at the rows: closer to
        the likelihood, for machines to draw from.
    scaling, batch_size, max_epochs, learning_rate, weight_decay, early_stopping, \
    validation_fraction, patience, random_state, warm_start, verbose
        As in `Autoencoder`, but the learning rate is 0.01. Held-out rows are judged by their
        reconstruction.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **{k: v for k, v in SHARED_CONSTRAINTS.items() if k not in _NOT_ITS_OWN},
        "visible": [StrOptions({"auto", "bernoulli", "gaussian"})],
        "n_steps": [POSITIVE],
        "persistent": ["boolean"],
    }

    def __init__(
        self,
        n_components: int = 256,
        *,
        visible: str = "auto",
        n_steps: int = 1,
        persistent: bool = False,
        scaling: str = "auto",
        batch_size: int = 128,
        max_epochs: int | None = None,
        learning_rate: float = 1e-2,
        weight_decay: float = 1e-4,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        patience: int = 30,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: bool | None = None,
    ) -> None:
        self.n_components = n_components
        self.visible = visible
        self.n_steps = n_steps
        self.persistent = persistent
        self.scaling = scaling
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose

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
        return np.concatenate([free_energy_rows(self.model_, x) for x in self._prepared(X)])

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
        for name, number in (("n_samples", n_samples), ("n_steps", n_steps)):
            if number < 1:
                raise IsthmusError(f"{name}={number} asks for nothing: choose 1 or more.")
        generator = np.random.default_rng(random_state)
        start = generator.integers(2, size=(n_samples, self.n_components_)).astype(np.float32)
        hidden = gibbs_rows(self.model_, start, n_steps, int(generator.integers(2**31)))
        if not noise:
            return self.inverse_transform(hidden)
        drawn = sample_rows(self.model_, hidden, int(generator.integers(2**31)))
        return to_container(self.preparation_.inverse(drawn), self._container)

    def _start_model(
        self, rows: TrainingRows, seed: int, start: BaseAutoencoder | None = None
    ) -> None:
        super()._start_model(rows, seed, start)
        if start is not None:
            return
        network, likelihood = self.model_.network, self.model_.likelihood
        assert isinstance(network, DenseNetwork)
        mean = rows.mean()
        network = network.starting_at(mean, likelihood.parameters_at(mean))
        self.model_ = replace(self.model_, network=network)

    def _architecture(self) -> Architecture:
        return self._default_architecture()

    def _default_architecture(self) -> Architecture:
        return Dense((), "identity", tied_weights=True, code_activation="sigmoid")

    def _choose_likelihood(self) -> Likelihood:
        real = self.preparation_.support == "real"
        if self.visible == "bernoulli" and real:
            raise IsthmusError(
                f"visible='bernoulli' needs values in [0, 1], but with "
                f"scaling={self.preparation_.scaling!r} X has others: "
                "use visible='gaussian', or bring X into [0, 1] first."
            )
        gaussian = real if self.visible == "auto" else self.visible == "gaussian"
        return Gaussian(1.0) if gaussian else Bernoulli()

    def _checked_objective(self, n_epochs: int, n_steps: int) -> Loss[Model]:
        return ContrastiveDivergence(self.n_steps, self.persistent)
