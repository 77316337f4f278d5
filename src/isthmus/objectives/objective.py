"""The one loss that every autoencoder minimizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import Any, final

import jax
import jax.numpy as jnp

from isthmus.models.codes import GaussianCode
from isthmus.models.model import Model
from isthmus.objectives.corruptions import Corruption
from isthmus.objectives.loss import Loss, Minibatch
from isthmus.objectives.penalties import Penalty
from isthmus.objectives.penalties.base import EncodedMinibatch


@final
@dataclass(frozen=True)
class Objective(Loss[Model]):
    """``mean over rows of [−log p(x | z) + what the code costs] + Σ penalties``.

    z is the code of ``corruption(x)``.

    Parameters
    ----------
    corruption : Corruption or None
        Noise on the encoder's input, drawn anew for every batch.
    penalties : tuple of Penalty
        Terms added to the loss in training; they are no part of a row's own loss, but those
        that say so are added where held-out rows are judged.
    n_importance_samples : int
        With more than one, rows are judged by the importance-weighted bound
        ``−log (1/k) Σ p(x, zᵢ) / q(zᵢ | x)`` (Burda, Grosse & Salakhutdinov, 2016).
    n_warmup_updates : int
        Updates over which the objective warms up: the cost of the code rises from nothing to
        its full weight.
    n_cycle_updates : int
        With more than none, the cost of the code rises from nothing to its full weight over the
        first half of so many updates, stays there for the second, and so on, again and again
        (Fu et al., 2019, Cyclical annealing schedule, equations 6 and 7).
    binarize : bool
        Draw every value anew as 0 or 1, with itself as the probability of 1.
    divided : bool
        Record beside the loss what it is made of, for a Gaussian code: reconstruction,
        ``−log p(x | z)``, and divergence, both in nats and without weights. With several
        importance samples they are means over these, ``log q(z | x) − log p(z)`` for the latter.
    """

    corruption: Corruption | None = None
    penalties: tuple[Penalty, ...] = ()
    n_importance_samples: int = 1
    n_warmup_updates: int = 0
    n_cycle_updates: int = 0
    binarize: bool = False
    divided: bool = False

    @property
    def terms(self) -> tuple[str, ...]:
        return ("reconstruction", "divergence") if self.divided else ()

    def draws(self, model: Model) -> bool:
        own = self.binarize or self.corruption is not None or self.n_importance_samples > 1
        return own or model.code.draws or any(penalty.draws for penalty in self.penalties)

    def warmed_up(self) -> Objective:
        return replace(self, n_warmup_updates=0, n_cycle_updates=0)

    def row_losses(
        self, model: Model, x: jax.Array, weights: jax.Array, key: jax.Array
    ) -> jax.Array:
        """Give each row's loss, penalties left out: ``(batch, features) -> (batch,)``.

        With `terms` they follow it: ``(batch, 1 + terms)``.
        """
        batch = self._encode(model, x, weights, key)
        return self._row_losses(model, batch, False, jnp.ones(()))

    def __call__(
        self,
        model: Model,
        x: jax.Array,
        weights: jax.Array,
        key: jax.Array,
        n_updates: jax.Array,
    ) -> jax.Array:
        """Give the loss of a batch, a scalar, or with `terms` a vector of itself and of them.

        Parameters
        ----------
        model : Model
            The model being trained.
        x : array, shape (batch, features)
            Rows, in the prepared scale.
        weights : array, shape (batch,)
            Weight of each row; 0 for rows that only fill up the last batch.
        key : array
            Random key for corruption, code and penalties.
        n_updates : array
            Updates made so far.
        """
        batch = self._encode(model, x, weights, key)
        losses = batch.mean(self._row_losses(model, batch, True, self._warmth(n_updates)))
        loss = losses[0] if self.divided else losses
        loss += model.code.training_cost(batch.code_parameters, weights)
        loss = sum((penalty(model, batch) for penalty in self.penalties), start=loss)
        return jnp.concatenate([loss[None], losses[1:]]) if self.divided else loss

    def update_loss(
        self, model: Model, batch: Minibatch, key: jax.Array, n_updates: jax.Array, state: Any
    ) -> tuple[jax.Array, Any]:
        return self(model, batch.x, batch.weights, key, n_updates), state

    def held_out_losses(self, model: Model, batch: Minibatch, key: jax.Array) -> jax.Array:
        encoded = self._encode(model, batch.x, batch.weights, key)
        losses = self._row_losses(model, encoded, True, jnp.ones(()))
        # What all rows of the batch share counts as much for each of them.
        shared = model.code.training_cost(encoded.code_parameters, batch.weights)
        judges = (penalty for penalty in self.penalties if penalty.judges)
        shared = sum((penalty(model, encoded) for penalty in judges), start=shared)
        return losses.at[:, 0].add(shared) if self.divided else losses + shared

    def _encode(self, model: Model, x: jax.Array, weights: jax.Array, key: Any) -> EncodedMinibatch:
        if self.binarize:
            binarization_key, key = jax.random.split(key)
            x = jax.random.bernoulli(binarization_key, x).astype(x.dtype)
        encoded = x
        if key is not None:
            corruption_key, key = jax.random.split(key)
            if self.corruption is not None:
                encoded = self.corruption(x, weights, corruption_key)
        return EncodedMinibatch(x, weights, encoded, model.network.encode(encoded), key)

    def _warmth(self, n_updates: jax.Array) -> jax.Array:
        """Give the weight of the cost of the code, from 0 to 1."""
        if self.n_cycle_updates:
            in_cycle = n_updates % self.n_cycle_updates
            return jnp.minimum(1.0, 2 * (in_cycle + 1) / self.n_cycle_updates)
        return jnp.minimum(1.0, (n_updates + 1) / (self.n_warmup_updates + 1))

    def _row_losses(
        self, model: Model, batch: EncodedMinibatch, training: bool, warmth: jax.Array
    ) -> jax.Array:
        if self.n_importance_samples > 1:
            return self._bounds(model, batch, warmth)
        parameters, key = batch.code_parameters, batch.key
        if training:
            z = model.code.training_sample(parameters, batch.weights, key)
        else:
            z = model.code.sample(parameters, key)
        log_prob = model.likelihood.log_prob(model.network.decode(z), batch.x)
        losses = warmth * model.code.cost(parameters) - log_prob
        if not self.divided:
            return losses
        assert isinstance(model.code, GaussianCode)
        divergence = jnp.sum(model.code.divergence(parameters), axis=-1)
        return jnp.stack([losses, -log_prob, divergence], axis=-1)

    def _bounds(self, model: Model, batch: EncodedMinibatch, warmth: jax.Array) -> jax.Array:
        """Give each row's importance-weighted bound, negative."""
        keys = jax.random.split(batch.key, self.n_importance_samples)
        log_prob, log_ratio = jax.vmap(
            lambda key: drawn_log_terms(model, batch.x, batch.code_parameters, key)
        )(keys)  # (samples, batch)
        log_weights = log_prob - warmth * log_ratio
        losses = log(self.n_importance_samples) - jax.nn.logsumexp(log_weights, axis=0)
        if not self.divided:
            return losses
        return jnp.stack([losses, -log_prob.mean(axis=0), log_ratio.mean(axis=0)], axis=-1)


def drawn_log_terms(
    model: Model,
    x: jax.Array,
    code_parameters: jax.Array,
    key: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Give ``log p(x | z)`` and ``log q(z | x) − log p(z)`` for one draw of each row's code.

    Both are ``(batch,)``.
    """
    z = model.code.sample(code_parameters, key)
    log_prob = model.likelihood.log_prob(model.network.decode(z), x)
    return log_prob, model.code.log_ratio(code_parameters, z)
