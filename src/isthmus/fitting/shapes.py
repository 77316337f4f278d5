"""What a row looks like: a picture, a signal, or the columns of a table."""

from __future__ import annotations

from math import prod

from isthmus.networks import Network
from isthmus.networks.convolutional import ConvolutionalNetwork

# More numbers without names are better seen as a line than as that many bars or cells.
MOST_UNNAMED_COLUMNS = 32


def image_shape(row_shape: tuple[int, ...], network: Network) -> tuple[int, ...] | None:
    """Give the shape of a row if it is a picture, else None."""
    if _slides_along_a_line(network):
        return None
    if len(row_shape) == 2 and min(row_shape) > 1:
        return row_shape
    return row_shape if len(row_shape) == 3 and row_shape[-1] in {1, 3, 4} else None


def signal_shape(row_shape: tuple[int, ...], network: Network) -> tuple[int, int] | None:
    """Give length and channels of a row, no picture and without names, if it is a signal."""
    if isinstance(network, ConvolutionalNetwork) and _slides_along_a_line(network):
        return network.sizes[0][0], network.channels[0]
    n_features = prod(row_shape)
    return (n_features, 1) if n_features > MOST_UNNAMED_COLUMNS else None


def _slides_along_a_line(network: Network) -> bool:
    return isinstance(network, ConvolutionalNetwork) and network.sizes[0][1] == 1
