"""What an archive's tracks mean, as its header says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from isthmus.compression import array_content
from isthmus.compression.array_content import ArrayContent
from isthmus.compression.header import Header
from isthmus.compression.table import table_content, text_content
from isthmus.compression.table.table_content import TableContent
from isthmus.compression.table.text_content import TextContent
from isthmus.errors import ArchiveError

AnyContent: TypeAlias = ArrayContent | TableContent | TextContent

_READERS: dict[str, Callable[[Header, str], AnyContent]] = {
    array_content.KIND: ArrayContent.from_header,
    table_content.KIND: TableContent.from_header,
    text_content.KIND: TextContent.from_header,
}


COMPRESSOR = "compressor"
"""The kind of an archive that holds a model and no data."""


def content_of(header: Header, source: str) -> AnyContent:
    """Read what the header says.

    Raises
    ------
    ArchiveError
        It says what no version has said.
    """
    kind = header.content.get("kind")
    if kind == COMPRESSOR:
        raise ArchiveError(
            f"{source} holds the model of a Compressor and no data: read it with "
            "isthmus.Compressor.load."
        )
    if kind not in _READERS:
        raise ArchiveError(
            f"{source} holds {str(kind)[:40]!r}, which this Isthmus does not know: upgrade with "
            "pip install --upgrade isthmus."
        )
    return _READERS[kind](header, source)
