"""General compressors of bytes: Zstandard and xz."""

from __future__ import annotations

import lzma
from abc import abstractmethod
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, final

import numpy as np
import zstandard

from isthmus.compression.byte_planes import from_planes, planes
from isthmus.compression.codec import Codec
from isthmus.compression.numbers import from_little_endian, little_endian
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

# What finds matches in the whole of a block takes 65 MB for the longest of them.
_XZ_MEMORY = 2**28
# How many times smaller a slow level may make what the quickest one leaves.
_GAIN = 2


class PackedBytes(Codec):
    """A compressor of bytes, which come as they lie, or by their significance.

    Its model is two bytes: the level, and whether bytes were put in order of their significance.
    """

    levels: ClassVar[dict[str, int]]

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        return True

    def may_win(self, sample: np.ndarray, promise: Promise, n_bytes: int) -> bool:
        """Tell by the quickest level, which the slow ones halve at most."""
        model = self.fit(sample, promise, "fast")
        return len(self.encode(model, sample, promise)) < _GAIN * n_bytes

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        """Choose the order of the bytes."""
        level = self.levels[effort]
        ways = [bytes([level, apart]) for apart in range(1 + (sample.dtype.itemsize > 1))]
        if len(ways) == 1:
            return ways[0]
        quick = [bytes([min(self.levels.values()), way[1]]) for way in ways]
        sizes = [len(self.encode(way, sample, promise)) for way in quick]
        return ways[int(np.argmin(sizes))]

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        return self.pack(planes(block) if model[1] else little_endian(block), model[0])

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        if len(model) != 2:
            raise ArchiveError("the settings of a compressor of bytes are damaged.")
        unpacked = self.unpack(data, prod(shape) * dtype.itemsize)
        return (
            from_planes(unpacked, shape, dtype)
            if model[1]
            else from_little_endian(unpacked, dtype, shape)
        )

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


def pack(data: bytes, level: int = 19) -> bytes:
    """Compress bytes by Zstandard, without its header."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        source_size=len(data),
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
