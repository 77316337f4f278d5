"""What the units of a network look for and what they draw."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from isthmus.networks import DenseNetwork
from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import draw_tiles
from isthmus.training import decode_rows

_MOST_FEATURES, _COLUMNS = 60, 15


def has_first_layer(comparison: Comparison) -> bool:
    """Tell whether the first layer's weights can be seen as images."""
    return isinstance(comparison.estimator.model_.network, DenseNetwork)


def draw_first_layer(comparison: Comparison) -> Figure:
    """Draw the weights of the units of the first layer, the longest ones first."""
    weight = np.asarray(comparison.estimator.model_.network.encoder[0].weight)  # (features, units)
    return _draw(weight.T, comparison)


def draw_decoder(comparison: Comparison) -> Figure:
    """Draw what each unit of the code adds to the picture: ``decode(unit) − decode(0)``."""
    codes = comparison.codes
    size = codes.std(axis=0) + codes.mean(axis=0) * (codes.min(axis=0) >= 0)
    steps = np.diag(np.where(size > 0, size, 1.0)).astype(np.float32)
    origin = np.zeros((1, codes.shape[1]), np.float32)
    decoded = decode_rows(comparison.estimator.model_, np.concatenate([origin, steps]))
    return _draw(decoded[1:] - decoded[0], comparison)


def _draw(features: np.ndarray, comparison: Comparison) -> Figure:
    """Draw ``(units, features)``, each unit on a scale of its own around zero."""
    strongest = np.argsort(-np.linalg.norm(features, axis=1), kind="stable")[:_MOST_FEATURES]
    features = features[strongest]
    scale = np.abs(features).max(axis=1, keepdims=True)
    tiles = features / np.where(scale > 0, scale, 1.0)
    images = tiles.reshape(-1, *comparison.known_image_shape)
    return draw_tiles(images, min(_COLUMNS, len(images)), low=-1, high=1)
