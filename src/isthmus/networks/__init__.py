"""Encoder and decoder pairs."""

from isthmus.networks.activations import ACTIVATIONS
from isthmus.networks.base import Architecture, Disturbance, LayeredNetwork, Network, undisturbed
from isthmus.networks.convolutional import Convolutional
from isthmus.networks.dense import Affine, Dense, DenseNetwork, funnel
from isthmus.networks.initialization import Initializer, glorot_uniform, shapes_only
from isthmus.networks.linear import Linear
from isthmus.networks.precision import PRECISIONS, products_in

ARCHITECTURES: dict[str, type[Architecture]] = {
    "convolutional": Convolutional,
    "dense": Dense,
    "linear": Linear,
}

__all__ = [
    "ACTIVATIONS",
    "ARCHITECTURES",
    "PRECISIONS",
    "Affine",
    "Architecture",
    "Convolutional",
    "Dense",
    "DenseNetwork",
    "Disturbance",
    "Initializer",
    "LayeredNetwork",
    "Linear",
    "Network",
    "funnel",
    "glorot_uniform",
    "products_in",
    "shapes_only",
    "undisturbed",
]
