"""A likelihood made of likelihoods, one for each half of the columns."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus import Likelihood


class ToyMixed(Likelihood):
    """The first columns have one likelihood, the others another; both may learn."""

    supports: ClassVar[tuple] = ("binary", "unit", "real")

    first: Likelihood
    second: Likelihood
    n_first: int = eqx.field(static=True)

    def sized(self, n_features):
        second = self.second.sized(n_features - self.n_first)
        return ToyMixed(self.first.sized(self.n_first), second, self.n_first)

    def n_parameters(self, n_features):
        n_second = n_features - self.n_first
        return self.first.n_parameters(self.n_first) + self.second.n_parameters(n_second)

    def log_prob(self, parameters, x):
        first, second = self._split(parameters)
        of_first = self.first.log_prob(first, x[..., : self.n_first])
        return of_first + self.second.log_prob(second, x[..., self.n_first :])

    def mean(self, parameters):
        first, second = self._split(parameters)
        return jnp.concatenate([self.first.mean(first), self.second.mean(second)], axis=-1)

    def parameters_at(self, mean):
        first, second = mean[: self.n_first], mean[self.n_first :]
        return np.concatenate([self.first.parameters_at(first), self.second.parameters_at(second)])

    def sample(self, parameters, key):
        first, second = self._split(parameters)
        keys = jax.random.split(key)
        drawn = [self.first.sample(first, keys[0]), self.second.sample(second, keys[1])]
        return jnp.concatenate(drawn, axis=-1)

    def _split(self, parameters):
        return jnp.split(parameters, [self.first.n_parameters(self.n_first)], axis=-1)
