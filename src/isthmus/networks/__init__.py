"""Encoder and decoder pairs, and the architectures that they are built from."""

from isthmus.networks import architectures
from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.architectures import *
from isthmus.networks.base import Disturbance, LayeredNetwork, Network, undisturbed
from isthmus.networks.dense import Affine, DenseNetwork
from isthmus.networks.initialization import Initializer, glorot_uniform, shapes_for
from isthmus.networks.landmarks import LandmarkNetwork
from isthmus.networks.precision import PRECISIONS, products_in
from isthmus.networks.residual_table import ResidualTableNetwork
from isthmus.networks.shortcut import ShortcutNetwork
from isthmus.networks.table import TableNetwork

__all__ = [
    "ACTIVATIONS",
    "PRECISIONS",
    "Affine",
    "DenseNetwork",
    "Disturbance",
    "Initializer",
    "LandmarkNetwork",
    "LayeredNetwork",
    "Network",
    "ResidualTableNetwork",
    "ShortcutNetwork",
    "TableNetwork",
    "glorot_uniform",
    "products_in",
    "shapes_for",
    "undisturbed",
]
__all__ += architectures.__all__
