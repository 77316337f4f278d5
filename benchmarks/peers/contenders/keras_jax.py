"""Keras 3 on JAX."""

import os

os.environ["KERAS_BACKEND"] = "jax"

from contenders._keras import convolutional, dense, variational  # noqa: F401

PACKAGES = ("keras", "jax", "numpy")
UNSUPPORTED = {"linear": "has no linear model in closed form"}
