"""AdamW with a warm-up and a cosine."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from isthmus.training.layout import Parameters

SCHEDULES = ("cosine", "constant")
"""How the learning rate may go."""

_ADAM = optax.scale_by_adam(b1=0.9, b2=0.999, eps=1e-8)


class Schedule(NamedTuple):
    """The learning rate over the updates: a linear warm-up, then half a cosine down to nothing.

    Its numbers are arguments of the compiled program, so changing them compiles nothing.

    References
    ----------
    Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, eq. 5.
    """

    peak: float
    n_warmup: float
    n_updates: float

    def rate(self, update: Any, numpy: Any = jnp) -> Any:
        """Give the learning rate of an update, counted from zero.

        Outside of compiled programs NumPy itself is a hundred times quicker than JAX's.
        """
        warmup = numpy.minimum(1.0, (update + 1) / numpy.maximum(self.n_warmup, 1.0))
        share = (update - self.n_warmup) / numpy.maximum(self.n_updates - self.n_warmup, 1.0)
        return self.peak * warmup * 0.5 * (1 + numpy.cos(numpy.pi * numpy.clip(share, 0.0, 1.0)))


def initial_optimizer_state(parameters: Parameters) -> optax.OptState:
    """Give Adam's moments before the first update."""
    # Zeros of NumPy's, put on the device: making them there would compile a program.
    shapes = jax.eval_shape(_ADAM.init, parameters)
    return jax.tree.map(lambda leaf: jax.device_put(np.zeros(leaf.shape, leaf.dtype)), shapes)


def update(
    parameters: Parameters,
    gradient: Parameters,
    state: optax.OptState,
    rate: jax.Array,
    decay: Parameters,
    relative_rates: Parameters,
) -> tuple[Parameters, optax.OptState]:
    """Take one step of AdamW.

    `decay` gives each parameter's weight decay, and `relative_rates` multiplies its rate; both
    hold, for each array of parameters, an array of the same shape or a scalar.

    References
    ----------
    Kingma & Ba (2015), Adam; Loshchilov & Hutter (2019), Decoupled weight decay, algorithm 2.
    """
    directions, state = _ADAM.update(gradient, state)

    def step(array: Any, direction: Any, decay: Any, relative_rate: Any) -> Any:
        return array - rate * relative_rate * (direction + decay * array)

    return jax.tree.map(step, parameters, directions, decay, relative_rates), state
