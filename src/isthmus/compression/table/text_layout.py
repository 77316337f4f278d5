"""What a text file has around its cells, so that the same bytes come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, final

import pyarrow as pa
import pyarrow.compute as pc

from isthmus.compression.table.arrow_values import text_of
from isthmus.compression.table.columns import whole
from isthmus.io.formats.head import Head, Quoted, opened_text

_READ_BYTES = 2**20
_TEXT = pa.large_string()
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
        columns = [pa.array([name], _TEXT) for name in names]
        return _MARK * self.mark + self._lines(columns, self.quoted_names, gaps=True)

    def rows(self, cells: pa.Table, n_rows: int = 65_536) -> Iterator[bytes]:
        """Give rows, a few at a time."""
        for start in range(0, cells.num_rows, n_rows):
            some = cells.slice(start, n_rows)
            columns = [whole(column).cast(_TEXT) for column in some.itercolumns()]
            yield self._lines(columns, self.quoted, gaps=self.quoted_gaps)

    def _lines(self, columns: Sequence[pa.Array], quoted: Sequence[bool], *, gaps: bool) -> bytes:
        parts = [
            self._with_quotes(column, always, gaps)
            for column, always in zip(columns, quoted, strict=True)
        ]
        # Behind the last cell, and then behind the row.
        lines = pc.binary_join_element_wise(*parts, pa.scalar(self.delimiter, _TEXT))  # pyright: ignore
        empty, newline = pa.scalar("", _TEXT), pa.scalar(self.newline, _TEXT)
        lines = pc.binary_join_element_wise(lines, empty, newline)  # pyright: ignore
        return text_of(lines)[1].tobytes()

    def _with_quotes(self, cells: pa.Array, always: bool, gaps: bool) -> pa.Array:
        pattern = '["\r\n' + re.escape(self.delimiter) + "]"
        chosen = pc.match_substring_regex(cells, pattern)  # pyright: ignore
        if always:
            filled = pc.or_(pc.not_equal(cells, ""), gaps)  # pyright: ignore
            chosen = pc.or_(chosen, filled)  # pyright: ignore
        if not pc.any(chosen).as_py():  # pyright: ignore
            return cells
        inside = pc.replace_substring(cells, '"', '""')  # pyright: ignore
        empty, quote = pa.scalar("", _TEXT), pa.scalar('"', _TEXT)
        within = pc.binary_join_element_wise(empty, inside, empty, quote)  # pyright: ignore
        return pc.if_else(chosen, within, cells)  # pyright: ignore

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
