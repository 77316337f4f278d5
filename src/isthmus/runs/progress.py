"""How far training is, and a bar that shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, final

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Column
from rich.text import Text

from isthmus.passes import passes_told
from isthmus.terminal import on_terminal


class Progress(NamedTuple):
    """Where training stands after a compiled call, or after an epoch."""

    n_updates: int
    n_updates_total: int
    epoch: int
    n_epochs: int
    loss: float | None  # of the last whole epoch, as is the next
    validation_loss: float | None
    stage: str = ""  # what is being trained, where it is not the whole
    rows_per_update: float = 0.0
    rows_per_second: float | None = None  # in this epoch
    seconds: float = 0.0
    learning_rate: float = 0.0  # of the last update
    epoch_complete: bool = False
    terms: Mapping[str, float] = MappingProxyType({})  # of the losses, by their names in a history


Reporter: TypeAlias = Callable[[Progress], None]


@final
class ProgressBar:
    """A bar with losses, speed and time left; it appears when the work takes over a second.

    It is drawn on standard error. The time left is that of the stage, without early stopping.

    Parameters
    ----------
    verbose : bool, int or None
        True or a positive number shows the bar, False or 0 never does, None only on a terminal.
    """

    DELAY = 1.0

    def __init__(self, verbose: bool | int | None = None) -> None:
        self._wanted = on_terminal() if verbose is None else bool(verbose)
        self._start = time.monotonic()
        self._bar: RichProgress | None = None
        self._stage = ""
        self._alone = ExitStack()

    def __call__(self, progress: Progress) -> None:
        if not self._wanted or time.monotonic() - self._start < self.DELAY:
            return
        # A terminal that is gone takes its bar with it, not the training.
        try:
            self._show(progress)
        except (OSError, ValueError):
            self._wanted = False

    def _show(self, progress: Progress) -> None:
        state: dict[str, Any] = {
            "completed": progress.n_updates,
            "total": progress.n_updates_total,
            "stage": f"{progress.stage}, " if progress.stage else "",
            "epoch": f"{progress.epoch:>{len(str(progress.n_epochs))}}/{progress.n_epochs}",
            "losses": _losses(progress),
            "rows_per_update": progress.rows_per_update,
        }
        if self._bar is None:
            self._bar = _make_bar()
            # A bar without its task, or a task without its fields, cannot be drawn.
            self._bar.add_task("training", **state)
            self._alone.enter_context(passes_told(None))
            self._bar.start()
        elif progress.stage != self._stage:
            # What was measured of another stage says nothing about this one.
            self._bar.reset(self._bar.task_ids[0], **state)
        else:
            self._bar.update(self._bar.task_ids[0], **state)
        self._stage = progress.stage

    def close(self) -> None:
        """Take the bar away."""
        self._alone.close()
        if self._bar is not None:
            with suppress(OSError, ValueError):
                self._bar.stop()


def _losses(progress: Progress) -> str:
    if progress.loss is None:
        return ""
    # "#" keeps final zeros, so that the line does not change its width.
    text = f"loss {progress.loss:#.4g}"
    # Those of held-out rows are left to the log: a line has only so much room.
    own = {name: value for name, value in progress.terms.items() if "_" not in name}
    if own:
        text += f" ({', '.join(f'{name} {value:#.4g}' for name, value in own.items())})"
    if progress.validation_loss is not None:
        text += f", held out {progress.validation_loss:#.4g}"
    return text


class _SpeedColumn(ProgressColumn):
    """Rows per second, over the last half a minute."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        if task.speed is None:
            return Text()
        return Text(f"{task.speed * task.fields['rows_per_update']:,.0f} rows/s", no_wrap=True)


def _make_bar() -> RichProgress:
    return RichProgress(
        TextColumn("{task.fields[stage]}epoch {task.fields[epoch]}"),
        # Of all columns this one gives way where the terminal is narrow.
        BarColumn(bar_width=None, table_column=Column(min_width=4, max_width=40)),
        TextColumn("{task.fields[losses]}"),
        _SpeedColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
    )
