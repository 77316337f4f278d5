"""Networks in fixed point as bytes: their weights are coded on a scale for each output."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from isthmus.compression.autoencoder.fixed_point import N_KNOTS, Curve, FixedPoint, Layer
from isthmus.compression.autoencoder.scaled_numbers import (
    MOST_SCALES,
    N_SIZES,
    code_lengths,
    read_scaled,
    size_of,
    write_scaled,
)
from isthmus.compression.autoencoder.scales import best_scales
from isthmus.compression.coded_stream import (
    StreamReader,
    StreamWriter,
    packed_numbers,
    unpacked_numbers,
)
from isthmus.compression.varint import joined, parted, read_varint, varint
from isthmus.errors import ArchiveError

MOST_WEIGHTS = 1 << 24
"""A network has no more: what is damaged must not ask for any memory."""

_MOST_LAYERS, _MOST_WIDTH = 32, 1 << 20
_MOST_NUMBER = 1 << 50


def network_to_bytes(network: FixedPoint) -> bytes:
    """Give the bytes from which `network_from_bytes` makes the network."""
    layers = [*network.layers, *([] if network.shortcut is None else [network.shortcut])]
    sizes = [network.n_inputs, *(len(layer.weights) for layer in network.layers)]
    kinds = [network.curve, network.shortcut, network.last_curve]
    head = b"".join(map(varint, [sum((own is not None) << i for i, own in enumerate(kinds))]))
    head += b"".join(map(varint, [len(sizes), *sizes]))
    curves = [own for own in (network.curve, network.last_curve) if own is not None]
    # Second differences of what is smooth are near nothing.
    bends = [np.diff(own.knots, n=2, prepend=[0, 0]) for own in curves]
    writer, scales = StreamWriter(), []
    for layer in layers:
        own = weight_scales(layer.weights)
        scales.append(own)
        n_inputs = layer.weights.shape[1]
        write_scaled(writer, layer.weights.ravel(), np.repeat(own, n_inputs))
    shifts = [layer.shifts for layer in layers]
    biases = [layer.biases >> np.maximum(layer.shifts, 0) for layer in layers]
    beside = [packed_numbers(np.concatenate(part)) for part in (shifts, scales, biases)]
    packed_bends = packed_numbers(np.concatenate(bends)) if bends else b""
    return joined(head, packed_bends, *beside, writer.to_bytes())


def network_from_bytes(data: bytes) -> FixedPoint:
    """Make the network that `network_to_bytes` wrote.

    Raises
    ------
    ArchiveError
        The bytes are damaged, or the network is none that gives the same everywhere.
    """
    head, bends, *beside, stream = parted(data, 6)
    kinds, at = read_varint(head, 0)
    n_sizes, at = read_varint(head, at)
    if not (kinds < 8 and 2 <= n_sizes <= _MOST_LAYERS):
        raise ArchiveError("the decoder of an archive is damaged.")
    sizes = []
    for _ in range(n_sizes):
        size, at = read_varint(head, at)
        sizes.append(size)
    shapes = [pair[::-1] for pair in pairwise(sizes)]
    shapes += [(sizes[-1], sizes[0])] if kinds & 2 else []
    n_weights = sum(n_outputs * n_inputs for n_outputs, n_inputs in shapes)
    if not 0 < min(sizes) <= max(sizes) <= _MOST_WIDTH or n_weights > MOST_WEIGHTS:
        raise ArchiveError("the decoder of an archive is damaged.")
    n_outputs = sum(n for n, _ in shapes)
    shifts, scales, biases = (unpacked_numbers(part, n_outputs) for part in beside)
    sound = (
        np.abs(shifts.astype(float)).max() <= 256
        and 0 <= scales.min() <= scales.max() < MOST_SCALES
    )
    if not sound or np.abs(biases.astype(float)).max() > _MOST_NUMBER:
        raise ArchiveError("the decoder of an archive is damaged.")
    reader, layers, first = StreamReader(stream, n_weights), [], 0
    for shape in shapes:
        own = slice(first, first + shape[0])
        weights = read_scaled(reader, np.repeat(scales[own], shape[1])).reshape(shape)
        if max(int(weights.max()), -int(weights.min())) > _MOST_NUMBER:
            raise ArchiveError("the decoder of an archive has impossible weights.")
        factors = np.ldexp(1.0, np.maximum(shifts[own], 0))
        wide = biases[own] * factors
        if np.abs(wide).max() >= 2.0**52:
            raise ArchiveError("the decoder of an archive has impossible biases.")
        layers.append(Layer(weights, wide.astype(np.int64), shifts[own]))
        first += shape[0]
    reader.finish()
    curves = _curves(bends, (kinds & 1) + (kinds >> 2))
    shortcut = layers.pop() if kinds & 2 else None
    curve = curves[0] if kinds & 1 else None
    return FixedPoint(tuple(layers), curve, shortcut, curves[-1] if kinds & 4 else None)


def weight_scales(weights: np.ndarray) -> np.ndarray:
    """Give the scale on which the weights of each output are coded."""
    sizes = size_of(weights)
    keys = sizes + N_SIZES * np.arange(len(sizes))[:, None]
    counts = np.bincount(keys.ravel(), minlength=len(sizes) * N_SIZES)
    return best_scales(counts.reshape(len(sizes), N_SIZES))


def n_weight_bits(network: FixedPoint) -> float:
    """Give the bits that the weights of a network take."""
    layers = [*network.layers, *([] if network.shortcut is None else [network.shortcut])]
    return sum(
        float(code_lengths()[weight_scales(own.weights)[:, None], size_of(own.weights)].sum())
        for own in layers
    )


def _curves(data: bytes, n: int) -> list[Curve]:
    if not n:
        return []
    bends = unpacked_numbers(data, n * N_KNOTS).reshape(n, N_KNOTS)
    return [Curve(np.cumsum(np.cumsum(own))) for own in bends]
