import numpy as np
import pytest

from isthmus.fitting.shapes import image_shape, signal_shape
from isthmus.networks import Convolutional, Dense, glorot_uniform

SIGNAL = Convolutional(channels=(2,), signal=True)
IMAGE = Convolutional(channels=(2,))
DENSE = Dense(hidden=())
CASES = [
    (DENSE, (8, 9), (8, 9), None),
    (DENSE, (8, 9, 3), (8, 9, 3), None),
    (DENSE, (6,), None, None),
    (DENSE, (100,), None, (100, 1)),
    (DENSE, (100, 1), None, (100, 1)),
    (IMAGE, (8, 9), (8, 9), None),
    (IMAGE, (6,), None, (6, 1)),
    (SIGNAL, (8, 9), None, (8, 9)),
]


@pytest.mark.parametrize(("design", "row_shape", "image", "signal"), CASES)
def test_rows_are_seen_as_their_network_sees_them(design, row_shape, image, signal):
    initialize = glorot_uniform(np.random.default_rng(0))
    network = design.build(row_shape, 2, 2, int(np.prod(row_shape)), initialize)
    assert image_shape(row_shape, network) == image
    if image is None:
        assert signal_shape(row_shape, network) == signal
