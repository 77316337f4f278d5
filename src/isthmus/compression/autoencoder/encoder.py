"""From raw rows to codes, in fixed point: whoever only reads archives needs none of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, final

import numpy as np

from isthmus.compression.autoencoder.fixed_point import FixedPoint
from isthmus.compression.autoencoder.network_bytes import network_from_bytes, network_to_bytes
from isthmus.compression.varint import joined, parted
from isthmus.errors import ArchiveError

INPUT_BITS = 12
"""Prepared rows are in units of 2 to minus that."""

_FORM = np.dtype("<f8")


@final
@dataclass(frozen=True, eq=False)
class Encoder:
    """What gives codes of raw rows.

    Parameters
    ----------
    network : FixedPoint
        From prepared rows to codes.
    offset, scale : ndarray of float64, shape (n_columns,)
        Raw numbers are ``prepared · scale + offset``.
    code_bits : int
        Codes are in units of 2 to minus that, which whoever rounds the decoder has to know.
    """

    network: FixedPoint
    offset: np.ndarray
    scale: np.ndarray
    code_bits: int = 0

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Give codes, ``(n, n_codes)`` float64 that are whole, of rows ``(n, n_columns)``."""
        prepared = (rows - self.offset) / self.scale
        return self.network(np.rint(np.ldexp(prepared, INPUT_BITS)))

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes it."""
        return joined(
            np.stack([self.offset, self.scale]).astype(_FORM).tobytes(),
            network_to_bytes(self.network),
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Make the encoder that `to_bytes` wrote.

        Raises
        ------
        ArchiveError
            The bytes are damaged.
        """
        numbers, network = parted(data, 2)
        found = cls(network_from_bytes(network), *_offset_and_scale(numbers))
        if len(found.offset) != found.network.n_inputs:
            raise ArchiveError("the encoder of a compressor does not fit together.")
        return found


def _offset_and_scale(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    if len(data) % (2 * _FORM.itemsize):
        raise ArchiveError("the encoder of a compressor is cut off.")
    offset, scale = np.frombuffer(data, _FORM).astype(float).reshape(2, -1)
    if not (np.isfinite(offset).all() and np.isfinite(scale).all() and (scale > 0).all()):
        raise ArchiveError("the encoder of a compressor has an impossible scale.")
    return offset, scale
