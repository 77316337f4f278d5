"""How far training is, and a bar that shows it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, final

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress(NamedTuple):
    """Where training stands after a compiled call."""

    n_updates: int
    n_updates_total: int
    epoch: int
    n_epochs: int
    loss: float | None
    validation_loss: float | None
    stage: str = ""  # what is being trained, where it is not the whole


Reporter: TypeAlias = Callable[[Progress], None]


@final
class ProgressBar:
    """A bar with both losses on standard error; it appears when the work takes over a second.

    Parameters
    ----------
    verbose : bool or None
        True shows the bar, False never does, None only on a terminal.
    """

    DELAY = 1.0

    def __init__(self, verbose: bool | None = None) -> None:
        self._wanted = sys.stderr.isatty() if verbose is None else verbose
        self._start = time.monotonic()
        self._bar: RichProgress | None = None

    def __call__(self, progress: Progress) -> None:
        if not self._wanted or time.monotonic() - self._start < self.DELAY:
            return
        state: dict[str, Any] = {
            "completed": progress.n_updates,
            "total": progress.n_updates_total,
            "stage": f"{progress.stage}, " if progress.stage else "",
            "epoch": f"{progress.epoch:>{len(str(progress.n_epochs))}}/{progress.n_epochs}",
            "losses": _losses(progress),
        }
        if self._bar is None:
            self._bar = _make_bar()
            # A bar without its task, or a task without its fields, cannot be drawn.
            self._bar.add_task("training", **state)
            self._bar.start()
        else:
            self._bar.update(self._bar.task_ids[0], **state)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def _losses(progress: Progress) -> str:
    if progress.loss is None:
        return ""
    # "#" keeps final zeros, so that the line does not change its width.
    text = f"loss {progress.loss:#.4g}"
    if progress.validation_loss is not None:
        text += f", held out {progress.validation_loss:#.4g}"
    return text


def _make_bar() -> RichProgress:
    return RichProgress(
        TextColumn("{task.fields[stage]}epoch {task.fields[epoch]}"),
        BarColumn(),
        TextColumn("{task.fields[losses]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
