"""An encoder that chooses among landmarks, and a decoder that starts from them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import final

import numpy as np

from isthmus.networks.architectures.base import Architecture
from isthmus.networks.dense import Affine, affine_layers
from isthmus.networks.initialization import Initializer
from isthmus.networks.landmarks import LandmarkNetwork, Normalization


@final
@dataclass(frozen=True)
class Landmarks(Architecture, part_listed=False):
    """The design of a network that knows its code by landmarks.

    Parameters
    ----------
    n_landmarks : int
        How many landmarks there are.
    n_compared : int
        Principal components in which rows are compared with those of each landmark.
    hidden : tuple of int
        Widths of the encoder's hidden layers.
    decoder_hidden : tuple of int
        Widths of the decoder's, from the landmarks on.
    told : tuple of int
        Features of whose gaps the encoder is told.
    activation : str
        A name in `ACTIVATIONS`.
    """

    n_landmarks: int
    n_compared: int
    hidden: tuple[int, ...]
    decoder_hidden: tuple[int, ...]
    told: tuple[int, ...] = ()
    activation: str = "gelu"

    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> LandmarkNetwork:
        n_features = prod(row_shape)
        down = [n_features + len(self.told), *self.hidden, self.n_landmarks]
        up = [self.n_landmarks, *self.decoder_hidden, n_outputs]
        normalizations = [
            Normalization(np.ones(width, np.float32), np.zeros(width, np.float32))
            for width in self.hidden
        ]
        nothing = [np.zeros(size, np.float32) for size in (self.n_compared, self.n_landmarks)]
        return LandmarkNetwork(
            encoder=affine_layers(down, self.activation, initialize),
            normalizations=tuple(normalizations),
            comparison=(
                Affine(initialize(n_features, self.n_compared, "identity"), nothing[0]),
                Affine(initialize(self.n_compared, self.n_landmarks, "identity"), nothing[1]),
            ),
            decoder=affine_layers(up, self.activation, initialize),
            landmarks=initialize(self.n_landmarks, n_components, "identity"),
            sharpness=np.ones(1, np.float32),
            activation=self.activation,
            told=self.told,
        )
