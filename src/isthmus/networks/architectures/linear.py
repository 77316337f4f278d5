"""One linear map to the code and one back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from isthmus.checks import check_flag
from isthmus.networks.architectures.base import Architecture
from isthmus.networks.architectures.dense import Dense
from isthmus.networks.dense import DenseNetwork
from isthmus.networks.initialization import Initializer


@final
@dataclass(frozen=True)
class Linear(Architecture):
    """The design of a linear autoencoder: a dense network without hidden layers.

    Parameters
    ----------
    tied_weights : bool
        Let the decoder use the encoder's weights, transposed.
    """

    tied_weights: bool = False

    def __post_init__(self) -> None:
        check_flag(self, "tied_weights")

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> DenseNetwork:
        design = Dense(hidden=(), activation="identity", tied_weights=self.tied_weights)
        return design.build(row_shape, n_components, n_code_parameters, n_outputs, initialize)
