import numpy as np
import pytest

from isthmus import ContractiveAutoencoder, Convolutional


@pytest.mark.parametrize(
    "settings",
    [{}, {"hidden": [32]}, {"network": Convolutional((4,), code_activation="sigmoid")}],
    ids=["one layer", "deep", "convolutional"],
)
def test_code_moves_less_under_the_penalty(digits, settings):
    images = digits.reshape(-1, 8, 8)
    noisy = images + 0.1 * np.random.default_rng(0).normal(size=images.shape).astype("f")
    moved = []
    for strength in (0.0, 1.0):
        model = ContractiveAutoencoder(
            24, strength=strength, max_epochs=15, random_state=0, **settings
        ).fit(images)
        moved.append(np.square(model.transform(noisy) - model.transform(images)).sum())
    assert moved[1] < 0.5 * moved[0]
