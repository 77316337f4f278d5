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

_VARIANCES = ("code", "faithful", "feature", "shared")
# A feature's variance is at most e⁶ times more or less than the shared one: in a column of repeated
# values it would shrink as far as it may.
_MOST_LOG_RATIO = 6.0


@final
class Gaussian(Likelihood):
    """``p(x|z) = N(μ(z), σ²)``.

    Parameters
    ----------
    variance : {"code", "faithful", "feature", "shared"} or float, default="code"
        Where σ² comes from: "code", the decoder gives one for every feature from z; "faithful",
        the same, but mean and code learn as if it were shared; "feature", every feature has one
        of its own, learned; "shared", one is learned for all (the calibrated decoder of Rybkin
        et al., 2021); a number fixes it.

    Notes
    -----
    A variance from z weighs the errors of the mean: columns of which little is left get all of the
    attention, and rows and columns that are hard to explain are given up. "faithful" learns one
    shared variance, by which mean and code are fitted, and beside it how many times more or less
    each value has; the gradient of that passes over the mean.

    References
    ----------
    Kingma & Welling (2014), Auto-encoding variational Bayes, appendix C.2; Rybkin, Daniilidis &
    Levine (2021), Simple and effective VAE training with calibrated decoders; Stirn et al. (2023),
    Faithful heteroscedastic regression with neural networks, equations 6 and 7.
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
        sizes = {"faithful": 1, "feature": n_features, "shared": 1}
        if self.variance not in sizes:
            return self
        # Without memory of its own: a model file may ask for any number of features.
        zeros = np.broadcast_to(np.float32(0), sizes[self.variance])
        return type(self)(self.variance, zeros)

    def n_parameters(self, n_features: int) -> int:
        return 2 * n_features if self._from_code else n_features

    def log_prob(self, parameters: jax.Array, x: jax.Array) -> jax.Array:
        squares, log_variance = (x - self.mean(parameters)) ** 2, self._log_variance(parameters)
        if self.variance != "faithful":
            return _log_density(squares, log_variance)
        stop = jax.lax.stop_gradient
        shared = jnp.clip(self.log_variance, -12.0, 12.0)
        fitted = _log_density(squares, shared)
        own = _log_density(stop(squares), log_variance - shared + stop(shared))
        # The value is the density's own, to which this adds a gradient and nothing else, also where
        # a row lies so far away that both are infinite.
        return own + jnp.where(jnp.isfinite(fitted), fitted - stop(fitted), 0.0)

    def mean(self, parameters: jax.Array) -> jax.Array:
        return jnp.split(parameters, 2, axis=-1)[0] if self._from_code else parameters

    def parameters_at(self, mean: np.ndarray) -> np.ndarray:
        return np.concatenate([mean, np.zeros_like(mean)]) if self._from_code else mean

    def starting_at(self, variance: float) -> Self:
        if self.log_variance is None:
            return self
        start = np.full(np.shape(self.log_variance), log(variance), np.float32)
        return type(self)(self.variance, start)

    def sample(self, parameters: jax.Array, key: jax.Array) -> jax.Array:
        mean = self.mean(parameters)
        std = jnp.exp(0.5 * self._log_variance(parameters))
        return mean + std * jax.random.normal(key, mean.shape)

    @property
    def _from_code(self) -> bool:
        return self.variance in ("code", "faithful")

    def _log_variance(self, parameters: jax.Array) -> jax.Array:
        if self.variance == "code":
            raw = jnp.split(parameters, 2, axis=-1)[1]
        elif self.variance == "faithful":
            ratio = _MOST_LOG_RATIO * jnp.tanh(
                jnp.split(parameters, 2, axis=-1)[1] / _MOST_LOG_RATIO
            )
            return jnp.clip(self.log_variance, -12.0, 12.0) + ratio
        elif isinstance(self.variance, str):
            raw = self.log_variance
        else:
            return jnp.full((1,), log(self.variance))
        # A column that is reconstructed without error would ask for no variance at all.
        return jnp.clip(raw, -12.0, 12.0)


def _log_density(squares: jax.Array, log_variance: jax.Array) -> jax.Array:
    """Give each row's logarithm of the normal density, from squared errors: ``(batch,)``."""
    return -0.5 * jnp.sum(squares * jnp.exp(-log_variance) + log_variance + log(2 * pi), axis=-1)
