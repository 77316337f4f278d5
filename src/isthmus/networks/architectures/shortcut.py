"""A linear way beside the layers of another design."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import final

import numpy as np

from isthmus.errors import IsthmusError
from isthmus.networks.architectures.base import Architecture
from isthmus.networks.architectures.convolutional import Convolutional
from isthmus.networks.architectures.dense import Dense
from isthmus.networks.base import LayeredNetwork
from isthmus.networks.dense import Affine
from isthmus.networks.initialization import Initializer
from isthmus.networks.shortcut import ShortcutNetwork

_NOT_ZERO_AT_ZERO = {"sigmoid", "softplus"}


@final
@dataclass(frozen=True)
class Shortcut(Architecture, part_listed=False):
    """The design of a network with linear shortcuts around its layers, in both directions.

    Training starts where the shortcuts are principal component analysis and the layers give
    nothing, so that the layers learn what principal components leave.

    Parameters
    ----------
    layers : Architecture
        The design of the layers, such as ``Dense()`` or ``Convolutional()``.

    References
    ----------
    He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, equation 2.
    """

    layers: Architecture

    def __post_init__(self) -> None:
        if not can_lead_around(self.layers):
            raise IsthmusError(
                f"shortcuts cannot lead around {self.layers!r}: they need hidden layers, a linear "
                "code, and with tied weights an activation that is 0 at 0, which sigmoid and "
                "softplus are not."
            )

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> ShortcutNetwork:
        layers = self.layers.build(
            row_shape, n_components, n_code_parameters, n_outputs, initialize
        )
        assert isinstance(layers, LayeredNetwork)
        # Where they come from a file, these have shapes only, as all else.
        sizes = ((prod(row_shape), n_code_parameters), (n_components, n_outputs))
        down, up = (
            Affine(initialize(*size, "identity"), np.zeros(size[1], np.float32)) for size in sizes
        )
        return ShortcutNetwork(layers, (down, up))


def can_lead_around(layers: Architecture) -> bool:
    """Tell whether a linear map beside these layers can be all that the network does at first."""
    if not isinstance(layers, Dense | Convolutional) or layers.code_activation != "identity":
        return False
    if isinstance(layers, Convolutional):
        return True
    plain = not layers.tied_weights or layers.activation not in _NOT_ZERO_AT_ZERO
    return plain and not layers.unit_norm_decoder and layers.hidden != ()
