"""The restricted Boltzmann machine that a tied network of one layer is.

Its joint density of visible units v and hidden units h is ``exp(−E(v, h)) / Z``, with

    E(v, h) = visible term − v W h − c h,

and visible term ``−b v`` for Bernoulli and ``½ ‖v − b‖²`` for Gaussian units of variance 1.
Hidden units are Bernoulli where the code's activation is the logistic function, and Gaussian of
variance 1 where there is none, with ``½ ‖h − c‖²`` in place of ``−c h``. Then the encoder gives
E[h | v], and the decoder the parameters of p(v | h).

References
----------
Smolensky (1986), Information processing in dynamical systems; Hinton & Salakhutdinov (2006),
Reducing the dimensionality of data with neural networks, for Gaussian units.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from isthmus.models.likelihoods import Bernoulli
from isthmus.models.model import Model
from isthmus.networks import DenseNetwork


def has_bernoulli_hidden_units(model: Model) -> bool:
    """Tell whether hidden units are Bernoulli, not Gaussian."""
    network = model.network
    return isinstance(network, DenseNetwork) and network.code_activation == "sigmoid"


def free_energy(model: Model, v: jax.Array) -> jax.Array:
    """Give ``F(v) = −log Σ_h exp(−E(v, h))``, up to a constant: ``(batch, visible) -> (batch,)``.

    ``−F(v)`` is log p(v) but for log Z, which is the same for all rows.
    """
    (layer,), bias = model.network.encoder, model.network.decoder[0].bias
    inputs = layer(v)  # (batch, hidden)
    if has_bernoulli_hidden_units(model):
        hidden = jnp.sum(jax.nn.softplus(inputs), axis=-1)
    else:
        hidden = 0.5 * (jnp.sum(inputs**2, axis=-1) - jnp.sum(layer.bias**2))
    if isinstance(model.likelihood, Bernoulli):
        return -v @ bias - hidden
    return 0.5 * jnp.sum((v - bias) ** 2, axis=-1) - hidden


def sample_hidden(model: Model, v: jax.Array, key: jax.Array) -> jax.Array:
    """Draw from p(h | v): ``(batch, visible) -> (batch, hidden)``."""
    mean = model.network.encode(v)
    if has_bernoulli_hidden_units(model):
        return jax.random.bernoulli(key, mean).astype(mean.dtype)
    return mean + jax.random.normal(key, mean.shape)


def sample_visible(model: Model, h: jax.Array, key: jax.Array) -> jax.Array:
    """Draw from p(v | h): ``(batch, hidden) -> (batch, visible)``."""
    return model.likelihood.sample(model.network.decode(h), key)


def gibbs(model: Model, v: jax.Array, n_steps: int | jax.Array, key: jax.Array) -> jax.Array:
    """Draw hidden units, then visible ones, over and over: ``(batch, visible)`` to the same."""

    def step(i: jax.Array, v: jax.Array) -> jax.Array:
        hidden_key, visible_key = jax.random.split(jax.random.fold_in(key, i))
        return sample_visible(model, sample_hidden(model, v, hidden_key), visible_key)

    return jax.lax.fori_loop(0, n_steps, step, v)


def hidden_after(model: Model, h: jax.Array, key: jax.Array, n_steps: jax.Array) -> jax.Array:
    """Give hidden units after this many Gibbs steps: ``(batch, hidden)`` to the same."""
    keys = jax.random.split(key, 3)
    v = sample_visible(model, h, keys[0])
    return sample_hidden(model, gibbs(model, v, n_steps - 1, keys[1]), keys[2])
