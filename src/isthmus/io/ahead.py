"""Read ahead in a thread while what was read before is used."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

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


def in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    n_ahead: int = 1,
    pool: Executor | None = None,
) -> Generator[Result]:
    """Yield what a function makes of items, in their order, of which so many are begun ahead.

    As many threads compute them, or those of a pool, which stays open. An error of the function is
    raised here, in its place.

    Examples
    --------
    >>> list(in_order(str.upper, "abc", 2))
    ['A', 'B', 'C']
    """
    threads: AbstractContextManager[Executor] = (
        ThreadPoolExecutor(n_ahead, "isthmus-ahead") if pool is None else nullcontext(pool)
    )
    with threads as executor:
        begun: deque[Future[Result]] = deque()
        try:
            for item in items:
                begun.append(executor.submit(function, item))
                if len(begun) > n_ahead:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()
