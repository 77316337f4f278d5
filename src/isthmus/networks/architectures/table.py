"""Layers for rows with gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from isthmus.errors import IsthmusError
from isthmus.networks.architectures.base import Architecture
from isthmus.networks.architectures.dense import Dense
from isthmus.networks.base import LayeredNetwork
from isthmus.networks.initialization import Initializer
from isthmus.networks.table import TableNetwork


@final
@dataclass(frozen=True)
class Table(Architecture, part_listed=False):
    """The design of a network that fills the gaps of a row, and is told of them.

    Parameters
    ----------
    layers : Architecture
        The design of the layers, ``Dense()``.
    told : tuple of int
        Features of whose gaps the layers are told.
    """

    layers: Architecture
    told: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.layers, Dense):
            raise IsthmusError(
                f"{self.layers!r} cannot take tables with categories or gaps: "
                "use a Dense network without shortcuts for these."
            )

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> TableNetwork:
        (n_features,) = row_shape
        inputs = (n_features + len(self.told),)
        layers = self.layers.build(inputs, n_components, n_code_parameters, n_outputs, initialize)
        assert isinstance(layers, LayeredNetwork)
        return TableNetwork(layers, self.told)
