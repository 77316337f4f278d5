"""What every network offers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import equinox as eqx
import jax
import numpy as np

Disturbance: TypeAlias = Callable[[int, jax.Array], jax.Array]
"""Changes what a hidden layer, counted from 0, gives: ``(batch, …) -> (batch, …)``."""


def undisturbed(layer: int, x: jax.Array) -> jax.Array:
    """Leave every layer as it is."""
    return x


class Network(eqx.Module):
    """An encoder and a decoder, over batches of flattened rows."""

    if TYPE_CHECKING:  # Equinox would ask for fields, which a network around another has not.
        encoder: Any = eqx.field(init=False)
        decoder: Any = eqx.field(init=False)

    @property
    def n_layers(self) -> int:
        """Layers of the encoder, the code's included."""
        return len(self.encoder)

    @abstractmethod
    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        """Give what the encoder's first layers make of rows: ``(batch, features) -> (batch, …)``.

        `disturb` is asked after every hidden layer, but not after the code.
        """

    def encode(self, x: jax.Array) -> jax.Array:
        """Give the parameters of the code: ``(batch, features) -> (batch, code parameters)``."""
        return self.activations(x, self.n_layers)

    @abstractmethod
    def decode(self, z: jax.Array) -> jax.Array:
        """Give the likelihood's parameters: ``(batch, components) -> (batch, outputs)``."""

    @property
    def without_shortcuts(self) -> Network:
        """The network inside that shortcuts lead around; itself where there are none."""
        return self

    def without_decoder(self) -> Self:
        """Drop what encoding does not need."""
        return replace(self, decoder=())


class LayeredNetwork(Network):
    """A network whose layers can learn one after the other, each on the codes below it."""

    @property
    @abstractmethod
    def hidden_activation(self) -> str:
        """The activation between the layers, a name in `ACTIVATIONS`."""

    @abstractmethod
    def single_layers(self) -> tuple[Network, ...]:
        """Give each layer, from the data up, as a network of its own.

        Its decoder has the transposed weights and gives the layer's inputs before their
        activation.
        """

    @abstractmethod
    def unrolled(self, layers: Sequence[Network]) -> Self:
        """Give the network made of such layers: first they encode, then they decode.

        The decoder's weights start as the transposes of the encoder's.

        References
        ----------
        Hinton & Salakhutdinov (2006), Reducing the dimensionality of data with neural networks,
        figure 1.
        """

    def silenced(self) -> Self:
        """Give the network with weights and biases of 0 where code and output are made.

        Tied weights of the code's layer are those of the decoder's first one, from which the others
        then get nothing.
        """
        return replace(self, encoder=_silent(self.encoder), decoder=_silent(self.decoder))


class AroundLayers(LayeredNetwork):
    """A network around the layers of another one, which do most of the work.

    Parameters
    ----------
    layers : LayeredNetwork
        The layers.
    """

    layers: LayeredNetwork

    @property
    def encoder(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.layers.encoder

    @property
    def decoder(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.layers.decoder

    @property
    def hidden_activation(self) -> str:
        return self.layers.hidden_activation

    def silenced(self) -> Self:
        return replace(self, layers=self.layers.silenced())


def _silent(layers: Sequence[Any]) -> tuple[Any, ...]:
    """Give the same layers with zeros in the last one."""
    *others, last = layers
    return (*others, jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), last))
