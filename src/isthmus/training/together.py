"""Several models trained together, on the same minibatches in one compiled program."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.objectives import Jointly, Loss
from isthmus.training.batches import ArrayBatches
from isthmus.training.compiled import held_out_loss
from isthmus.training.layout import Layout
from isthmus.training.loop import Settings, Training, train
from isthmus.training.progress import Reporter


def train_together(
    models: Sequence[Any],
    losses: Sequence[Loss[Any]],
    batches: ArrayBatches,
    settings: Settings,
    validation: ArrayBatches,
    report: Reporter | None = None,
) -> list[Training[Any]]:
    """Minimize each model's loss, and keep the parameters that do best on held-out rows.

    Each model learns as it would alone on these minibatches, except that none stops early.

    Parameters
    ----------
    models : sequence of pytrees
        Where to start; they may differ in shape.
    losses : sequence of Loss
        One for each model.
    batches, validation : ArrayBatches
        The training rows, and the held-out ones.
    settings : Settings
        How long and how fast.
    report : callable or None
        Called with a `Progress` after every compiled call.

    Returns
    -------
    list of Training
        One for each model; their histories hold "validation_loss" and "seconds".
    """
    together = Jointly(tuple(losses))
    best = _Best(tuple(models), together, validation)
    settings = replace(settings, patience=None)
    training = train(
        tuple(models), together, batches, settings, report=report, observe=best.observe
    )
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


class _Best:
    """The best that was seen of each model."""

    def __init__(self, models: tuple[Any, ...], loss: Jointly, validation: ArrayBatches) -> None:
        self.models = list(models)
        self.epochs = np.zeros(len(models), int)
        self.losses: list[np.ndarray] = []
        self.seconds: list[float] = []
        self._layout, self._loss, self._n_rows = Layout.of(models), loss, validation.n_rows
        self._blocks = [(jnp.asarray(block.rows), block) for block in validation.epoch()]
        self._least = np.full(len(models), np.inf)
        self._start = time.perf_counter()

    def observe(self, epoch: int, models: tuple[Any, ...]) -> None:
        vector = jnp.asarray(self._layout.flatten(models))
        parts = [
            held_out_loss(
                vector,
                rows,
                None,
                block.n_rows,
                block.n_steps,
                jax.random.key(0),
                layout=self._layout,
                objective=self._loss,
            )
            for rows, block in self._blocks
        ]
        losses = np.sum(parts, axis=0) / self._n_rows
        self.losses.append(losses)
        self.seconds.append(time.perf_counter() - self._start)
        for i in np.flatnonzero(losses < self._least):
            self.models[i] = jax.tree.map(np.asarray, models[i])
            self.epochs[i], self._least[i] = epoch, losses[i]
