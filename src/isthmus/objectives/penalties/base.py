"""What every penalty offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

import jax

from isthmus.objectives.model import Model


class Penalty(ABC):
    """A term of the loss that looks at the model and a whole batch."""

    @abstractmethod
    def __call__(self, model: Model, x: jax.Array, code_parameters: jax.Array) -> jax.Array:
        """Give the penalty, a scalar, weight included.

        Parameters
        ----------
        model : Model
            The model being trained.
        x : array, shape (batch, features)
            What the encoder was given.
        code_parameters : array, shape (batch, code parameters)
            What the encoder made of it.
        """
