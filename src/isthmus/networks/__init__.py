"""Encoder and decoder pairs."""

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import Architecture, Network
from isthmus.networks.dense import Dense, DenseNetwork, funnel
from isthmus.networks.initialization import Initializer, glorot_uniform, shapes_only
from isthmus.networks.linear import Linear

__all__ = [
    "ACTIVATIONS",
    "Architecture",
    "Dense",
    "DenseNetwork",
    "Initializer",
    "Linear",
    "Network",
    "funnel",
    "glorot_uniform",
    "shapes_only",
]
