"""Items of which the next one can be made ready before it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import Generic, TypeVar, final

Item = TypeVar("Item")


@final
class Upcoming(AbstractContextManager["Upcoming[Item]"], Generic[Item]):
    """An iterator whose next item can be made ready early; it is closed at the end.

    Examples
    --------
    >>> with Upcoming(iter("ab")) as letters:
    ...     letters.prepare()
    ...     letters.take() + letters.take()
    'ab'
    """

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._ready: list[Item] = []

    def prepare(self) -> None:
        """Make the next item, unless there is one or none is left."""
        if not self._ready:
            self._ready.extend(islice(self._items, 1))

    def take(self) -> Item:
        """Give the next item."""
        self.prepare()
        return self._ready.pop()

    def __exit__(self, *_: object) -> None:
        close = getattr(self._items, "close", None)
        if close is not None:
            close()
