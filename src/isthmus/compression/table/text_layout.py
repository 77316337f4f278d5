"""What a text file has around its cells, so that the same bytes come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, final

import pyarrow as pa

from isthmus.io.formats.head import Head, Quoted, opened_text

_READ_BYTES = 2**20
_MARK = b"\xef\xbb\xbf"


@final
@dataclass(frozen=True)
class TextLayout:
    """How a file is written.

    Parameters
    ----------
    delimiter, newline : str
        What ends a cell, and a row.
    last_newline : bool
        Whether the last row has one.
    mark : bool
        Whether the file begins with a mark of its encoding.
    quoted_names, quoted : tuple of bool
        Which names and which columns have quotes around them though they need none.
    quoted_gaps : bool
        Whether that holds for empty cells too.
    """

    delimiter: str
    newline: str
    last_newline: bool
    mark: bool
    quoted_names: tuple[bool, ...]
    quoted: tuple[bool, ...]
    quoted_gaps: bool

    @classmethod
    def find(
        cls, head: Head, delimiter: str, cells: Callable[[], Iterator[pa.Table]]
    ) -> TextLayout | None:
        """Find the layout that gives a file back; None where no simple one does.

        Parameters
        ----------
        head : Head
            How the file begins.
        delimiter : str
            What ends a cell.
        cells : callable
            Gives all rows, some at a time.
        """
        names, *rows = head.records(delimiter)
        columns = list(zip(*rows, strict=False))
        found = re.search(r"\r\n|\r|\n", head.text)
        layout = cls(
            delimiter,
            found[0] if found else "\n",
            *_ends_and_starts(head.path),
            tuple(isinstance(name, Quoted) for name in names),
            tuple(any(isinstance(cell, Quoted) for cell in column) for column in columns),
            False,
        )
        plain = (False,) * len(names)
        ways = product({plain, layout.quoted}, {plain, layout.quoted_names}, (False, True))
        for quoted, quoted_names, gaps in ways:
            tried = replace(layout, quoted=quoted, quoted_names=quoted_names, quoted_gaps=gaps)
            if tried.gives_back(head.path, map(str, names), cells()):
                return tried
        return None

    def gives_back(self, path: Path, names: Iterable[str], cells: Iterator[pa.Table]) -> bool:
        """Tell whether a file is what would be written."""
        with opened_text(path) as stream:
            for text in self.written(names, cells):
                if stream.read(len(text)) != text:
                    return False
            return not stream.read(1)

    def written(self, names: Iterable[str], cells: Iterable[pa.Table]) -> Iterator[bytes]:
        """Give a whole file, some rows at a time."""
        last = self.header(names)
        for some in cells:
            for text in self.rows(some):
                yield last
                last = text
        yield last if self.last_newline else last.removesuffix(self.newline.encode())

    def header(self, names: Iterable[str]) -> bytes:
        """Give the first line."""
        written = (
            self._cell(*pair, gaps=True) for pair in zip(names, self.quoted_names, strict=True)
        )
        line = self.delimiter.join(written) + self.newline
        return _MARK * self.mark + line.encode()

    def rows(self, cells: pa.Table, n_rows: int = 65_536) -> Iterator[bytes]:
        """Give rows, a few at a time."""
        for start in range(0, cells.num_rows, n_rows):
            some = cells.slice(start, n_rows)
            columns = [
                [self._cell(text, quoted, self.quoted_gaps) for text in column.to_pylist()]
                for column, quoted in zip(some.itercolumns(), self.quoted, strict=True)
            ]
            lines = map(self.delimiter.join, zip(*columns, strict=True))
            yield "".join(line + self.newline for line in lines).encode()

    def _cell(self, text: str, quoted: bool, gaps: bool) -> str:
        needed = self.delimiter in text or '"' in text or "\n" in text or "\r" in text
        if needed or (quoted and (text or gaps)):
            return '"' + text.replace('"', '""') + '"'
        return text

    def to_json(self) -> dict[str, Any]:
        """Give what `from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> TextLayout:
        """Read what `to_json` gave; TypeError or KeyError if it is something else."""
        quoted = {name: tuple(map(bool, found[name])) for name in ("quoted_names", "quoted")}
        return cls(**{**found, **quoted})


def _ends_and_starts(path: Path) -> tuple[bool, bool]:
    """Tell whether a file ends with a new line, and whether it starts with a mark."""
    with opened_text(path) as stream:
        last = start = stream.read(len(_MARK))
        while found := stream.read(_READ_BYTES):
            last = found
    return last.endswith((b"\n", b"\r")), start == _MARK
