"""Passes over data, and who is told how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias, TypeVar

Rows = TypeVar("Rows", bound=Sized)


class Pass(NamedTuple):
    """How far a pass over rows is.

    Parameters
    ----------
    source : str
        Where the rows come from.
    n_done : int
        Rows that were used so far.
    n_rows : int or None
        All rows; None where nobody knows before the end.
    ended : bool
        Whether no more are wanted.
    """

    source: str
    n_done: int
    n_rows: int | None
    ended: bool = False


Listener: TypeAlias = Callable[[Pass], None]

_listener: Listener | None = None


@contextmanager
def passes_told(listener: Listener | None) -> Iterator[None]:
    """Let one listener, or nobody, be told of all passes of this process, of any thread."""
    global _listener
    before, _listener = _listener, listener
    try:
        yield
    finally:
        _listener = before


def told(chunks: Iterable[Rows], source: str, n_rows: int | None = None) -> Iterator[Rows]:
    """Yield the same chunks of rows, and tell how many were used.

    Examples
    --------
    >>> with passes_told(print):
    ...     for rows in told(["ab", "c"], "letters", 3):
    ...         pass
    Pass(source='letters', n_done=2, n_rows=3, ended=False)
    Pass(source='letters', n_done=3, n_rows=3, ended=False)
    Pass(source='letters', n_done=3, n_rows=3, ended=True)
    """
    n_done = 0
    try:
        for chunk in chunks:
            yield chunk
            n_done += len(chunk)
            _tell(Pass(source, n_done, n_rows))
    finally:
        _tell(Pass(source, n_done, n_rows, ended=True))


def _tell(now: Pass) -> None:
    if _listener is not None:
        _listener(now)
