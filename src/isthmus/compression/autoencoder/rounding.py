"""From networks of floats to fixed point."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from typing import NamedTuple, Self

import numpy as np

from isthmus.compression.autoencoder.fixed_point import (
    N_KNOTS,
    PLACES,
    Curve,
    FixedPoint,
    Layer,
)
from isthmus.compression.autoencoder.floats import FloatNetwork, Function, Matrix

# How many bits the largest value of a curve between layers has.
_VALUE_BITS = 16
_HALF_BITS = (PLACES // 2).bit_length() - 1
_MOST_REACH_BITS, _LEAST_REACH_BITS = 12, -4
_MOST_WEIGHT = 1 << 30
# What lies beyond the rows that were seen.
_ROOM = 1.25


class Curves(NamedTuple):
    """The curves of a network, and in what units they take and give numbers.

    Parameters
    ----------
    between : Curve or None
        Between layers.
    place_bits, value_bits : int
        What it takes is in units of 2 to minus the one, what it gives of the other.
    last : Curve or None
        What outputs go through.
    last_bits : int
        The same for what comes out of the last layer.
    """

    between: Curve | None
    place_bits: int
    value_bits: int
    last: Curve | None
    last_bits: int

    @classmethod
    def suiting(cls, network: FloatNetwork, x: np.ndarray, output_bits: int = 0) -> Self:
        """Give curves that reach as far as what rows, ``(n, n_inputs)``, make of them.

        Outputs are in units of 2 to minus `output_bits`.
        """
        *hidden, last = network.sums(x)
        between, place_bits, value_bits = None, 0, 0
        if hidden:
            assert network.curve is not None
            place_bits = _place_bits(hidden)
            value_bits = _value_bits(network.curve, place_bits)
            between = _curve(network.curve, place_bits, value_bits)
        if network.last_curve is None:
            return cls(between, place_bits, value_bits, None, output_bits)
        last_bits = _place_bits([last])
        last_curve = _curve(network.last_curve, last_bits, output_bits)
        return cls(between, place_bits, value_bits, last_curve, last_bits)


def in_fixed_point(
    network: FloatNetwork,
    curves: Curves,
    input_bits: int,
    weight_bits: Sequence[int],
    coarser: np.ndarray | int = 0,
) -> FixedPoint:
    """Round a network.

    Parameters
    ----------
    network : FloatNetwork
        What to round.
    curves : Curves
        What bends in it, rounded.
    input_bits : int
        Inputs are in units of 2 to minus that.
    weight_bits : sequence of int
        The same for the weights of each layer, and of the shortcut last, if there is one.
    coarser : ndarray of int, shape (n_outputs,)
        By how many bits the last weights of each output are coarser.
    """
    layers, own_bits = [], input_bits
    for matrix, bits in zip(network.layers[:-1], weight_bits, strict=False):
        layers.append(_layer(matrix, bits, own_bits, curves.place_bits))
        own_bits = curves.value_bits
    (weights, biases), bits = network.layers[len(layers)], weight_bits[len(layers)]
    if network.shortcut is None:
        layers.append(_layer((weights, biases), bits - coarser, own_bits, curves.last_bits))
        return FixedPoint(tuple(layers), curves.between, None, curves.last)
    around, more = network.shortcut
    layers.append(_layer((weights, biases + more), bits - coarser, own_bits, curves.last_bits))
    only_weights = around, np.zeros(len(around))
    shortcut = _layer(only_weights, weight_bits[-1] - coarser, input_bits, curves.last_bits)
    return FixedPoint(tuple(layers), curves.between, shortcut, curves.last)


def fine_bits(matrix: Matrix, n_bits: int) -> int:
    """Give the bits with which the largest weight has so many."""
    largest = float(np.abs(matrix[0]).max(initial=0))
    return n_bits - ceil(log2(largest)) if largest > 0 else 0


def _layer(
    matrix: Matrix, weight_bits: int | np.ndarray, input_bits: int, output_bits: int
) -> Layer:
    weights, biases = matrix
    own = np.broadcast_to(np.asarray(weight_bits, np.int64), len(weights))
    shifts = own + input_bits - output_bits
    rounded = np.rint(np.ldexp(weights, own[:, None]))
    # Finer than what comes out, biases need not be.
    cut = np.maximum(shifts, 0)
    steps = np.rint(np.ldexp(biases, own + input_bits - cut)).astype(np.int64)
    clipped = np.clip(rounded, -_MOST_WEIGHT, _MOST_WEIGHT).astype(np.int64)
    return Layer(clipped, steps << np.minimum(cut, 40), shifts)


def _place_bits(sums: Sequence[np.ndarray]) -> int:
    most = max(float(np.abs(own).max(initial=0)) for own in sums)
    reach = ceil(log2(_ROOM * most)) if most > 0 else 0
    return _HALF_BITS - min(max(reach, _LEAST_REACH_BITS), _MOST_REACH_BITS)


def _places(place_bits: int) -> np.ndarray:
    return np.ldexp(np.linspace(-(PLACES // 2), PLACES // 2, N_KNOTS), -place_bits)


def _value_bits(curve: Function, place_bits: int) -> int:
    most = float(np.abs(curve(_places(place_bits))).max())
    return _VALUE_BITS - ceil(log2(most)) if most > 0 else 0


def _curve(curve: Function, place_bits: int, value_bits: int) -> Curve:
    values = np.ldexp(curve(_places(place_bits)), value_bits)
    return Curve(np.rint(values).astype(np.int64))
