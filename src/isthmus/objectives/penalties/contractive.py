"""The contractive penalty: how much the code moves when the input does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import jax
import jax.numpy as jnp

from isthmus.checks import check_number
from isthmus.models.codes import Deterministic
from isthmus.models.model import Model
from isthmus.networks import ACTIVATIONS, DenseNetwork
from isthmus.objectives.penalties.base import EncodedMinibatch, Penalty


@final
@dataclass(frozen=True)
class Contractive(Penalty):
    """``strength · ‖J‖²``, the squared Frobenius norm of the encoder's Jacobian, row by row.

    One layer has it in closed form, ``Σⱼ f'(aⱼ)² Σᵢ Wᵢⱼ²``. For deeper encoders
    ``E ‖vᵀJ‖²`` with random signs v is the same number, estimated without bias by one draw a
    row.

    Parameters
    ----------
    strength : float
        Weight of the penalty in the mean loss per row.

    References
    ----------
    Rifai et al. (2011), Contractive auto-encoders, equations 1 and 9; Hutchinson (1990).
    """

    strength: float

    def __post_init__(self) -> None:
        check_number(self, "strength", least=0)

    def __call__(self, model: Model, batch: EncodedMinibatch) -> jax.Array:
        network = model.network
        if (
            isinstance(network, DenseNetwork)
            and len(network.encoder) == 1
            and isinstance(model.code, Deterministic)
        ):
            norms = exact_squared_norms(network, batch.encoded)
        else:
            norms = estimated_squared_norms(model, batch.encoded, batch.key)
        return self.strength * batch.mean(norms)


def exact_squared_norms(network: DenseNetwork, x: jax.Array) -> jax.Array:
    """Give ‖J‖² of a one-layer encoder: ``(batch, features) -> (batch,)``."""
    layer = network.encoder[0]
    sums = layer(network.centre_rows(x))  # (batch, units)
    _, slopes = jax.jvp(ACTIVATIONS[network.code_activation], (sums,), (jnp.ones_like(sums),))
    return slopes**2 @ jnp.sum(layer.weight**2, axis=0)


def estimated_squared_norms(model: Model, x: jax.Array, key: jax.Array) -> jax.Array:
    """Estimate ‖J‖² of any encoder, without bias: ``(batch, features) -> (batch,)``."""
    z, pull_back = jax.vjp(model.encode, x)
    signs = jax.random.rademacher(key, z.shape, z.dtype)
    (projected,) = pull_back(signs)  # vᵀJ, (batch, features)
    return jnp.sum(projected**2, axis=-1)
