"""What the known values around say of one: a prediction, and on which scale it errs.

A linear predictor for each group of steps comes first. What the neighbours differ from it by is
divided by how much they do on the whole, so that a network of integers sees the same whatever
the unit; it corrects the prediction and gives the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from isthmus.compression.bells import N_SCALES, SCALES_PER_OCTAVE
from isthmus.compression.fields.schedule import N_NEIGHBOURS, Chunk, Step, slots
from isthmus.compression.integer_network import MOST_INPUT, OUTPUT_UNIT, IntegerNetwork, n_bytes
from isthmus.errors import ArchiveError

# Values are whole numbers of units; a bin is what one step of the residual covers.
UNITS_PER_BIN = 16
WEIGHT_UNIT = 4_096
NETWORK_SIZES = (N_NEIGHBOURS + 8, 24, 16, 2)
# The mean difference of the neighbours becomes this input.
_TYPICAL_INPUT = 40
MOST_CORRECTION = 2.0
SPREADS_PER_OCTAVE = 4
# How far one of the network's output moves a scale.
SCALES_PER_OUTPUT = 8.0
_USUAL_OFFSET = -26
_KINDS = {"base": 0, "rows": 1, "columns": 2}
_N_GAPS, _N_STRIDES = 5, 3
N_GROUPS = len(_KINDS) * _N_GAPS * _N_STRIDES
_WEIGHT, _OFFSET = np.dtype("<i2"), np.dtype("i1")
_MASK_BYTES = (N_GROUPS + 7) // 8


@dataclass(frozen=True)
class Linear:
    """The linear predictor of a group of steps.

    Parameters
    ----------
    weights : ndarray of int16
        Of the neighbours but the first, in 1/4096.
    offset : int
        By how many scales residuals are wider than the neighbours are spread.
    """

    weights: np.ndarray
    offset: int


@dataclass(frozen=True)
class Predictor:
    """Linear predictors by group of steps, and a network.

    Parameters
    ----------
    linear : dict of int to Linear
        One for each group, or none: then the first two neighbours are averaged.
    network : IntegerNetwork
        Corrects predictions and scales; the one that ships with the package takes no bytes.
    """

    linear: dict[int, Linear]
    network: IntegerNetwork

    def __call__(self, chunk: Chunk, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give predictions, ``(n,)`` float32 whole numbers, and the indices of scales, ``(n,)``."""
        n = int(np.prod(chunk.shape))
        if len(slots(chunk.step.kind, chunk.step.gap)) == 0:
            return np.zeros(n, np.float32), np.full(n, N_SCALES - 1)
        predicted, spreads, inputs = self.look(chunk, values)
        correction, scale = self.network(inputs)
        share = np.clip(correction * (1 / OUTPUT_UNIT), -MOST_CORRECTION, MOST_CORRECTION)
        predicted += np.floor(share * spread_of(spreads) + 0.5)
        scales = self.scales(chunk.step, spreads)
        scales += scale * np.float32(SCALES_PER_OUTPUT / OUTPUT_UNIT)
        return predicted, np.clip(np.floor(scales + 0.5), 0, N_SCALES - 1).astype(np.int64)

    def look(self, chunk: Chunk, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give linear predictions, how much neighbours differ from them, and the network's inputs.

        Returns
        -------
        tuple of ndarray
            Predictions and indices of spreads, ``(n,)``, and inputs, ``(38, n)``, all float32.
        """
        step = chunk.step
        known = slots(step.kind, step.gap)
        neighbours = chunk.neighbours(values)
        predicted = neighbours[known[0]].copy()
        linear = self.linear.get(group_of(step))
        weights = linear.weights if linear else [WEIGHT_UNIT // 2]
        total = np.zeros(len(predicted))
        for slot, weight in zip(known[1:], weights, strict=linear is not None):
            if weight:
                total += np.subtract(neighbours[slot], predicted, dtype=np.float64) * float(weight)
        predicted += np.floor(total * (1 / WEIGHT_UNIT) + 0.5).astype(np.float32)

        inputs = np.zeros((len(neighbours) + 8, len(predicted)), np.float32)
        spread = np.zeros(len(predicted), np.float32)
        for slot in known:
            difference = np.subtract(neighbours[slot], predicted, out=inputs[slot])
            spread += np.abs(difference)
        spread *= np.float32(1 / len(known))
        spread += np.float32(1 / 32)
        spreads = (spread.view(np.int32) >> 21) - ((127 - 5) << 2)
        factors = np.float32(_TYPICAL_INPUT) / spread_of(spreads)
        seen = inputs[:N_NEIGHBOURS]
        seen *= factors
        np.clip(np.rint(seen, out=seen), -MOST_INPUT, MOST_INPUT, out=seen)
        _describe(chunk, spreads, inputs[N_NEIGHBOURS:])
        return predicted, spreads.astype(np.float32), inputs

    def scales(self, step: Step, spreads: np.ndarray) -> np.ndarray:
        """Give the indices of scales, not rounded, that follow from the spreads alone."""
        linear = self.linear.get(group_of(step))
        offset = np.float32(linear.offset if linear else _USUAL_OFFSET)
        return spreads * np.float32(SCALES_PER_OCTAVE / SPREADS_PER_OCTAVE) + offset

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes the predictor."""
        mask = np.zeros(N_GROUPS, np.uint8)
        mask[list(self.linear)] = 1
        parts = [np.packbits(mask).tobytes()]
        for _, linear in sorted(self.linear.items()):
            parts += [
                _OFFSET.type(linear.offset).tobytes(),
                linear.weights.astype(_WEIGHT).tobytes(),
            ]
        if self.network is not built_in():
            parts.append(self.network.to_bytes())
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> Predictor:
        """Make the predictor that `to_bytes` wrote.

        Raises
        ------
        ArchiveError
            The bytes make none.
        """
        mask = np.unpackbits(np.frombuffer(data[:_MASK_BYTES], np.uint8))
        linear, at = {}, _MASK_BYTES
        for group in np.nonzero(mask[:N_GROUPS])[0].tolist():
            n = n_weights(group)
            if len(data) < at + 1 + n * _WEIGHT.itemsize:
                raise ArchiveError("a predictor of fields is cut off.")
            (offset,) = np.frombuffer(data, _OFFSET, 1, at).tolist()
            weights = np.frombuffer(data, _WEIGHT, n, at + 1).astype(np.int16)
            linear[group] = Linear(weights, offset)
            at += 1 + n * _WEIGHT.itemsize
        rest = data[at:]
        if len(rest) not in (0, n_bytes(NETWORK_SIZES)) or len(mask) != 8 * _MASK_BYTES:
            raise ArchiveError("a predictor of fields is damaged.")
        network = IntegerNetwork.from_bytes(rest, NETWORK_SIZES) if rest else built_in()
        return cls(linear, network)


@cache
def built_in() -> IntegerNetwork:
    """Give the network that ships with the package, for fields of which too little is known."""
    data = Path(__file__).with_name("network.bin").read_bytes()
    return IntegerNetwork.from_bytes(data, NETWORK_SIZES)


def group_of(step: Step) -> int:
    """Give the group of steps that share a linear predictor."""
    gap = min(step.gap.bit_length(), _N_GAPS - 1)
    stride = min(step.stride.bit_length() - 1, _N_STRIDES - 1)
    return (_KINDS[step.kind] * _N_GAPS + gap) * _N_STRIDES + stride


def n_weights(group: int) -> int:
    """Give how many weights the linear predictor of a group has."""
    kind = list(_KINDS)[group // (_N_GAPS * _N_STRIDES)]
    return max(len(slots(kind, group // _N_STRIDES % _N_GAPS)) - 1, 0)


def spread_of(index: np.ndarray) -> np.ndarray:
    """Give the middle of the spreads of an index, float32: exact on every machine."""
    octaves, quarters = np.divmod(index.astype(np.int32), SPREADS_PER_OCTAVE)
    return np.ldexp((4.5 + quarters).astype(np.float32) / 4, octaves - 5)


def _describe(chunk: Chunk, spreads: np.ndarray, inputs: np.ndarray) -> None:
    """Tell the network how large the spread is, which step this is, and where in the field."""
    step, field = chunk.step, chunk.step.field
    inputs[0] = np.clip(4 * spreads - MOST_INPUT, -MOST_INPUT, MOST_INPUT)
    inputs[1] = np.clip(16 * spreads - 2 * MOST_INPUT, -MOST_INPUT, MOST_INPUT)
    inputs[2] = min(12 * step.gap.bit_length(), MOST_INPUT)
    inputs[3] = min(24 * (step.stride.bit_length() - 1), MOST_INPUT)
    inputs[4] = 64 * (_KINDS[step.kind] - 1)
    box = inputs.reshape(8, *chunk.shape)
    box[5] = _position(step.rows[chunk.rows], field.n_rows)[:, None]
    box[6] = _position(step.columns[chunk.columns], field.n_columns)
    inputs[7] = 64


def _position(index: np.ndarray, n: int) -> np.ndarray:
    return (2 * index - n) * MOST_INPUT // n
