"""Standard streams on which every command can speak, whatever they were given to it as."""

from __future__ import annotations

import codecs
import os
import sys
from io import TextIOWrapper

# What our own sentences and tables are made of; all else is written as its number.
_PLAIN = {
    "→": "->",
    "−": "-",
    "–": "-",
    "—": "-",
    "×": "x",
    "·": "*",
    "…": "...",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "±": "+-",
    "²": "^2",
    "σ": "sigma",
    "μ": "mu",
    "β": "beta",
}
_ERRORS = "isthmus.plain"


def prepare_streams() -> None:
    """Open what was closed, and let text that the encoding does not know be written plainly."""
    _open_closed()
    codecs.register_error(_ERRORS, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


def _open_closed() -> None:
    """Put nothing in the place of closed streams; else the next files would be taken for them."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            stream = open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    known = (_PLAIN.get(letter) for letter in letters)
    return "".join(
        letter.encode("ascii", "backslashreplace").decode() if plain is None else plain
        for letter, plain in zip(letters, known, strict=True)
    ), error.end
