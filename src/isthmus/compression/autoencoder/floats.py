"""The two sides of a fitted autoencoder in floats, from raw numbers to codes and back."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax.numpy as jnp
import numpy as np

from isthmus.compression.autoencoder.network_bytes import MOST_WEIGHTS
from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.io import Schema
from isthmus.models import Bernoulli, Deterministic, DiscretizedLogistic, Gaussian, SquaredError
from isthmus.models.codes import GaussianCode
from isthmus.networks import ACTIVATIONS, Affine, DenseNetwork, ShortcutNetwork
from isthmus.prepare import NumberPreparation
from isthmus.prepare.agreement import Domain
from isthmus.runs.computing import computing

Matrix = tuple[np.ndarray, np.ndarray]  # weights (outputs, inputs) and biases
Function = Callable[[np.ndarray], np.ndarray]

_DENSE = (
    "compress takes dense autoencoders, with or without the linear shortcut: fit an Autoencoder or "
    "a LinearAutoencoder to rows of numbers without gaps"
)


@final
@dataclass(frozen=True, eq=False)
class FloatNetwork:
    """Affine layers with a function after each but the last.

    Parameters
    ----------
    layers : tuple of (weights, biases)
        Weights of shape ``(outputs, inputs)``, float64.
    curve : callable or None
        Between the layers.
    shortcut : (weights, biases) or None
        From the inputs to the outputs.
    last_curve : callable or None
        What outputs go through.
    """

    layers: tuple[Matrix, ...]
    curve: Function | None
    shortcut: Matrix | None = None
    last_curve: Function | None = None

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Give the outputs, ``(n, n_outputs)``, of ``(n, n_inputs)``."""
        found = self.sums(x)[-1]
        return found if self.last_curve is None else self.last_curve(found)

    def sums(self, x: np.ndarray) -> list[np.ndarray]:
        """Give what goes into each curve, the last one's included: ``(n, …)`` each."""
        found, h = [], x
        for weights, biases in self.layers:
            found.append(h @ weights.T + biases)
            h = found[-1] if self.curve is None else self.curve(found[-1])
        if self.shortcut is not None:
            found[-1] = found[-1] + x @ self.shortcut[0].T + self.shortcut[1]
        return found

    @property
    def n_weights(self) -> int:
        """How many weights there are."""
        return sum(own[0].size for own in (*self.layers, self.shortcut) if own is not None)

    def scaled(self, factor: np.ndarray, more: np.ndarray) -> FloatNetwork:
        """Give the network whose outputs are multiplied, and to which this is added."""
        if self.last_curve is not None:
            own, times, plus = self.last_curve, float(factor[0]), float(more[0])
            return FloatNetwork(
                self.layers, self.curve, self.shortcut, lambda x: own(x) * times + plus
            )
        weights, biases = self.layers[-1]
        layers = (*self.layers[:-1], (weights * factor[:, None], biases * factor + more))
        shortcut = self.shortcut and (self.shortcut[0] * factor[:, None], self.shortcut[1] * factor)
        return FloatNetwork(layers, self.curve, shortcut)


@final
@dataclass(frozen=True, eq=False)
class FloatAutoencoder:
    """An encoder of prepared rows, a decoder to them, and their scale.

    Parameters
    ----------
    encoder, decoder : FloatNetwork
        The two sides.
    offset, scale : ndarray, shape (n_columns,)
        Raw numbers are ``prepared · scale + offset``.
    domain : Domain
        Where the rows came from that it was fitted to.
    as_shades : bool
        Whether rows are divided by the range of their dtype.
    """

    encoder: FloatNetwork
    decoder: FloatNetwork
    offset: np.ndarray
    scale: np.ndarray
    domain: Domain
    as_shades: bool

    @property
    def n_columns(self) -> int:
        """How many numbers a row has."""
        return len(self.offset)

    def check_schema(self, schema: Schema, source: str) -> None:
        """Raise `DataError` unless rows that look so are like those that were fitted."""
        self.domain.check_schema(schema, source)

    def check_values(self, rows: np.ndarray, source: str) -> None:
        """Raise `DataError` where raw rows, ``(n, n_columns)``, count in another unit."""
        self.domain.check_values(rows, source, as_shades=self.as_shades)


def as_floats(model: Any) -> FloatAutoencoder:
    """Take a fitted autoencoder apart.

    Raises
    ------
    IsthmusError
        It is none, is not fitted, or has parts that no archive can hold.
    """
    if not isinstance(model, BaseAutoencoder) or not hasattr(model, "model_"):
        told = repr(model) if isinstance(model, str | os.PathLike) else type(model).__name__
        raise IsthmusError(
            f"model={told} is no fitted autoencoder: give one, such as isthmus.load gives."
        )
    name, preparation, inside = type(model).__name__, model.preparation_, model.model_
    network = inside.network.without_shortcuts
    if not isinstance(preparation, NumberPreparation):
        raise IsthmusError(f"model={name} was fitted to a table with categories or gaps: {_DENSE}.")
    if not isinstance(network, DenseNetwork):
        raise IsthmusError(f"model={name} has a {type(network).__name__}: {_DENSE}.")
    if not isinstance(inside.code, Deterministic | GaussianCode):
        code = type(inside.code).__name__
        raise IsthmusError(
            f"model={name} has codes of the kind {code}, whose units fall silent: {_DENSE}."
        )
    shortcuts = inside.network.shortcuts if isinstance(inside.network, ShortcutNetwork) else None
    encoder = _encoder(network, None if shortcuts is None else shortcuts[0], model.n_components_)
    n_columns = preparation.n_features
    decoder = _decoder(network, None if shortcuts is None else shortcuts[1], n_columns)
    if isinstance(inside.likelihood, Bernoulli | DiscretizedLogistic):
        decoder = FloatNetwork(decoder.layers, decoder.curve, decoder.shortcut, _sigmoid)
    elif not isinstance(inside.likelihood, SquaredError | Gaussian):
        likelihood = type(inside.likelihood).__name__
        raise IsthmusError(f"model={name} has the likelihood {likelihood}: {_DENSE}.")
    largest = max(encoder.n_weights, decoder.n_weights)
    if largest > MOST_WEIGHTS:
        raise IsthmusError(
            f"model={name} has {largest:,} weights on one side, and an archive holds up to "
            f"{MOST_WEIGHTS:,}: fit one with fewer hidden units."
        )
    return FloatAutoencoder(
        encoder,
        decoder,
        np.broadcast_to(preparation.offset, n_columns),
        np.broadcast_to(preparation.scale, n_columns),
        preparation.domain,
        preparation.scaling == "range",
    )


def _encoder(network: DenseNetwork, shortcut: Affine | None, n_codes: int) -> FloatNetwork:
    layers = [_matrix(layer) for layer in network.encoder]
    if network.centre is not None:
        weights, biases = layers[0]
        layers[0] = weights, biases - weights @ np.asarray(network.centre, float)
    # A Gaussian code has its logarithms of variances behind the means.
    layers[-1] = _first(layers[-1], n_codes)
    around = None if shortcut is None else _first(_matrix(shortcut), n_codes)
    last = None if network.code_activation == "identity" else _curve(network.code_activation)
    return FloatNetwork(tuple(layers), _curve(network.activation), around, last)


def _decoder(network: DenseNetwork, shortcut: Affine | None, n_columns: int) -> FloatNetwork:
    mirrored = reversed(network.encoder)
    layers = [
        _matrix(Affine(mirror.weight.T, layer.bias) if layer.weight is None else layer)
        for layer, mirror in zip(network.decoder, mirrored, strict=True)
    ]
    if network.unit_norm_decoder:
        weights, biases = layers[0]
        layers[0] = weights / np.linalg.norm(weights, axis=0), biases
    layers[-1] = _first(layers[-1], n_columns)
    around = None if shortcut is None else _first(_matrix(shortcut), n_columns)
    return FloatNetwork(tuple(layers), _curve(network.activation), around)


def _matrix(layer: Affine) -> Matrix:
    return np.asarray(layer.weight, float).T, np.asarray(layer.bias, float)


def _first(matrix: Matrix, n: int) -> Matrix:
    return matrix[0][:n], matrix[1][:n]


def _curve(name: str) -> Function:
    def curve(x: np.ndarray) -> np.ndarray:
        with computing():
            return np.asarray(ACTIVATIONS[name](jnp.asarray(x, jnp.float32)), float)

    return curve


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
