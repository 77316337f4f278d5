"""How an archive lies in its file: what comes first, what last, and what holds them together.

===================  ============================================================================
8 bytes              magic
2, 4 bytes           version of the format, length of the header
…                    header, as JSON
…                    what the header says is attached, then the models of the codecs
…                    blocks: of each range of rows, one of each track
22 bytes each        index: of each block its rows, codec, length and checksums
8 bytes              number of blocks
8 bytes              BLAKE2b of all that is no block, up to here
32 bytes             SHA-256 of all before
8 bytes              magic of the end
===================  ============================================================================

Numbers are little-endian.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO, final

import numpy as np

from isthmus.compression.header import FORMAT_VERSION, Header
from isthmus.compression.numbers import little_endian
from isthmus.errors import ArchiveError

# As PNG's: whoever changes the ends of lines, or takes the file for text, is found out at once.
MAGIC = b"\x89ISZ\r\n\x1a\n"
END_MAGIC = b"ISZ\x89end\n"
_VERSION_AND_LENGTH = struct.Struct("<HI")
_START = len(MAGIC) + _VERSION_AND_LENGTH.size
_TAIL = struct.Struct("<Q8s32s8s")

INDEX = np.dtype(
    [
        ("rows", "<u4"),
        ("codec", "<u2"),
        ("length", "<u4"),
        ("coded", "<u4"),
        ("decoded", "<u8"),
    ]
)
"""Of each block: rows, which codec of its track, bytes, and checksums of coded and decoded."""

_SMALLEST = _START + _TAIL.size
_COPIED = 2**20


@final
@dataclass(frozen=True, eq=False)
class Layout:
    """What the frame of an archive tells."""

    header: Header
    index: np.ndarray
    offsets: np.ndarray  # of the blocks
    n_bytes: int
    n_header_bytes: int


def start_of(header: Header) -> bytes:
    """Give what comes before the blocks."""
    text = header.to_bytes()
    return MAGIC + _VERSION_AND_LENGTH.pack(FORMAT_VERSION, len(text)) + text + header.body


def end_of(start: bytes, index: np.ndarray, digest: hashlib._Hash) -> bytes:
    """Give what comes after the blocks; `digest` has seen all before it."""
    body = index.tobytes()
    head = len(index).to_bytes(8, "little")
    own = hashlib.blake2b(start + body + head, digest_size=8).digest()
    digest.update(body + head + own)
    return body + head + own + digest.digest() + END_MAGIC


def coded_checksum(data: bytes) -> int:
    """Give the CRC-32 of a block as it lies in the file."""
    return zlib.crc32(data)


def decoded_checksum(block: np.ndarray) -> int:
    """Give eight bytes of BLAKE2b of a block's numbers in little-endian order."""
    digest = hashlib.blake2b(little_endian(block), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def read_layout(file: BinaryIO, source: str) -> Layout:
    """Read all that is no block, and check it.

    Raises
    ------
    ArchiveError
        The file is no archive, cut off, damaged, or from a newer version.
    """
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    start = file.read(_START)
    _check_magic(start, source)
    version, n_header = _VERSION_AND_LENGTH.unpack(start[len(MAGIC) :].ljust(6, b"\0"))
    if version > FORMAT_VERSION:
        raise ArchiveError(
            f"{source} was written by a newer Isthmus (format {version}; this one reads up to "
            f"{FORMAT_VERSION}): upgrade with pip install --upgrade isthmus."
        )
    if size < _SMALLEST + n_header:
        raise _cut_off(source)
    file.seek(size - _TAIL.size)
    n_blocks, own, _, magic = _TAIL.unpack(file.read(_TAIL.size))
    first_of_index = size - _TAIL.size - n_blocks * INDEX.itemsize
    if magic != END_MAGIC or first_of_index < _START + n_header:
        raise _cut_off(source)
    file.seek(first_of_index)
    body = file.read(n_blocks * INDEX.itemsize)
    index = np.frombuffer(body, INDEX)
    first_block = first_of_index - int(index["length"].sum(dtype=np.int64))
    if first_block < _START + n_header:
        raise damaged(source)
    file.seek(0)
    start = file.read(first_block)
    head = n_blocks.to_bytes(8, "little")
    if hashlib.blake2b(start + body + head, digest_size=8).digest() != own:
        raise damaged(source)
    text, rest = start[_START : _START + n_header], start[_START + n_header :]
    header = Header.from_bytes(text, rest, source)
    _check_rows(header, index, source)
    offsets = first_block + np.cumsum(index["length"], dtype=np.int64) - index["length"]
    return Layout(header, index, offsets, size, n_header)


def check_digest(file: BinaryIO, source: str) -> None:
    """Raise `ArchiveError` unless every byte of the file is as it was written."""
    file.seek(0, 2)
    left = file.tell() - 32 - len(END_MAGIC)
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0:
        part = file.read(min(left, _COPIED))
        if not part:
            raise _cut_off(source)
        digest.update(part)
        left -= len(part)
    if file.read(32) != digest.digest():
        raise damaged(source)


def damaged(source: str) -> ArchiveError:
    """Say that something is not as it was written."""
    return ArchiveError(
        f"{source} has been altered or damaged, as its checksums disagree with its content: "
        "fetch or write it again."
    )


def _cut_off(source: str) -> ArchiveError:
    return ArchiveError(f"{source} is cut off or damaged: fetch or write it again.")


def _check_magic(start: bytes, source: str) -> None:
    if start[: len(MAGIC)] == MAGIC:
        return
    if not start:
        raise ArchiveError(f"{source} is empty (0 bytes): fetch or write it again.")
    raise ArchiveError(
        f"{source} is no archive of Isthmus, as it begins with {start[:8]!r}: give a file that "
        "isthmus compress made."
    )


def _check_rows(header: Header, index: np.ndarray, source: str) -> None:
    n_tracks = len(header.tracks)
    n_ranges, odd = divmod(len(index), n_tracks) if n_tracks else (0, len(index))
    if odd:
        raise damaged(source)
    rows = index["rows"].reshape(n_ranges, n_tracks)
    codecs = index["codec"].reshape(n_ranges, n_tracks)
    known = np.array([len(track.packings) for track in header.tracks])
    if (
        (rows != rows[:, :1]).any()
        or (codecs >= known).any()
        or (n_tracks and int(rows[:, 0].sum(dtype=np.int64)) != header.n_rows)
    ):
        raise damaged(source)
