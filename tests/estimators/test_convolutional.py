import numpy as np
import pytest

from isthmus import (
    Autoencoder,
    Convolutional,
    ConvolutionalAutoencoder,
    IsthmusError,
    Masking,
    TopK,
)


@pytest.mark.parametrize(
    "shape", [(7, 5), (8, 4, 3), (1, 6), (13,)], ids=lambda s: "x".join(map(str, s))
)
def test_any_shape_comes_back(shape):
    x = np.random.default_rng(0).integers(0, 256, (40, *shape), dtype=np.uint8)
    model = ConvolutionalAutoencoder(3, channels=(4, 8), max_epochs=1, random_state=0).fit(x)
    again = model.reconstruct(x)
    assert again.shape == x.shape
    assert again.dtype == np.uint8


def test_signals_of_several_channels_are_told_apart_from_images():
    x = np.random.default_rng(0).normal(size=(40, 12, 2))
    network = Convolutional((4,), signal=True)
    model = ConvolutionalAutoencoder(3, network=network, max_epochs=1, random_state=0).fit(x)
    assert model.reconstruct(x).shape == x.shape


def test_a_convolutional_sparse_denoising_autoencoder_is_three_arguments(digits):
    model = Autoencoder(
        32, network=Convolutional((8,)), code=TopK(6), corruption=Masking(0.2), max_epochs=2,
        random_state=0,
    ).fit(digits.reshape(-1, 8, 8))  # fmt: skip
    assert (model.transform(digits.reshape(-1, 8, 8)) > 0).sum(axis=1).max() <= 6


def test_shapes_that_are_no_picture_are_refused():
    with pytest.raises(IsthmusError):
        ConvolutionalAutoencoder(2, max_epochs=1).fit(np.zeros((20, 2, 2, 2, 2)))


@pytest.mark.parametrize("channels", [(), (0,), ("a",)])
def test_impossible_channels_are_refused(channels):
    with pytest.raises(IsthmusError, match="channels"):
        ConvolutionalAutoencoder(2, channels=channels).fit(np.zeros((20, 8, 8)))
