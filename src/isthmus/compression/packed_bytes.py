"""General compressors of bytes: Zstandard and xz."""

from __future__ import annotations

import lzma
from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, final

import numpy as np
import zstandard

from isthmus.compression.byte_planes import by_columns, from_columns, from_planes, planes
from isthmus.compression.codec import Codec
from isthmus.compression.numbers import from_little_endian, little_endian
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

# What finds matches in the whole of a block takes 65 MB for the longest of them.
_XZ_MEMORY = 2**28
# How many times smaller a slow level may make what the quickest one leaves.
_GAIN = 1.4
_QUICKEST = 3
_TRIED_BYTES = 2**21


class PackedBytes(Codec):
    """A compressor of bytes, which come as they lie, or by their significance.

    Its model is three bytes: the level, whether bytes were put in order of their significance, and
    whether all rows of a column come before the next column.
    """

    levels: ClassVar[dict[str, int]]

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        return True

    def may_win(self, sample: np.ndarray, promise: Promise, n_bytes: int) -> bool:
        """Tell by the quickest level, which the slow ones do not beat by much."""
        by_bytes, turned = _order(sample)
        numbers = by_columns(sample) if turned else sample
        data = planes(numbers) if by_bytes else little_endian(numbers)
        return len(pack(data, _QUICKEST)) < _GAIN * n_bytes

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        """Choose the order of the bytes."""
        return bytes([self.levels[effort], *_order(sample)])

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        level, by_bytes, turned = model
        numbers = by_columns(block) if turned else block
        return self.pack(planes(numbers) if by_bytes else little_endian(numbers), level)

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        if len(model) != 3:
            raise ArchiveError("the settings of a compressor of bytes are damaged.")
        _, by_bytes, turned = model
        unpacked = self.unpack(data, prod(shape) * dtype.itemsize)
        own = (prod(shape[1:]), *shape[:1]) if turned else shape
        if by_bytes:
            numbers = from_planes(unpacked, own, dtype)
        else:
            numbers = from_little_endian(unpacked, dtype, own)
        return from_columns(numbers, shape) if turned else numbers

    @abstractmethod
    def pack(self, data: bytes, level: int) -> bytes:
        """Compress bytes."""

    @abstractmethod
    def unpack(self, data: bytes, size: int) -> bytes:
        """Give back the bytes, of which there must be so many."""


@final
@dataclass(frozen=True)
class Zstandard(PackedBytes):
    """Zstandard, whose frames have neither a size nor a checksum of their own here."""

    levels: ClassVar[dict[str, int]] = {"fast": 3, "default": 19, "small": 22}

    def pack(self, data: bytes, level: int) -> bytes:
        return pack(data, level)

    def unpack(self, data: bytes, size: int) -> bytes:
        return unpack(data, size)


@final
@dataclass(frozen=True)
class Xz(PackedBytes):
    """LZMA2, as xz uses it, without a header or checksums of its own."""

    efforts = ("default", "small")
    levels: ClassVar[dict[str, int]] = {"fast": 0, "default": 6, "small": 9}

    def pack(self, data: bytes, level: int) -> bytes:
        return lzma.compress(data, lzma.FORMAT_RAW, filters=_filters(level, len(data)))

    def unpack(self, data: bytes, size: int) -> bytes:
        # What unpacks asks for the size of the dictionary alone, which is the data's at most.
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_filters(0, size))
        try:
            found = unpacker.decompress(data, max_length=size + 1)
        except lzma.LZMAError:
            raise ArchiveError("a block that xz packed is damaged.") from None
        if len(found) != size or not unpacker.eof or unpacker.unused_data:
            raise ArchiveError("a block that xz packed holds more or fewer bytes than it says.")
        return found


def _order(sample: np.ndarray) -> tuple[int, int]:
    """Tell whether bytes are better by their significance, and whether column by column."""
    row_bytes = max(sample.nbytes // max(len(sample), 1), 1)
    some = sample[: max(_TRIED_BYTES // row_bytes, 1)]
    sizes = {}
    for turned in range(1 + (some.ndim > 1 and some.size > len(some) > 1)):
        numbers = by_columns(some) if turned else some
        sizes[0, turned] = len(pack(little_endian(numbers), _QUICKEST))
        if some.dtype.itemsize > 1:
            sizes[1, turned] = len(pack(planes(numbers), _QUICKEST))
    return min(sizes, key=lambda way: sizes[way])


def pack(data: bytes, level: int = 19) -> bytes:
    """Compress bytes by Zstandard, without its header."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        source_size=len(data),
        # What repeats after megabytes is found too.
        window_log=min(max(len(data).bit_length(), 10), 27),
        enable_ldm=1,
        write_checksum=0,
        write_content_size=0,
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
    )
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)


def unpack(data: bytes, size: int) -> bytes:
    """Give back bytes that `pack` compressed, of which there must be so many.

    Raises
    ------
    ArchiveError
        They are damaged, or more or fewer.
    """
    try:
        reader = zstandard.ZstdDecompressor(format=zstandard.FORMAT_ZSTD1_MAGICLESS).stream_reader(
            data
        )
        found = reader.read(size + 1)
    except zstandard.ZstdError:
        raise ArchiveError("a block that Zstandard packed is damaged.") from None
    if len(found) != size:
        raise ArchiveError("a block that Zstandard packed holds more or fewer bytes than it says.")
    return found


def _filters(level: int, size: int) -> list[dict[str, Any]]:
    # A dictionary larger than the data takes memory for nothing.
    size = min(max(1 << max(size - 1, 0).bit_length(), 4_096), _XZ_MEMORY)
    return [{"id": lzma.FILTER_LZMA2, "preset": level, "dict_size": size}]
