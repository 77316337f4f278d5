"""Arrow's schemas and lists of values as bytes, which lie beside the header of an archive."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from isthmus.compression.numbers import from_little_endian, little_endian
from isthmus.compression.packed_bytes import pack, unpack
from isthmus.compression.table.arrow_values import (
    from_numbers,
    from_text,
    is_text,
    numbers_dtype_of,
    numbers_kind,
    numbers_of,
    text_of,
)
from isthmus.compression.varint import joined, parted, read_varint, varint
from isthmus.errors import ArchiveError

_LARGEST = 2**31


def attach(*parts: bytes) -> bytes:
    """Pack parts together."""
    together = joined(*parts)
    return varint(len(together)) + pack(together)


def detach(data: bytes, n: int) -> list[bytes]:
    """Give back the parts that `attach` packed."""
    size, at = read_varint(data, 0)
    if size > _LARGEST:
        raise ArchiveError("what is attached is larger than any.")
    return parted(unpack(data[at:], size), n)


def schema_to_bytes(schema: pa.Schema) -> bytes:
    """Give a schema in arrow's format for streams, which does not change."""
    return schema.serialize().to_pybytes()


def schema_from_bytes(data: bytes) -> pa.Schema:
    """Read a schema."""
    return pa.ipc.read_schema(pa.py_buffer(data))


def values_to_bytes(values: pa.Array) -> bytes:
    """Give a list of different values, which has no gaps."""
    head = varint(len(values))
    if is_text(values.type):
        lengths, data = text_of(values)
        return head + little_endian(lengths) + data.tobytes()
    if numbers_kind(values.type) is not None:
        return head + little_endian(numbers_of(values))
    table = pa.table({"values": values})
    return head + stream_of(table)


def values_from_bytes(data: bytes, kind: pa.DataType) -> pa.Array:
    """Give the list back."""
    n, at = read_varint(data, 0)
    if n > len(data):
        raise ArchiveError("a list of values is cut off.")
    if is_text(kind):
        end = at + 4 * n
        lengths = from_little_endian(data[at:end], np.dtype(np.uint32), (n,))
        return from_text(lengths, np.frombuffer(data[end:], np.uint8), None, kind)
    if numbers_kind(kind) is not None:
        return from_numbers(from_little_endian(data[at:], numbers_dtype_of(kind), (n,)), None, kind)
    with pa.ipc.open_stream(data[at:]) as stream:
        column = stream.read_all().column(0).combine_chunks()
    return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column


def stream_of(table: pa.Table) -> bytes:
    """Give a table in arrow's format for streams."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
