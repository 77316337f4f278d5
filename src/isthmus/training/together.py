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
from isthmus.training.compiled import held_out_loss
from isthmus.training.devices import PlacedBlock, random_key
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
        What to train: models may differ in shape, settings must agree.
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
    best = _Best(models, loss, validation)
    best.fall_back(plans)
    plan = Plan(models, loss, replace(plans[0].settings, patience=None))
    training = train(plan, batches, run, observe=best.observe)
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
        self, models: tuple[Any, ...], loss: SumOfLosses, validation: ArrayBatches
    ) -> None:
        self.models = list(models)
        self.epochs = np.zeros(len(models), int)
        self.losses: list[np.ndarray] = []
        self.seconds: list[float] = []
        self._layout, self._loss, self._n_rows = Layout.of(models), loss, validation.n_rows
        self._blocks = [
            PlacedBlock(jax.device_put(block.rows), None, block.n_rows, block.n_steps)
            for block in validation.epoch()
        ]
        self._key = random_key(0)
        self._least = np.full(len(models), np.inf)
        self._floor: SumOfLosses | None = None
        self._most = self._least
        self._start = time.perf_counter()

    def fall_back(self, plans: Sequence[Plan[Any]]) -> None:
        """Begin where the plans fall back to, and keep to their floors, if they have any."""
        some = [plan.fallback is not None for plan in plans]
        if not any(some):
            return
        pairs = zip(plans, self.models, strict=True)
        self.models = [m if plan.fallback is None else plan.fallback for plan, m in pairs]
        self._least = np.where(some, self._losses(tuple(self.models), self._loss), np.inf)
        floored = [plan.fallback is not None and plan.floor is not None for plan in plans]
        if any(floored):
            self._floor = SumOfLosses(tuple(plan.floor or plan.loss for plan in plans))
            self._most = np.where(floored, self._losses(tuple(self.models), self._floor), np.inf)

    def observe(self, epoch: int, models: tuple[Any, ...]) -> None:
        losses = self._losses(models, self._loss)
        self.losses.append(losses)
        self.seconds.append(time.perf_counter() - self._start)
        better = losses < self._least
        if self._floor is not None and better.any():
            better &= self._losses(models, self._floor) <= self._most
        for i in np.flatnonzero(better):
            self.models[i] = jax.tree.map(np.asarray, models[i])
            self.epochs[i], self._least[i] = epoch, losses[i]

    def _losses(self, models: tuple[Any, ...], loss: SumOfLosses) -> np.ndarray:
        """Give the held-out loss of each."""
        parameters = jax.device_put(self._layout.flatten(models))
        parts = [
            held_out_loss(
                parameters,
                block,
                self._key,
                layout=self._layout,
                objective=loss,
            )
            for block in self._blocks
        ]
        return np.sum(parts, axis=0) / self._n_rows
