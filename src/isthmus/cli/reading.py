"""A bar for passes over data that take long."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, final

from isthmus.errors import printable
from isthmus.passes import Pass
from isthmus.terminal import on_terminal

_DELAY, _WIDTH = 1.0, 40


@final
class ReadingBar:
    """Shows on a terminal how far a pass is, once it has taken a second.

    Of passes that run at once it shows the one that began first.
    """

    def __init__(self) -> None:
        self._source: str | None = None
        self._start = 0.0
        self._bar: Any = None

    def __call__(self, now: Pass) -> None:
        if self._source is None:
            self._source, self._start = now.source, time.monotonic()
        if now.source != self._source:
            return
        if now.ended:
            self.close()
            return
        # A terminal that is gone takes its bar with it, not the work.
        with suppress(OSError, ValueError):
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], completed=now.n_done)
            elif time.monotonic() - self._start >= _DELAY and on_terminal():
                self._bar = _make_bar(now)
                self._bar.start()

    def close(self) -> None:
        """Take the bar away, and wait for the next pass."""
        bar, self._bar, self._source = self._bar, None, None
        if bar is not None:
            with suppress(OSError, ValueError):
                bar.stop()


def _make_bar(now: Pass) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    bar = Progress(
        TextColumn(
            "reading {task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", max_width=_WIDTH),
        ),
        BarColumn(bar_width=None, table_column=Column(min_width=4, max_width=40)),
        TextColumn("{task.completed:,} rows", table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        TextColumn("left" if now.n_rows else ""),
        console=Console(stderr=True),
        transient=True,
    )
    bar.add_task(printable(now.source), total=now.n_rows, completed=now.n_done)
    return bar
