"""Fully connected layers, the encoder mirrored by the decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import final

import numpy as np

from isthmus.checks import check_choice, check_flag, check_number
from isthmus.errors import IsthmusError
from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.architectures.base import Architecture
from isthmus.networks.architectures.hidden import check_hidden, funnel
from isthmus.networks.dense import Affine, DenseNetwork, affine_layers
from isthmus.networks.initialization import Initializer


@final
@dataclass(frozen=True)
class Dense(Architecture):
    """The design of a network of fully connected layers.

    Parameters
    ----------
    hidden : int, sequence of int or None
        Widths of the encoder's hidden layers, mirrored in the decoder; see `funnel`.
    activation : str
        A name in `ACTIVATIONS`.
    tied_weights : bool
        Let the decoder use the encoder's weights, transposed.
    code_activation : str
        A name in `ACTIVATIONS`, for the code.
    unit_norm_decoder : bool
        Let every unit of the code write into the decoder with weights of norm 1, and start
        encoder and decoder as each other's transposes (Gao et al., 2024).
    code_bias : float
        Where the biases of the code start.
    centred : bool
        Take the mean training row from every row before it is encoded.
    encoding_share : float
        Of what encoding teaches the weights of the code's layer, where they are tied, only this
        share counts beside what decoding does. With less they become more of a dictionary of what
        there is, and reconstruct worse, since they tell apart less well what is alike.
    """

    hidden: int | Sequence[int] | None = None
    activation: str = "silu"
    tied_weights: bool = False
    code_activation: str = "identity"
    unit_norm_decoder: bool = False
    code_bias: float = 0.0
    centred: bool = False
    encoding_share: float = 1.0

    def __post_init__(self) -> None:
        check_hidden(self)
        check_choice(self, "activation", ACTIVATIONS)
        check_flag(self, "tied_weights")
        check_choice(self, "code_activation", ACTIVATIONS)
        check_flag(self, "unit_norm_decoder")
        check_number(self, "code_bias")
        check_flag(self, "centred")
        check_number(self, "encoding_share", least=0, most=1)

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> DenseNetwork:
        n_features = prod(row_shape)
        widths = funnel(self.hidden, n_features, n_components)
        down = [n_features, *widths, n_code_parameters]
        up = [n_components, *reversed(widths), n_outputs]
        tied = self.tied_weights
        if tied and up != down[::-1]:
            raise IsthmusError(
                "tied_weights=True needs one output per feature and one number per component of "
                "the code; this likelihood or code asks for more: set tied_weights=False."
            )
        encoder = affine_layers(down, self.activation, initialize)
        if self.code_bias:
            code = Affine(encoder[-1].weight, np.full(n_code_parameters, self.code_bias, "float32"))
            encoder = (*encoder[:-1], code)
        decoder = affine_layers(up, self.activation, _no_weights if tied else initialize)
        if self.unit_norm_decoder and not tied:
            mirrored = encoder[-1].weight
            if isinstance(mirrored, np.ndarray) and mirrored.shape == decoder[0].weight.shape[::-1]:
                transposed = np.ascontiguousarray(mirrored.T)
                decoder = (Affine(transposed, decoder[0].bias), *decoder[1:])
        return DenseNetwork(
            encoder,
            decoder,
            self.activation,
            self.code_activation,
            self.unit_norm_decoder,
            np.zeros(n_features, np.float32) if self.centred else None,
            self.encoding_share if tied else 1.0,
        )


def _no_weights(n_inputs: int, n_outputs: int, activation: str) -> None:
    """Give no weights: those of the encoder are taken."""
