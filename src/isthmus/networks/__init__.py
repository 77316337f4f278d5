"""Encoder and decoder pairs."""

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import Architecture, Network
from isthmus.networks.convolutional import Convolutional
from isthmus.networks.dense import Dense, DenseNetwork, funnel
from isthmus.networks.initialization import Initializer, glorot_uniform, shapes_only
from isthmus.networks.linear import Linear

ARCHITECTURES: dict[str, type[Architecture]] = {
    "convolutional": Convolutional,
    "dense": Dense,
    "linear": Linear,
}

__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "Architecture",
    "Convolutional",
    "Dense",
    "DenseNetwork",
    "Initializer",
    "Linear",
    "Network",
    "funnel",
    "glorot_uniform",
    "shapes_only",
]
