"""How far training is, and how fast."""

from __future__ import annotations

import time
from typing import final

import numpy as np

from isthmus.runs.progress import Progress, Reporter
from isthmus.training.batches import Batches
from isthmus.training.plan import Settings
from isthmus.training.snapshot import Snapshot

# What a history holds of every loss; all else are terms.
_OWN = ("loss", "validation_loss", "seconds")


@final
class ProgressMeter:
    """Reports where training stands, with its speed.

    Parameters
    ----------
    report : callable
        Told of each.
    batches : Batches
        The training rows.
    settings : Settings
        How long training goes on, and how fast.
    n_epochs_before : int
        Epochs of the training that this one goes on from.
    """

    def __init__(
        self, report: Reporter, batches: Batches, settings: Settings, n_epochs_before: int
    ) -> None:
        self._report, self._batches, self._settings = report, batches, settings
        self._n_epochs_before = n_epochs_before
        self._n_updates = settings.n_epochs * batches.n_steps
        self._schedule = settings.schedule(self._n_updates)
        self._epoch_started, self._first_step = 0.0, 0  # of this epoch, in this process
        self._rows_per_second: float | None = None

    def begin_epoch(self, step: int) -> None:
        """Say that an epoch begins with this step, and not with the first where one goes on."""
        self._epoch_started, self._first_step = time.perf_counter(), step
        self._rows_per_second = None

    def report(self, now: Snapshot, seconds: float, epoch_complete: bool = False) -> None:
        """Tell where training stands after so many seconds."""
        n_epochs, batches = self._settings.n_epochs, self._batches
        if not epoch_complete:
            # Held-out rows, which come after the last minibatch, are none of these.
            rows = min(now.step * batches.batch_size, batches.n_rows)
            rows -= self._first_step * batches.batch_size
            passed = time.perf_counter() - self._epoch_started
            self._rows_per_second = rows / max(passed, 1e-9)
        epoch = now.epoch - self._n_epochs_before
        terms = {name: _last(now, name) for name in now.history if name not in _OWN}
        done = (epoch - 1) * batches.n_steps + now.step
        self._report(
            Progress(
                done,
                self._n_updates,
                epoch,
                n_epochs,
                _last(now, "loss"),
                _last(now, "validation_loss"),
                rows_per_update=batches.n_rows / batches.n_steps,
                rows_per_second=self._rows_per_second,
                seconds=seconds,
                learning_rate=float(self._schedule.rate(done - 1, np)),
                epoch_complete=epoch_complete,
                terms={name: value for name, value in terms.items() if value is not None},
            )
        )


def _last(now: Snapshot, name: str) -> float | None:
    values = now.history.get(name)
    return values[-1] if values else None
