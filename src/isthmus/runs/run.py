"""What a training tells while it runs, and what it keeps: one value for all of it."""

from __future__ import annotations

import os
from copy import copy
from types import TracebackType
from typing import Any, final

from isthmus.runs.checkpoint import CheckpointFile
from isthmus.runs.logs import Logs
from isthmus.runs.processes import Processes
from isthmus.runs.progress import Progress, ProgressBar, Reporter


@final
class Run:
    """Checkpoint, logs and progress bar of a fit; use it in a ``with`` statement.

    Of several processes only the first one tells anything.

    Parameters
    ----------
    verbose : bool, int or None
        Whether to show a progress bar; None shows it on a terminal only.
    checkpoint : CheckpointFile or None
        What to go on from, and where to write to.
    log : path of a file or None
        Where to write a line of JSON after every epoch.
    tensorboard : path of a folder or None
        Where to write the same for TensorBoard.

    Raises
    ------
    IsthmusError
        A log cannot be written to.
    """

    def __init__(
        self,
        verbose: bool | int | None = False,
        *,
        checkpoint: CheckpointFile | None = None,
        log: str | os.PathLike[str] | None = None,
        tensorboard: str | os.PathLike[str] | None = None,
    ) -> None:
        self.checkpoint = checkpoint
        self._logs, self._bar = Logs(log, tensorboard), ProgressBar(verbose)
        self._reporters: tuple[Reporter, ...] = (self._bar, self._logs)
        self._stages: tuple[str, ...] = ()
        self._tells = Processes().first

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
        self._logs.close()

    @property
    def resumes(self) -> bool:
        """Whether a checkpoint is there to go on from."""
        return self.checkpoint is not None and self.checkpoint.found

    def stage(self, name: str) -> Run:
        """Give the same run for a stage of it, which has no checkpoint of its own."""
        return self._with(_stages=(*self._stages, name))

    def telling(self, reporter: Reporter) -> Run:
        """Give a run that tells this reporter alone, for one of several trainings at once."""
        return self._with(_reporters=(reporter,))

    def _with(self, **changes: Any) -> Run:
        changed = copy(self)
        vars(changed).update(changes, checkpoint=None)
        return changed

    def begin(self) -> None:
        """Open the logs, anew or going on after the checkpoint; only the first call does."""
        self._logs.begin(None if self.checkpoint is None else self.checkpoint.epoch)

    def report(self, progress: Progress) -> None:
        """Tell how far training is."""
        if self._tells:
            progress = progress._replace(stage=", ".join(self._stages))
            for reporter in self._reporters:
                reporter(progress)

    def end(self, interrupted: bool) -> None:
        """Say that training has ended, and how."""
        self._logs.end(interrupted)
