"""Whole numbers in as few bytes as they need: seven bits in each (LEB128)."""

from __future__ import annotations

from isthmus.errors import ArchiveError

_MOST_BYTES = 10


def varint(number: int) -> bytes:
    r"""Give a number that is not negative as bytes.

    Examples
    --------
    >>> varint(300)
    b'\xac\x02'
    """
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def read_varint(data: bytes, start: int) -> tuple[int, int]:
    """Give the number that begins at a byte, and where it ends.

    Raises
    ------
    ArchiveError
        The data end before it does, or it is longer than any.

    Examples
    --------
    >>> read_varint(varint(300) + b"more", 0)
    (300, 2)
    """
    number = 0
    for i in range(_MOST_BYTES):
        if start + i >= len(data):
            break
        byte = data[start + i]
        number |= (byte & 127) << (7 * i)
        if byte < 128:
            return number, start + i + 1
    raise ArchiveError("a number in a block is cut off.")


def joined(*parts: bytes) -> bytes:
    """Join parts of which all but the last have their length before them."""
    return b"".join(varint(len(part)) + part for part in parts[:-1]) + parts[-1]


def parted(data: bytes, n: int) -> list[bytes]:
    """Give back the parts that `joined` put together.

    Examples
    --------
    >>> parted(joined(b"a", b"", b"rest"), 3)
    [b'a', b'', b'rest']
    """
    parts, at = [], 0
    for _ in range(n - 1):
        length, at = read_varint(data, at)
        if at + length > len(data):
            raise ArchiveError("a part of a block is cut off.")
        parts.append(data[at : at + length])
        at += length
    return [*parts, data[at:]]
