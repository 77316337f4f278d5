"""How questions and answers are written: a header in JSON, and arrays after it as they are.

A message is the length of the header (4 bytes, little-endian), the header, and the arrays in the
order that it names them in, each filled up to a multiple of 8 bytes, so that a browser reads them
where they lie.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from isthmus.errors import IsthmusError

_ALIGNMENT = 8
DTYPES = ("uint8", "int16", "uint16", "uint32", "int32", "float32", "float64")


def pack(header: dict[str, Any], arrays: Sequence[np.ndarray] = ()) -> bytes:
    """Write a message."""
    told = [{"dtype": array.dtype.name, "shape": list(array.shape)} for array in arrays]
    if any(entry["dtype"] not in DTYPES for entry in told):
        raise TypeError(f"arrays of messages are of {', '.join(DTYPES)}")
    text = json.dumps({**header, "arrays": told}, ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % _ALIGNMENT)
    parts = [len(text).to_bytes(4, "little"), text]
    for array in arrays:
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        parts += [data, b"\0" * (-len(data) % _ALIGNMENT)]
    return b"".join(parts)


def unpack(message: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Read a message.

    Raises
    ------
    IsthmusError
        It is none.
    """
    try:
        start = 4 + int.from_bytes(message[:4], "little")
        header = json.loads(message[4:start])
        arrays = []
        for entry in header.pop("arrays", []):
            if entry["dtype"] not in DTYPES:
                raise ValueError("unknown dtype")
            dtype = np.dtype(entry["dtype"]).newbyteorder("<")
            shape = tuple(int(size) for size in entry["shape"])
            n_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize
            if min(shape, default=0) < 0 or start + n_bytes > len(message):
                raise ValueError("the message is cut off")
            arrays.append(np.frombuffer(message[start : start + n_bytes], dtype).reshape(shape))
            start += n_bytes + -n_bytes % _ALIGNMENT
        return dict(header), arrays
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IsthmusError("A message of the page is damaged: load the page again.") from error
