"""Gaussian, with a variance that is learned or given."""

from __future__ import annotations

from math import log, pi
from typing import Any, ClassVar, Self, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus.checks import is_number, plain
from isthmus.errors import IsthmusError
from isthmus.models.likelihoods.base import Likelihood
from isthmus.prepare import Support

_VARIANCES = ("code", "feature", "shared")


@final
class Gaussian(Likelihood):
    """``p(x|z) = N(μ(z), σ²)``.

    Parameters
    ----------
    variance : {"code", "feature", "shared"} or float, default="code"
        Where σ² comes from: "code", the decoder gives one for every feature from z; "feature",
        every feature has one of its own, learned; "shared", one is learned for all (the
        calibrated decoder of Rybkin et al., 2021); a number fixes it.

    References
    ----------
    Kingma & Welling (2014), Auto-encoding variational Bayes, appendix C.2; Rybkin, Daniilidis &
    Levine (2021), Simple and effective VAE training with calibrated decoders.
    """

    supports: ClassVar[tuple[Support, ...]] = ("binary", "unit", "real")

    variance: str | float = eqx.field(static=True, default="code", converter=plain)
    log_variance: Any = None

    def __check_init__(self) -> None:
        named = isinstance(self.variance, str) and self.variance in _VARIANCES
        if not named and not (is_number(self.variance) and self.variance > 0):
            raise IsthmusError(
                f"Gaussian(variance={self.variance!r}) is neither a positive number nor one of "
                f"{', '.join(map(repr, _VARIANCES))}: choose one of these."
            )

    def sized(self, n_features: int) -> Self:
        sizes = {"feature": n_features, "shared": 1}
        if self.variance not in sizes:
            return self
        # Without memory of its own: a model file may ask for any number of features.
        zeros = np.broadcast_to(np.float32(0), sizes[self.variance])
        return type(self)(self.variance, zeros)

    def n_parameters(self, n_features: int) -> int:
        return 2 * n_features if self.variance == "code" else n_features

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        log_variance = self._log_variance(parameters)
        squares = (x - self.mean(parameters)) ** 2 * jnp.exp(-log_variance)
        return -0.5 * jnp.sum(squares + log_variance + log(2 * pi), axis=-1)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return jnp.split(parameters, 2, axis=-1)[0] if self.variance == "code" else parameters

    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        return np.concatenate([mean, np.zeros_like(mean)]) if self.variance == "code" else mean

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        mean = self.mean(parameters)
        std = jnp.exp(0.5 * self._log_variance(parameters))
        return mean + std * jax.random.normal(key, mean.shape)

    def _log_variance(self, parameters: jax.Array) -> jax.Array:
        if self.variance == "code":
            raw = jnp.split(parameters, 2, axis=-1)[1]
        elif isinstance(self.variance, str):
            raw = self.log_variance
        else:
            return jnp.full((1,), log(self.variance))
        # A column that is reconstructed without error would ask for no variance at all.
        return jnp.clip(raw, -12.0, 12.0)
