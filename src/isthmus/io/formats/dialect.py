"""What stands between the cells of a text file, and before the fractions of its numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from isthmus.errors import DataError
from isthmus.io.formats.head import Head, Quoted

NUMBER_GAPS = ("", "NA", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "None")
"""What says in a column of numbers that there is none."""

_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "commas", ";": "semicolons (';')", "\t": "tabs", "|": "bars ('|')"}
_OTHER_GAPS = ("?", "-", "--", ".", "N/A", "n/a", "#N/A", "#NA", "missing", "unknown")
_EXCELS_OWN = re.compile(r"sep=.", re.IGNORECASE)
_LONGEST_CODE = 3
_EXPONENT = r"(?:[eE][+-]?\d+)?"
_POINT = re.compile(rf"[+-]?(?:\d+\.?\d*|\.\d+){_EXPONENT}")
_COMMA = re.compile(rf"[+-]?\d*,\d+{_EXPONENT}")
_MAY_BE_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_GROUPED = re.compile(
    r"[+-]?\d{1,3}(?:(?:\.\d{3})+,\d+|(?:,\d{3})+\.\d+|(?:[.,'\u2019\u00a0\u202f ]\d{3}){2,})"
)


@final
@dataclass(frozen=True)
class Dialect:
    """How the cells of a file are told apart.

    Parameters
    ----------
    delimiter : str
        What stands between two cells.
    decimal : {".", ","}
        What stands before the fraction of a number.
    """

    delimiter: str
    decimal: str = "."

    def is_number(self, text: str) -> bool:
        """Tell whether a cell holds a number."""
        text = text.strip()
        if self.decimal == ",":
            return bool(_COMMA.fullmatch(text)) or text.lstrip("+-").isdecimal()
        return bool(_POINT.fullmatch(text)) or text.lstrip("+-").lower() in ("inf", "infinity")

    def value(self, text: str) -> float:
        """Read a number."""
        return float(text.replace(self.decimal, "."))

    def note(self, usual: str) -> str | None:
        """Say what was found where it is not what the suffix promises."""
        if self.delimiter == usual and self.decimal == ".":
            return None
        sign = "comma" if self.decimal == "," else "point"
        return f"cells are taken to be separated by {_NAMES[self.delimiter]}, decimals by a {sign}"


def is_gap(text: str) -> bool:
    """Tell whether a cell says, in one of many ways, that nothing is known."""
    return text.strip() in NUMBER_GAPS or text.strip() in _OTHER_GAPS


def find_dialect(head: Head, usual: str) -> tuple[Dialect, list[list[str]]]:
    """Find out what separates cells and decimals, and give the first lines cut so.

    Parameters
    ----------
    head : Head
        The first lines.
    usual : str
        The delimiter that the suffix promises.

    Raises
    ------
    DataError
        Numbers are written in a way that may mean one or another.
    """
    records = head.records(usual)
    if not records:
        raise DataError(
            f"{head.path} has no header: put the column names into its first line, and rows below."
        )
    if _EXCELS_OWN.fullmatch(head.text[:5]):
        raise DataError(
            f"{head.path} begins with {head.text[:5]!r}, which is for Excel, expected column "
            "names: take that line away."
        )
    fitting = {sign: _share(head, sign) for sign in _DELIMITERS if sign in head.text}
    best = [sign for sign, share in fitting.items() if share == max(fitting.values()) >= 0]
    delimiter = best[0] if best else usual
    if len(best) > 1:
        delimiter = max(best, key=lambda sign: (*_quality(head, sign), sign == usual))
    if delimiter != usual:
        records = head.records(delimiter)
    if len(records[0]) == 1:
        _refuse_spaces(head, records)
    return Dialect(delimiter, _decimal(head, delimiter, records[1:])), records


def columns_of(records: Sequence[Sequence[str]]) -> list[list[str]]:
    """Give the cells of each column, as far as the rows have as many as most."""
    if not records:
        return []
    (width, _), *_ = Counter(map(len, records)).most_common(1)
    rows = [row for row in records if len(row) == width]
    return [list(column) for column in zip(*rows, strict=True)]


def _share(head: Head, delimiter: str) -> float:
    """Give the share of rows that have as many cells as there are names; −1 for a single name."""
    names, *rows = map(len, head.records(delimiter))
    return sum(width == names for width in rows) / max(len(rows), 1) if names > 1 else -1.0


def _quality(head: Head, delimiter: str) -> tuple[bool, float]:
    """Tell whether quotes are around whole cells, and the share of those that hold numbers."""
    cells = [cell for row in head.records(delimiter)[1:] for cell in row]
    torn = any(cell.startswith('"') and not isinstance(cell, Quoted) for cell in cells)
    return not torn, sum(map(_is_any_number, cells)) / max(len(cells), 1)


def _is_any_number(text: str) -> bool:
    return bool(_POINT.fullmatch(text) or _COMMA.fullmatch(text))


def _refuse_spaces(head: Head, records: Sequence[Sequence[str]]) -> None:
    name, *cells = (row[0].split() for row in records)
    rows = [row for row in cells if len(row) == len(name)]
    if len(name) > 1 and rows and all(any(map(_is_any_number, row)) for row in rows):
        raise DataError(
            f"{head.path} has spaces between its cells, as in {' '.join(name[:4])!r}: save it "
            "with commas, semicolons or tabs between them."
        )


def _decimal(head: Head, delimiter: str, rows: Sequence[Sequence[str]]) -> str:
    """Find the sign before fractions in the columns that hold nothing but numbers and gaps."""
    if "," not in head.text or (delimiter == "," and '"' not in head.text):
        return "."
    points, commas, grouped = list[str](), list[str](), list[str]()
    for column in columns_of(rows):
        texts = [cell.strip() for cell in column if not is_gap(cell)]
        if not all(_is_any_number(text) or _GROUPED.fullmatch(text) for text in texts):
            continue
        points += [text for text in texts if "." in text and _POINT.fullmatch(text)]
        commas += [text for text in texts if _COMMA.fullmatch(text)]
        grouped += [text for text in texts if _GROUPED.fullmatch(text)]
    is_fraction = _are_fractions(commas)
    certain = is_fraction and any(not _MAY_BE_GROUPED.fullmatch(text) for text in commas)
    if delimiter == "," and (points or grouped or not certain):
        return "."  # What has a comma in quotes is left as text, and refused where it is used.
    if grouped:
        _refuse_numbers(head, grouped[0], "has signs between its thousands")
    if commas and points:
        _refuse_numbers(head, commas[0], f"has a comma where {points[0]!r} has a point")
    if commas and not certain:
        other = "thousands" if is_fraction else "two numbers in one cell"
        what = f"may be a fraction, or {other}"
        _refuse_numbers(head, commas[0], f"between {_NAMES[delimiter]} {what}")
    return "," if commas else "."


def _are_fractions(numbers: Sequence[str]) -> bool:
    """Tell whether a comma stands before fractions, and not between two numbers in a cell.

    Where the same few digits follow every comma, it may be either.
    """
    behind = {text.partition(",")[2] for text in numbers}
    if len(behind) > 1 or not behind:
        return True
    (digits,) = behind
    leads = any(text.lstrip("+-").startswith(("0,", ",")) for text in numbers)
    return leads or len(digits) > _LONGEST_CODE or not digits.strip("0")


def _refuse_numbers(head: Head, number: str, what: str) -> None:
    raise DataError(
        f"{head.path} holds {number!r}, which {what}; that is not guessed: save it with a point "
        "before fractions and nothing between thousands."
    )
