"""What a run tells of its epochs, for those who watch it from elsewhere."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

from isthmus.errors import IsthmusError
from isthmus.io.failures import reason_of
from isthmus.runs.event_files import EventFiles
from isthmus.runs.log_file import LogFile
from isthmus.runs.peak_memory import peak_memory
from isthmus.runs.processes import Processes
from isthmus.runs.progress import Progress


@final
class Logs:
    """A log of JSON lines and a folder for TensorBoard, or one of them, or neither.

    It is told of every `Progress`, and has to be closed. Of several processes only the first one
    writes.

    Parameters
    ----------
    log : str, Path or None
        File of JSON lines.
    tensorboard : str, Path or None
        Folder for event files.

    Raises
    ------
    IsthmusError
        One of them cannot be written to, or tensorboardX is not installed.
    """

    def __init__(
        self,
        log: str | os.PathLike[str] | None = None,
        tensorboard: str | os.PathLike[str] | None = None,
    ) -> None:
        self._file: LogFile | None = None
        self._events: EventFiles | None = None
        self._begun = self._warned = False
        if (log is None and tensorboard is None) or not Processes().first:
            return
        # The folder first: where TensorBoard is missing, no empty log is left behind.
        self._events = None if tensorboard is None else EventFiles(tensorboard)
        self._file = None if log is None else LogFile(log)

    def close(self) -> None:
        """Close what is open."""
        if self._events is not None:
            self._events.close()

    def begin(self, resumed_epoch: int | None = None) -> None:
        """Start anew, or go on after a checkpoint; all but the first call do nothing.

        Parameters
        ----------
        resumed_epoch : int or None
            The epoch that the checkpoint goes on with, if there is one.

        Raises
        ------
        IsthmusError
            Nothing can be written.
        """
        if self._begun:
            return
        self._begun = True
        if self._file is not None:
            name, more = "started", {}
            if resumed_epoch is not None:
                name, more = "resumed", {"epoch": resumed_epoch}
            with _refusing(self._file.path):
                self._file.begin(resumed=resumed_epoch is not None)
                self._file.write(_event(name, **more))
        if self._events is not None:
            with _refusing(self._events.path):
                self._events.begin(resumed_epoch)

    def __call__(self, progress: Progress) -> None:
        if not progress.epoch_complete or (self._file is None and self._events is None):
            return
        stage = progress.stage
        rate = progress.rows_per_second
        values = {
            "loss": _finite(progress.loss),
            "validation_loss": _finite(progress.validation_loss),
            **{name: _finite(value) for name, value in progress.terms.items()},
            "rows_per_second": rate if rate is None else round(rate, 1),
            "seconds": round(progress.seconds, 3),
            "learning_rate": progress.learning_rate,
            "peak_memory": peak_memory(),
        }
        place = {
            "stage": stage,
            "epoch": progress.epoch,
            "n_epochs": progress.n_epochs,
            "updates": progress.n_updates,
        }
        prefix = stage.replace(", ", "/").replace(" ", "_") + "/" * bool(stage)
        points = {prefix + name: value for name, value in values.items() if value is not None}
        self._append(place | values)
        if self._events is not None:
            with self._going_on(self._events.path):
                self._events.write(progress.epoch, points)

    def end(self, interrupted: bool) -> None:
        """Say that training has ended, and how."""
        self._append(_event("interrupted" if interrupted else "finished"))

    def _append(self, entry: dict[str, Any]) -> None:
        if self._file is not None:
            with self._going_on(self._file.path):
                self._file.write(entry)

    @contextmanager
    def _going_on(self, path: Path) -> Iterator[None]:
        """Warn once of what cannot be written: training is worth more than its log."""
        try:
            yield
        except OSError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{path} could not be written, because {reason_of(error)}; training goes on.",
                    RuntimeWarning,
                    stacklevel=2,
                )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IsthmusError(f"{path} could not be written, because {reason_of(error)}.") from error


def _event(name: str, **more: Any) -> dict[str, Any]:
    return {"event": name, "time": datetime.now(UTC).isoformat(timespec="seconds"), **more}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
