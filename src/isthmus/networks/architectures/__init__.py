"""The designs of networks, from which they are built once the sizes are known."""

from isthmus.networks.architectures.base import Architecture
from isthmus.networks.architectures.convolutional import Convolutional
from isthmus.networks.architectures.dense import Dense
from isthmus.networks.architectures.linear import Linear
from isthmus.networks.architectures.shortcut import Shortcut

__all__ = ["Architecture", "Convolutional", "Dense", "Linear", "Shortcut"]
