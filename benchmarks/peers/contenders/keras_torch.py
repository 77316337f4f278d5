"""Keras 3 on Torch."""

import os

os.environ["KERAS_BACKEND"] = "torch"

from contenders._keras import convolutional, dense, variational  # noqa: F401

PACKAGES = ("keras", "torch", "numpy")
UNSUPPORTED = {"linear": "has no linear model in closed form"}
