"""The two compiled programs of training: many updates in one call, and held-out losses."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.sharding import NamedSharding

from isthmus.networks import products_in
from isthmus.objectives import Loss, Minibatch
from isthmus.prepare import as_float
from isthmus.training.compiler import OF_LOOPS, OPTIONS
from isthmus.training.devices import PlacedBlock
from isthmus.training.layout import Layout, Parameters
from isthmus.training.optimizer import Schedule, initial_optimizer_state, update


class Carry(NamedTuple):
    """What goes from one update to the next."""

    parameters: Parameters
    optimizer: optax.OptState
    n_updates: jax.Array
    loss_sum: jax.Array  # and its terms, over the rows seen since it was last set to zero
    loss_state: Any = None


def initial_carry(parameters: Parameters, loss_state: Any = None, n_terms: int = 0) -> Carry:
    """Give the state before the first update, of a loss with so many terms."""
    nothing = np.zeros((1 + n_terms,) if n_terms else (), np.float32)
    n_updates, loss_sum = jax.device_put((np.zeros((), np.int32), nothing))
    return Carry(parameters, initial_optimizer_state(parameters), n_updates, loss_sum, loss_state)


def _minibatch(block: PlacedBlock, step: jax.Array) -> Minibatch:
    def take(array: jax.Array) -> jax.Array:
        if block.positions is None:
            return lax.dynamic_index_in_dim(array, step, keepdims=False)
        positions = lax.dynamic_index_in_dim(block.positions, step, keepdims=False)
        return array.at[positions].get(mode="fill", fill_value=0)

    x = as_float(take(block.rows))
    targets = None if block.targets is None else take(block.targets)
    if block.weights is not None:
        weights = lax.dynamic_index_in_dim(block.weights, step, keepdims=False)
        return Minibatch(x, weights, targets)
    _, batch_size = block.shape
    counts = step * batch_size + jnp.arange(batch_size) < block.n_rows
    return Minibatch(x, counts.astype(jnp.float32), targets)


@partial(
    jax.jit,
    static_argnames=("layout", "objective", "precision", "replicated"),
    donate_argnames="carry",
    compiler_options=OF_LOOPS,
)
def advance(
    carry: Carry,
    block: PlacedBlock,
    start: jax.Array,
    stop: jax.Array,
    schedule: Schedule,
    weight_decay: jax.Array,
    relative_rates: Parameters,
    key: jax.Array,
    *,
    layout: Layout,
    objective: Loss[Any],
    precision: str = "float32",
    replicated: NamedSharding | None = None,
) -> Carry:
    """Update the parameters with minibatches `start` to `stop` of a block.

    The result does not depend on how a block is cut into calls: keys and learning rates come
    from the number of the update. Where rows are spread over several devices, `replicated` says
    that the carry is not.
    """
    # All at once before the loop: each scalar of its own in a step costs time there, for XLA then
    # starts to share the step's short operations between threads.
    rates = schedule.rate(carry.n_updates + jnp.arange(block.shape[0]) - start)
    decay = tuple(weight_decay * decays for decays in layout.decays)

    def step(i: jax.Array, carry: Carry) -> Carry:
        batch = _minibatch(block, i)
        # Derivatives with respect to slices of the vector would each be a vector of full length.
        model = layout.unflatten(carry.parameters)
        step_key: Any = None
        if objective.draws(model):
            step_key = jax.random.fold_in(key, carry.n_updates)

        def loss(model: Any) -> tuple[jax.Array, Any]:
            with products_in(precision):
                values, loss_state = objective.update_loss(
                    model, batch, step_key, carry.n_updates, carry.loss_state
                )
            return objective.without_terms(values), (values, loss_state)

        (_, (values, loss_state)), gradient = jax.value_and_grad(loss, has_aux=True)(model)
        rate = lax.dynamic_index_in_dim(rates, i, keepdims=False)
        parameters, optimizer = update(
            carry.parameters,
            layout.concatenate(gradient),
            carry.optimizer,
            rate,
            decay,
            relative_rates,
        )
        loss_sum = carry.loss_sum + values * jnp.sum(batch.weights)
        carry = Carry(parameters, optimizer, carry.n_updates + 1, loss_sum, loss_state)
        return carry if replicated is None else lax.with_sharding_constraint(carry, replicated)

    return lax.fori_loop(start, stop, step, carry)


@partial(jax.jit, static_argnames=("layout", "objective", "replicated"), compiler_options=OPTIONS)
def held_out_losses(
    parameters: Parameters,
    block: PlacedBlock,
    key: jax.Array,
    *,
    layout: Layout,
    objective: Loss[Any],
    replicated: NamedSharding | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Give the losses of a block's rows and their terms, penalties left out, and what counts.

    They are ``(steps, batch, …)`` and ``(steps, batch)``, the latter 0 for rows that do not.
    """
    model = layout.unflatten(parameters)

    # Traced once, for its shape and for the loop.
    @partial(jax.jit, inline=True)
    def losses_of(i: jax.Array) -> tuple[jax.Array, jax.Array]:
        batch = _minibatch(block, i)
        step_key: Any = jax.random.fold_in(key, i) if objective.draws(model) else None
        return objective.held_out_losses(model, batch, step_key), batch.weights

    def step(i: jax.Array, found: Any) -> Any:
        return jax.tree.map(lambda all_, new: all_.at[i].set(new), found, losses_of(i))

    shapes = jax.eval_shape(losses_of, jnp.zeros((), jnp.int32))
    nothing = jax.tree.map(lambda of: jnp.zeros((block.shape[0], *of.shape), of.dtype), shapes)
    found = lax.fori_loop(0, block.n_steps, step, nothing)
    return found if replicated is None else lax.with_sharding_constraint(found, replicated)
