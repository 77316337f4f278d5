import numpy as np
import pytest
from sklearn.datasets import load_digits

from isthmus import Autoencoder


@pytest.fixture(scope="module")
def digits_data():
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


@pytest.fixture(scope="module")
def encoder(digits_data):
    return Autoencoder(12, hidden=[48], max_epochs=30, random_state=0).fit(digits_data[0])
