"""A Gaussian code, reparameterized: the code of the variational autoencoder."""

from __future__ import annotations

from math import log, pi
from typing import final

import equinox as eqx
import jax
import jax.numpy as jnp

from isthmus.checks import check_number, plain
from isthmus.errors import IsthmusError
from isthmus.models.codes.base import Code
from isthmus.networks import Network


@final
class GaussianCode(Code, part_name="gaussian"):
    """``q(z|x) = N(μ(x), σ(x)²)`` against the prior ``p(z) = N(0, 1)``.

    The encoder gives μ and log σ². A draw is ``z = μ + σ · noise``, so that gradients pass
    through it.

    Parameters
    ----------
    beta : float
        Weight of the Kullback-Leibler divergence in the loss; 1 for the evidence lower bound.
    free_bits : float
        Nats that each unit of the code may cost without being charged.

    References
    ----------
    Kingma & Welling (2014), Auto-encoding variational Bayes, equation 10 and appendix B;
    Rezende, Mohamed & Wierstra (2014); Higgins et al. (2017) for beta; Kingma et al. (2016),
    Improving variational inference with inverse autoregressive flow, for free bits.
    """

    beta: float = eqx.field(static=True, converter=plain, default=1.0)
    free_bits: float = eqx.field(static=True, converter=plain, default=0.0)

    def __check_init__(self) -> None:
        check_number(self, "beta", least=0)
        check_number(self, "free_bits", least=0)

    def check(self, network: Network) -> None:
        activation = getattr(network, "code_activation", "identity")
        if activation != "identity":
            raise IsthmusError(
                f"code_activation={activation!r} would bend the log variances of a Gaussian code "
                "too: leave it at 'identity'."
            )

    def n_parameters(self, n_components: int) -> int:
        return 2 * n_components

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        mean, std = self.mean(parameters), self.std(parameters)
        return mean + std * jax.random.normal(key, mean.shape)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return jnp.split(parameters, 2, axis=-1)[0]

    def std(self, parameters: jax.Array) -> jax.Array:
        """Give the standard deviations: ``(batch, parameters) -> (batch, components)``."""
        return jnp.exp(0.5 * _log_variance(parameters))

    def divergence(self, parameters: jax.Array) -> jax.Array:
        """Give KL(q(z|x) ‖ p(z)) of each unit, in nats: ``(batch, …) -> (batch, components)``."""
        log_variance = _log_variance(parameters)
        return 0.5 * (self.mean(parameters) ** 2 + jnp.exp(log_variance) - 1 - log_variance)

    def cost(self, parameters: jax.Array) -> jax.Array:
        charged = jnp.maximum(self.divergence(parameters), self.free_bits)
        return self.beta * jnp.sum(charged, axis=-1)

    def log_ratio(self, parameters: jax.Array, z: jax.Array) -> jax.Array:
        log_variance = _log_variance(parameters)
        squares = (z - self.mean(parameters)) ** 2 * jnp.exp(-log_variance)
        log_q = -0.5 * jnp.sum(squares + log_variance + log(2 * pi), axis=-1)
        log_p = -0.5 * jnp.sum(z**2 + log(2 * pi), axis=-1)
        return log_q - log_p


def _log_variance(parameters: jax.Array) -> jax.Array:
    # Beyond these bounds the exponential of float32 would overflow or vanish.
    return jnp.clip(jnp.split(parameters, 2, axis=-1)[1], -20.0, 20.0)
