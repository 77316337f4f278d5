"""Several models trained together, on the same minibatches, in a compiled program on each core."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

import jax
import numpy as np

from isthmus.objectives import SumOfLosses
from isthmus.runs.computing import computing
from isthmus.runs.interruption import Interruption
from isthmus.runs.progress import Progress, Reporter
from isthmus.runs.run import Run
from isthmus.training.batches import ArrayBatches
from isthmus.training.devices import Devices
from isthmus.training.held_out import Fallback, HeldOut, mean_losses
from isthmus.training.layout import Layout
from isthmus.training.loop import train
from isthmus.training.plan import Plan
from isthmus.training.result import Training


@computing()
def train_together(
    plans: Sequence[Plan[Any]],
    batches: ArrayBatches,
    run: Run | None = None,
    *,
    validation: ArrayBatches,
) -> list[Training[Any]]:
    """Minimize each plan's loss, and keep the parameters that do best on held-out rows.

    Each model learns as it would alone on these minibatches, except that none stops early.

    Parameters
    ----------
    plans : sequence of Plan
        What to train: models may differ in shape, settings must agree, and either all have a
        fallback or none has.
    batches, validation : ArrayBatches
        The training rows, and the held-out ones.
    run : Run or None
        Told of every compiled call; the loss it is told is the sum of all models'.

    Returns
    -------
    list of Training
        One for each model; their histories hold "validation_loss" and "seconds".
    """
    groups = _even_groups([Layout.of(plan.model).n_parameters for plan in plans], _n_threads())
    run = Run() if run is None else run
    progress = _CommonProgress(run.report, len(groups))

    def train_group(number: int) -> list[Training[Any]]:
        try:
            own = run.telling(partial(progress, number))
            return _train_group([plans[i] for i in groups[number]], batches, own, validation)
        except BaseException:
            interruption.request()
            raise

    with Interruption() as interruption, ThreadPoolExecutor(len(groups)) as pool:
        others = [pool.submit(train_group, number) for number in range(1, len(groups))]
        # This thread is the one that hears Ctrl-C, so it does not wait.
        trained = [train_group(0), *(other.result() for other in others)]
    positions = [i for group in groups for i in group]
    by_position = dict(zip(positions, chain.from_iterable(trained), strict=True))
    return [by_position[i] for i in range(len(plans))]


def _n_threads() -> int:
    """Give as many as there are cores for this process; another device has one program."""
    if jax.default_backend() != "cpu":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _even_groups(sizes: Sequence[int], n_groups: int) -> list[list[int]]:
    """Give positions in groups, at most so many, of about equal sums of sizes."""
    groups: list[list[int]] = [[] for _ in range(min(n_groups, len(sizes)))]
    for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        min(groups, key=lambda group: sum(sizes[j] for j in group)).append(i)
    return groups


@computing()
def _train_group(
    plans: Sequence[Plan[Any]],
    batches: ArrayBatches,
    run: Run,
    validation: ArrayBatches,
) -> list[Training[Any]]:
    models = tuple(plan.model for plan in plans)
    loss = SumOfLosses(tuple(plan.loss for plan in plans))
    best = _Best(plans, loss, validation)
    plan = Plan(models, loss, replace(plans[0].settings, patience=None))
    training = train(plan, batches, run, observe=best.observe)
    best.settle(plans)
    return [
        replace(
            training,
            model=best.models[i],
            history={
                "loss": [],
                "seconds": list(best.seconds),
                "validation_loss": [float(losses[i]) for losses in best.losses],
            },
            best_epoch=int(best.epochs[i]),
        )
        for i in range(len(models))
    ]


class _CommonProgress:
    """What several trainings report, told as one: where the last one is, and all losses' sum."""

    def __init__(self, report: Reporter, n_trainings: int) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._losses: list[list[float]] = [[] for _ in range(n_trainings)]  # of every epoch
        self._n_updates = [0] * n_trainings

    def __call__(self, number: int, progress: Progress) -> None:
        with self._lock:
            n_epochs = min(map(len, self._losses))
            self._n_updates[number] = progress.n_updates
            if progress.epoch_complete and progress.loss is not None:
                self._losses[number].append(progress.loss)
                last = min(map(len, self._losses)) > n_epochs
            else:
                last = progress.n_updates == min(self._n_updates)
            if last:
                self._report(progress._replace(loss=self._loss()))

    def _loss(self) -> float | None:
        n_epochs = min(map(len, self._losses))
        return sum(losses[n_epochs - 1] for losses in self._losses) if n_epochs else None


class _Best:
    """The best that was seen of each model."""

    def __init__(
        self, plans: Sequence[Plan[Any]], loss: SumOfLosses, validation: ArrayBatches
    ) -> None:
        self.models = [plan.fallback or plan.model for plan in plans]
        self.epochs = np.zeros(len(plans), int)
        self.losses: list[np.ndarray] = []
        self.seconds: list[float] = []
        self._layout, devices = Layout.of(tuple(self.models)), Devices()
        self._held_out = HeldOut(self._layout, loss, validation, devices)
        self._least = np.full(len(plans), np.inf)
        self._fallback: Fallback | None = None
        if plans[0].fallback is not None:
            floor = None
            if plans[0].floor is not None:
                floors = SumOfLosses(tuple(plan.floor or plan.loss for plan in plans))
                floor = HeldOut(self._layout, floors, validation, devices)
            start = self._layout.flatten(tuple(self.models))
            self._fallback = Fallback(start, self._held_out, floor)
            self._least = self._fallback.means
        self._start = time.perf_counter()

    def observe(self, epoch: int, models: tuple[Any, ...]) -> None:
        parameters = self._layout.flatten(models)
        losses = mean_losses(self._held_out.losses(parameters))
        self.losses.append(losses)
        self.seconds.append(time.perf_counter() - self._start)
        better = losses < self._least
        if self._fallback is not None:
            better = self._fallback.admits(parameters, better)
        for i in np.flatnonzero(better):
            self.models[i] = jax.tree.map(np.asarray, models[i])
            self.epochs[i], self._least[i] = epoch, losses[i]

    def settle(self, plans: Sequence[Plan[Any]]) -> None:
        """Fall back where what was seen is no better than chance."""
        if self._fallback is None:
            return
        kept = self._fallback.gives_way(self._layout.flatten(tuple(self.models)))
        pairs = zip(self.models, plans, kept, strict=True)
        self.models = [model if better else plan.fallback for model, plan, better in pairs]
        self.epochs = np.where(kept, self.epochs, 0)
