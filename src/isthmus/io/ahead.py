"""Read ahead in a thread while what was read before is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")

_DONE = object()
_SECONDS = 0.1


def read_ahead(items: Iterator[Item], n_ahead: int = 1) -> Iterator[Item]:
    """Yield the same items, of which a thread keeps this many ready.

    An error of `items` is raised here, in its place. The thread ends when the items do, or
    when this iterator is closed or forgotten.

    Examples
    --------
    >>> list(read_ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    waiting: queue.Queue[object] = queue.Queue(n_ahead)
    stopped = threading.Event()
    failures: list[BaseException] = []

    def put(item: object) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as error:
            failures.append(error)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
            put(_DONE)

    thread = threading.Thread(target=run, name="isthmus-reader", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _DONE:
            yield item  # pyright: ignore[reportReturnType]
        if failures:
            raise failures[0]
    finally:
        stopped.set()
        thread.join()
