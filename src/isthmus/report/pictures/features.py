"""What the units of a network look for and what they draw."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from isthmus.models import Model
from isthmus.networks import DenseNetwork
from isthmus.networks.convolutional import ConvolutionalNetwork
from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import abreast, draw_tiles
from isthmus.report.pictures.lines import draw_line_tiles
from isthmus.report.pictures.tables import draw_heat_map
from isthmus.training import over_rows

_MOST_FEATURES, _COLUMNS = 60, 15


def has_first_layer(comparison: Comparison) -> bool:
    """Tell whether the first layer's weights can be seen as the rows are."""
    network = comparison.estimator.model_.network.without_shortcuts
    if isinstance(network, ConvolutionalNetwork):
        # A kernel slides over a table's columns and belongs to none of them.
        return bool(comparison.image_shape or comparison.signal_shape)
    return isinstance(network, DenseNetwork)


def draw_first_layer(comparison: Comparison) -> Figure:
    """Draw the weights of the units of the first layer, or its kernels, the longest ones first."""
    network = comparison.estimator.model_.network.without_shortcuts
    weights = np.asarray(network.encoder[0].weight).T  # (units, features or kernel)
    if not isinstance(network, ConvolutionalNetwork):
        return _draw(weights, comparison)
    weights = _strongest(weights)
    if comparison.signal_shape:
        return _draw_lines(weights, network.channels[0])
    return _draw_images(weights, (*network.kernel, network.channels[0]))


def draw_decoder(comparison: Comparison) -> Figure:
    """Draw what each unit of the code adds to a row: ``decode(unit) − decode(0)``."""
    codes = comparison.codes
    size = codes.std(axis=0) + codes.mean(axis=0) * (codes.min(axis=0) >= 0)
    steps = np.diag(np.where(size > 0, size, 1.0)).astype(np.float32)
    origin = np.zeros((1, codes.shape[1]), np.float32)
    decoded = over_rows(Model.decode, comparison.estimator.model_, np.concatenate([origin, steps]))
    return _draw(decoded[1:] - decoded[0], comparison)


def _draw(features: np.ndarray, comparison: Comparison) -> Figure:
    """Draw ``(units, features)`` as the rows look."""
    if comparison.image_shape:
        return _draw_images(_strongest(features), comparison.image_shape)
    if comparison.signal_shape:
        return _draw_lines(_strongest(features), comparison.signal_shape[1])
    return draw_heat_map(features, comparison.columns)


def _strongest(features: np.ndarray) -> np.ndarray:
    order = np.argsort(-np.linalg.norm(features, axis=1), kind="stable")
    return features[order[:_MOST_FEATURES]]


def _draw_images(features: np.ndarray, shape: tuple[int, ...]) -> Figure:
    images = _scaled(features).reshape(-1, *shape)
    # A fourth channel is how opaque a place is, which weights are not.
    images = images[..., :3] if len(shape) == 3 else images
    return draw_tiles(images, abreast(len(images), _COLUMNS), low=-1, high=1)


def _draw_lines(features: np.ndarray, n_channels: int) -> Figure:
    signals = _scaled(features).reshape(len(features), -1, n_channels)
    return draw_line_tiles(signals, abreast(len(signals), _COLUMNS), low=-1, high=1)


def _scaled(features: np.ndarray) -> np.ndarray:
    """Bring each unit to a scale of its own around zero."""
    scale = np.abs(features).max(axis=1, keepdims=True)
    return features / np.where(scale > 0, scale, 1.0)
