"""How well a model knows rows, and what their codes cost: one number or row of numbers for each."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from isthmus.models import GaussianCode, Model
from isthmus.objectives.objective import Objective, drawn_log_terms

N_DRAWS = 16
"""Draws of the code over which `mean_row_scores` averages."""


def log_probability(model: Model, x: jax.Array, key: jax.Array) -> jax.Array:
    """Give each row's log-likelihood less what its code costs, with one draw: ``(batch,)``."""
    return -Objective().row_losses(model, x, jnp.ones(len(x)), key)


def row_scores(model: Model, x: jax.Array, key: jax.Array) -> jax.Array:
    """Give how well each row is explained, less what its code costs, with one draw: ``(batch,)``.

    It is `log_probability` with the same draw, but where the likelihood has a score of its own.
    """
    code_parameters = model.network.encode(x)
    z = model.code.sample(code_parameters, jax.random.split(key)[1])
    score = model.likelihood.score(model.network.decode(z), x)
    return score - model.code.cost(code_parameters)


def mean_row_scores(model: Model, x: jax.Array) -> jax.Array:
    """Average it over draws that are the same for every row: ``(batch,)``.

    A row then has the same score whatever rows surround it; the errors of the rows are not
    independent, so their mean is less sure.
    """

    def score(row: jax.Array, key: jax.Array) -> jax.Array:
        return row_scores(model, row[None], key)[0]

    # One draw after the other, so that memory does not grow with them.
    keys = jax.random.split(jax.random.key(0), N_DRAWS)
    scores = jax.lax.map(lambda key: jax.vmap(score, (0, None))(x, key), keys)
    return jnp.mean(scores, axis=0)  # of (draws, batch)


def importance_weighted_bound(
    model: Model, x: jax.Array, key: jax.Array, n_samples: jax.Array
) -> jax.Array:
    """Give each row's importance-weighted bound on its log-likelihood, in nats: ``(batch,)``."""
    code_parameters = model.network.encode(x)

    def add(i: jax.Array, total: jax.Array) -> jax.Array:
        key_i = jax.random.fold_in(key, i)
        log_prob, log_ratio = drawn_log_terms(model, x, code_parameters, key_i)
        return jnp.logaddexp(total, log_prob - log_ratio)

    total = jax.lax.fori_loop(0, n_samples, add, jnp.full(len(x), -jnp.inf))
    return total - jnp.log(n_samples)


def code_std(model: Model, x: jax.Array) -> jax.Array:
    """Give the standard deviations of Gaussian codes: ``(batch, components)``."""
    return _gaussian(model).std(model.network.encode(x))


def code_divergence(model: Model, x: jax.Array) -> jax.Array:
    """Give the divergence of Gaussian codes from their prior, in nats: ``(batch, components)``."""
    return _gaussian(model).divergence(model.network.encode(x))


def _gaussian(model: Model) -> GaussianCode:
    assert isinstance(model.code, GaussianCode)
    return model.code
