"""Networks of integers: the same bits on every machine, for whatever entropy decoding hangs on.

One different last bit of a probability, and all that is decoded after it is wrong. So inputs are
integers within ±127, activations 0..255, weights int8, and each sum is an integer under 2²⁴, which
float32 carries exactly whatever the order of adding.

References
----------
Ballé, Johnston and Minnen (2019), Integer networks for data compression with latent-variable
models.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from isthmus.errors import ArchiveError

MOST_INPUT, MOST_ACTIVATION, MOST_WEIGHT = 127, 255, 127
MOST_BIAS = 1 << 20
MOST_INPUTS = 480
# Integers are read as: inputs in 1/64, activations in 1/64, weights in 1/32.
INPUT_UNIT, ACTIVATION_UNIT, WEIGHT_UNIT = 64, 64, 32
OUTPUT_UNIT = ACTIVATION_UNIT * WEIGHT_UNIT
_MOST_SUM = 1 << 24
_NO_ACTIVATION, _FULL_ACTIVATION = np.float32(0), np.float32(MOST_ACTIVATION)
_MOST_SHIFT = 16
_WEIGHT, _BIAS = np.dtype("i1"), np.dtype("<i4")


@dataclass(frozen=True)
class IntegerNetwork:
    """Layers of int8 weights with clipped activations; the last layer gives its sums as they are.

    Parameters
    ----------
    weights : tuple of ndarray of int8
        One of shape ``(n_outputs, n_inputs)`` for each layer.
    biases : tuple of ndarray of int32
        One of shape ``(n_outputs,)`` for each layer.
    shifts : tuple of int
        By how many bits the sums of each layer but the last are shifted right.

    Raises
    ------
    ArchiveError
        Shapes do not fit, or a sum could reach 2²⁴.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    shifts: tuple[int, ...]

    def __post_init__(self) -> None:
        shapes = [pair[::-1] for pair in pairwise(self.sizes)]
        biases = [(n_outputs,) for n_outputs, _ in shapes]
        if [w.shape for w in self.weights] != shapes or [b.shape for b in self.biases] != biases:
            raise ArchiveError("the layers of an integer network do not fit each other.")
        if any(not 0 <= shift <= _MOST_SHIFT for shift in self.shifts):
            raise ArchiveError("an integer network shifts by more bits than it may.")
        most = MOST_INPUT
        for weights, biases in zip(self.weights, self.biases, strict=True):
            sums = np.abs(weights.astype(np.int64)).sum(1) * most + np.abs(biases.astype(np.int64))
            if weights.shape[1] > MOST_INPUTS or sums.max(initial=0) >= _MOST_SUM:
                raise ArchiveError("an integer network has sums that float32 cannot carry.")
            most = MOST_ACTIVATION

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many inputs, hidden units of each layer and outputs there are."""
        return (self.weights[0].shape[1], *(len(weights) for weights in self.weights))

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Give the outputs, ``(n_outputs, n)`` float32, of integers within ±127, ``(n_inputs, n)``.

        Columns hang on nothing but themselves, and on no batch size, machine or library.
        """
        return self.outputs_of(self.sums_of(np.asarray(inputs, np.float32)))

    def sums_of(self, inputs: np.ndarray, first: int = 0) -> np.ndarray:
        """Give what inputs from this number on add to the sums of the first layer."""
        weights, _ = self._carried[0]
        return weights[:, first : first + len(inputs)] @ inputs

    def outputs_of(self, sums: np.ndarray) -> np.ndarray:
        """Give the outputs from the sums over all inputs, which are overwritten."""
        h = sums
        h += self._carried[0][1]
        for weights, biases in self._carried[1:]:
            # Quicker than minimum and maximum, which look for NaN.
            h.clip(_NO_ACTIVATION, _FULL_ACTIVATION, out=h)
            np.floor(h, out=h)
            h = weights @ h
            h += biases
        return h

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes the network, given its sizes."""
        layers = zip(self.weights, self.biases, strict=True)
        return bytes(self.shifts) + b"".join(
            weights.astype(_WEIGHT).tobytes() + biases.astype(_BIAS).tobytes()
            for weights, biases in layers
        )

    @classmethod
    def from_bytes(cls, data: bytes, sizes: tuple[int, ...]) -> IntegerNetwork:
        """Make the network that `to_bytes` wrote.

        Raises
        ------
        ArchiveError
            There are too few bytes or too many, or they make no network.
        """
        n_layers = len(sizes) - 1
        if len(data) != n_bytes(sizes):
            raise ArchiveError(
                f"an integer network of {n_bytes(sizes)} bytes has {len(data)} instead."
            )
        shifts, at = tuple(data[: n_layers - 1]), n_layers - 1
        weights, biases = [], []
        for n_in, n_out in pairwise(sizes):
            weights.append(np.frombuffer(data, _WEIGHT, n_in * n_out, at).reshape(n_out, n_in))
            at += n_in * n_out
            biases.append(np.frombuffer(data, _BIAS, n_out, at).astype(np.int32))
            at += n_out * _BIAS.itemsize
        return cls(tuple(weights), tuple(biases), shifts)

    @cached_property
    def _carried(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Weights and biases with the shifts in them, by which float32 loses nothing."""
        factors = [np.float32(2.0**-shift) for shift in (*self.shifts, 0)]
        return tuple(
            (w.astype(np.float32) * factor, b.astype(np.float32)[:, None] * factor)
            for w, b, factor in zip(self.weights, self.biases, factors, strict=True)
        )


def n_bytes(sizes: tuple[int, ...]) -> int:
    """Give how many bytes an integer network of these sizes takes."""
    layers = sum(n_out * (n_in + _BIAS.itemsize) for n_in, n_out in pairwise(sizes))
    return layers + len(sizes) - 2
