"""Numbers as they are: what nothing makes smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.numbers import from_little_endian, little_endian
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError


@final
@dataclass(frozen=True)
class Stored(Codec):
    """The numbers themselves, in little-endian order."""

    turn = 0

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        return True

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        return little_endian(block)

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        try:
            return from_little_endian(data, dtype, shape)
        except ValueError:
            raise ArchiveError("a stored block holds more or fewer bytes than it says.") from None
