"""What every architecture offers."""

from __future__ import annotations

from abc import abstractmethod

from isthmus.family import Family
from isthmus.networks.base import Network
from isthmus.networks.initialization import Initializer


class Architecture(Family):
    """A network's design, from which it is built once the sizes are known."""

    @abstractmethod
    def build(
        self,
        row_shape: tuple[int, ...],
        n_components: int,
        n_code_parameters: int,
        n_outputs: int,
        initialize: Initializer,
    ) -> Network:
        """Build the network.

        Parameters
        ----------
        row_shape : tuple of int
            Shape of one row of the data.
        n_components : int
            Size of the code that the decoder takes.
        n_code_parameters : int
            Numbers that the encoder gives for one code.
        n_outputs : int
            Numbers that the decoder gives for one row.
        initialize : callable
            Gives the weights of a layer from its numbers of inputs and outputs.
        """
