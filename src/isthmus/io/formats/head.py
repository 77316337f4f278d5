"""How a text file begins: its first records, whatever stands between their cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io.budget import memory_budget, readable_bytes

_SAMPLE_BYTES = 2**16
_SAMPLE_LINES = 4
# A line is held several times over while it becomes cells.
_LINE_SHARE = 16
_LONGEST_CHARACTER = 4
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
_LINE_END = re.compile(r"\r\n|\r|\n")


class Quoted(str):
    """A cell with quotes around it."""

    __slots__ = ()


@final
@dataclass(frozen=True)
class Head:
    """The first lines of a file.

    Parameters
    ----------
    path : Path
        The file.
    text : str
        The lines.
    whole : bool
        Whether these are all.
    """

    path: Path
    text: str
    whole: bool

    @property
    def longest_line(self) -> int:
        """Bytes of the longest line."""
        return len(max(_LINE_END.split(self.text), key=len).encode())

    def records(self, delimiter: str) -> list[list[str]]:
        """Cut the lines into cells; those that are blank or not all there are left out."""
        if '"' in self.text:
            return list(_quoted_records(self.text, delimiter, self.whole))
        lines = _LINE_END.split(self.text)
        kept = lines if self.whole else lines[:-1]
        return [line.split(delimiter) for line in kept if line]


@contextmanager
def opened_text(path: Path) -> Iterator[pa.NativeFile]:
    """Open a file of text, plain or gzipped."""
    packed = "gzip" if path.suffix.lower() == ".gz" else None
    with pa.input_stream(str(path), compression=packed) as stream:
        yield stream


def read_head(path: Path) -> Head:
    """Read the first lines of a file.

    Raises
    ------
    DataError
        It is not UTF-8 text, or a line is longer than memory allows.
    """
    most = max(memory_budget() // _LINE_SHARE, _SAMPLE_BYTES)
    start = b""
    with opened_text(path) as stream:
        wanted = _SAMPLE_BYTES
        while True:
            more = stream.read(wanted - len(start))
            start += more
            ends = start.count(b"\n") or start.count(b"\r")
            if not more or ends >= _SAMPLE_LINES or len(start) >= most:
                break
            wanted = min(most, 2 * len(start)) if len(start) >= wanted else wanted
    _refuse_encodings(start, path)
    if more and not ends:
        raise DataError(
            f"{path} has a first line of more than {readable_bytes(most)}, for which "
            f"{readable_bytes(most * _LINE_SHARE)} of memory are too little: allow more with "
            "--memory or ISTHMUS_MEMORY, or write so many columns to .npy or .parquet."
        )
    return Head(path, _decoded(start, path, whole=not more), not more)


def _refuse_encodings(start: bytes, path: Path) -> None:
    if start[:2] in _UTF16_MARKS or b"\0" in start[:_SAMPLE_BYTES]:
        if start[:2] in _UTF16_MARKS or start[:_SAMPLE_BYTES].count(b"\0") > len(start) // 4:
            raise DataError(f"{path} is UTF-16 text: save it again with the encoding UTF-8.")
        line = start[: start.index(b"\0")].count(b"\n") + 1
        raise DataError(
            f"{path} holds a zero byte in line {line:,}, expected text: it is damaged or no table "
            "of text, so write it again."
        )


def _decoded(start: bytes, path: Path, whole: bool) -> str:
    start = start.removeprefix(_UTF8_MARK)
    try:
        return start.decode()
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(start) - _LONGEST_CHARACTER:
            return start[: error.start].decode()
        line = start[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path} is not UTF-8 text in line {line:,}: save it again with the encoding UTF-8."
        ) from error


def _quoted_records(text: str, delimiter: str, whole: bool) -> Iterator[list[str]]:
    sign = re.escape(delimiter)
    cell = re.compile(rf'"((?:[^"]++|"")*+)"([^{sign}\r\n]*+)|([^{sign}\r\n]*+)')
    end = re.compile(rf"{sign}|\r\n|\r|\n|\Z")
    position, record = 0, list[str]()
    while position <= len(text):
        found = cell.match(text, position)
        assert found is not None
        inside, behind, plain = found.groups()
        if inside is None and plain.startswith('"') and not whole:
            return
        is_quoted = inside is not None
        content = inside.replace('""', '"') if is_quoted else plain
        record.append(f'"{content}"{behind}' if behind else Quoted(content) if is_quoted else plain)
        after = end.match(text, found.end())
        assert after is not None
        position = after.end()
        if after[0] == delimiter:
            continue
        if not after[0] and not whole:
            return
        if len(record) > 1 or record[0] or isinstance(record[0], Quoted):
            yield record
        record = []
        if not after[0]:
            return
