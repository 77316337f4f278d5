"""Layers of one width for rows whose gaps are to be filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from isthmus.networks.architectures.base import Architecture
from isthmus.networks.dense import Affine, affine_layers
from isthmus.networks.initialization import Initializer
from isthmus.networks.residual_table import ResidualTableNetwork

N_KNOTS = 64
"""Values of each number whose ranks are kept."""

_N_LAYERS = 3


@final
@dataclass(frozen=True)
class ResidualTable(Architecture, part_listed=False):
    """The design of a network that tells missing values from the others.

    Its code is as wide as its layers, which leaves no bottleneck.

    Parameters
    ----------
    numbers : int
        Features that are numbers; they come first.
    told : tuple of int
        Features of whose gaps the layers are told.
    """

    numbers: int
    told: tuple[int, ...]

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> ResidualTableNetwork:
        (n_features,) = row_shape
        n_inputs = n_features + self.numbers + len(self.told)
        widths = [n_inputs, *[n_code_parameters] * _N_LAYERS]
        layers = affine_layers(widths, "silu", initialize)
        output = Affine(initialize(n_components, n_outputs, "silu"), np.zeros(n_outputs, "float32"))
        ranks = np.zeros(self.numbers * N_KNOTS, np.float32)
        return ResidualTableNetwork(layers, (output,), ranks, ranks, self.told, self.numbers)
