"""What every codec offers: a block of numbers becomes bytes, and back within the promise."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from isthmus.compression.promise import Promise
from isthmus.family import Family


class Codec(Family):
    """How a block of values becomes bytes, and comes back within what was promised.

    A codec sees finite numbers in native byte order and C order; in blocks that need not be exact,
    special values were taken out before. What it gives must hang on the data and nothing else:
    neither on the machine nor on the number of threads. A frozen dataclass that needs no settings
    to decode.

    Attributes
    ----------
    efforts : tuple of str
        The efforts with which it is tried; slow ones leave "fast" out.
    turn : int
        When it is tried: those of one turn together, and of later turns those that may win over
        what was found so far. The quickest come first, then what is likely to be smallest.
    """

    efforts: ClassVar[tuple[str, ...]] = ("fast", "default", "small")
    turn: ClassVar[int] = 4

    @abstractmethod
    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        """Tell whether the codec can code such a block, by its dtype and shape."""

    def may_win(self, sample: np.ndarray, promise: Promise, n_bytes: int) -> bool:
        """Tell whether the sample could take less than so many bytes, without trying it all."""
        return True

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        """Give the model that suits a sample, stored once in the file; nothing if it needs none.

        `effort` is "fast", "default" or "small".
        """
        return b""

    @abstractmethod
    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        """Give the bytes of a block."""

    @abstractmethod
    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        """Give the block of this shape and dtype back.

        Raises
        ------
        ArchiveError
            The bytes are damaged.
        """
