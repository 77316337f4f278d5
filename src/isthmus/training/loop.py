"""The training loop: compiled blocks of updates, and in between a look at the held-out rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.errors import IsthmusError
from isthmus.objectives import Loss
from isthmus.training.batches import ArrayBatches, Block
from isthmus.training.compilation_cache import use_compilation_cache
from isthmus.training.compiled import Carry, advance, held_out_loss, initial_carry
from isthmus.training.interruption import Interruption
from isthmus.training.layout import Layout
from isthmus.training.optimizer import Schedule
from isthmus.training.progress import Progress, Reporter

Observer: TypeAlias = Callable[[int, Any], None]

M = TypeVar("M")

_SECONDS_PER_CALL = 0.4
_MOST_WARMUP = 100


@final
@dataclass(frozen=True)
class Settings:
    """How to train.

    Parameters
    ----------
    n_epochs : int
        Passes over the training rows.
    learning_rate : float
        Peak of the learning rate.
    weight_decay : float
        AdamW's decoupled weight decay, on matrices only.
    warmup : float
        Share of the updates in which the learning rate rises, at most the first hundred.
    decay : bool
        Whether the learning rate then falls to nothing along a cosine; otherwise it stays.
    patience : int or None
        Epochs without a better held-out loss after which to stop; None never stops early.
    seed : int
        Fixes the order of the rows and all noise.
    precision : {"float32", "bfloat16"}
        Of the numbers that go into matrix products.
    """

    n_epochs: int
    learning_rate: float
    weight_decay: float = 0.0
    warmup: float = 0.05
    decay: bool = True
    patience: int | None = None
    seed: int = 0
    precision: str = "float32"

    def schedule(self, n_updates: int) -> Schedule:
        """Give the learning rate over this many updates."""
        total = float(n_updates) if self.decay else float("inf")
        return Schedule(self.learning_rate, min(self.warmup * n_updates, _MOST_WARMUP), total)


class TrainingState(NamedTuple):
    """What training goes on from: parameters, optimizer state and number of the epoch."""

    carry: Carry
    epoch: int


@final
@dataclass
class Training(Generic[M]):
    """What training gives.

    Attributes
    ----------
    model
        The best parameters seen: those with the least held-out loss, or the last ones where
        no rows were held out.
    history : dict of str to list
        Per epoch: "loss" (mean per row, penalties included, while the parameters moved),
        "validation_loss" (if rows were held out) and "seconds" since the start.
    best_epoch : int
        The epoch, counted from 1, whose parameters were kept.
    interrupted : bool
        Whether Ctrl-C ended it.
    state : TrainingState
        What to go on from.
    """

    model: M
    history: dict[str, list[float]]
    best_epoch: int
    interrupted: bool
    state: TrainingState


def train(
    model: M,
    objective: Loss[M],
    batches: ArrayBatches,
    settings: Settings,
    *,
    validation: ArrayBatches | None = None,
    relative_rates: M | None = None,
    state: TrainingState | None = None,
    report: Reporter | None = None,
    observe: Observer | None = None,
) -> Training[M]:
    """Minimize the objective, and keep the parameters that do best on held-out rows.

    Parameters
    ----------
    model : pytree of arrays
        Where to start.
    objective : Loss
        What to minimize; an `Objective` for autoencoders.
    batches : ArrayBatches
        The training rows.
    settings : Settings
        How long and how fast.
    validation : ArrayBatches or None
        Held-out rows; they decide which parameters are kept and when to stop.
    relative_rates : like model, or None
        Multiplies the learning rate of each parameter; 0 leaves it as it is.
    state : TrainingState or None
        Go on from here instead of from `model`.
    report : callable or None
        Called with a `Progress` after every compiled call.
    observe : callable or None
        Called after every epoch with its number and the model as it then is.

    Raises
    ------
    IsthmusError
        The loss stopped being a number before any epoch was finished.
    """
    use_compilation_cache()
    layout = Layout.of(model)
    rates = jnp.ones(()) if relative_rates is None else jnp.asarray(layout.flatten(relative_rates))
    loop = _Loop(layout, objective, batches, settings, rates, report, observe)
    if state is None:
        memory = objective.initial_memory(model, batches.batch_size)
        state = TrainingState(initial_carry(jnp.asarray(layout.flatten(model)), memory), 0)
    held_out = _HeldOut(layout, objective, validation) if validation is not None else None
    with Interruption() as interruption:
        return loop.run(state, held_out, interruption)


@dataclass
class _Loop:
    layout: Layout
    objective: Loss[Any]
    batches: ArrayBatches
    settings: Settings
    relative_rates: jax.Array
    report: Reporter | None
    observe: Observer | None
    history: dict[str, list[float]] = field(default_factory=lambda: {"loss": [], "seconds": []})
    seconds_per_step: float | None = None

    def run(
        self, state: TrainingState, held_out: _HeldOut | None, interruption: Interruption
    ) -> Training[Any]:
        start = time.perf_counter()
        carry, first_epoch = state
        best, best_loss, best_epoch = carry.vector, np.inf, first_epoch
        epoch = first_epoch
        if held_out is not None:
            self.history["validation_loss"] = []
        for epoch in range(first_epoch + 1, first_epoch + self.settings.n_epochs + 1):
            carry = self._run_epoch(carry, epoch, epoch - first_epoch, interruption)
            loss = float(carry.loss_sum) / self.batches.n_rows
            finished = not interruption.requested
            if not finished and len(self.history["loss"]):
                break
            value = loss if held_out is None else held_out.loss(carry.vector)
            if not np.isfinite(value):
                if best_loss < np.inf:
                    break
                raise IsthmusError(
                    f"the loss became {value} in epoch {epoch}: "
                    f"try a smaller learning_rate than {self.settings.learning_rate:g}."
                )
            if finished:
                self._record(loss, value, time.perf_counter() - start)
            if self.observe is not None:
                self.observe(epoch, self.layout.unflatten(carry.vector))
            if value < best_loss or held_out is None:
                # The compiled program takes its argument's memory, so what is kept is copied.
                best, best_loss, best_epoch = jnp.copy(carry.vector), value, epoch
            patience = self.settings.patience
            if patience is not None and epoch - best_epoch >= patience:
                break
            if interruption.requested:
                break
        model = jax.tree.map(np.asarray, self.layout.unflatten(best))
        state = TrainingState(carry, epoch)
        return Training(model, self.history, best_epoch, interruption.requested, state)

    def _run_epoch(
        self, carry: Carry, epoch: int, n_epochs_run: int, interruption: Interruption
    ) -> Carry:
        settings, n_steps = self.settings, self.batches.n_steps
        generator = np.random.default_rng([settings.seed, epoch])
        key = jax.random.key(settings.seed)
        schedule = settings.schedule(n_steps * settings.n_epochs)
        carry = carry._replace(loss_sum=jnp.zeros(()))
        done = (n_epochs_run - 1) * n_steps
        for block in self.batches.epoch(generator):
            rows, targets = jax.tree.map(jnp.asarray, (block.rows, block.targets))
            for start, stop in self._calls(block):
                before = time.perf_counter()
                carry = advance(
                    carry,
                    rows,
                    targets,
                    block.n_rows,
                    start,
                    stop,
                    schedule,
                    settings.weight_decay,
                    self.relative_rates,
                    key,
                    layout=self.layout,
                    objective=self.objective,
                    precision=settings.precision,
                )
                carry.loss_sum.block_until_ready()
                self._measure(time.perf_counter() - before, stop - start)
                done += stop - start
                self._show(done, n_epochs_run)
                if interruption.requested:
                    return carry
        return carry

    def _calls(self, block: Block) -> Iterator[tuple[int, int]]:
        """Cut a block into calls of about half a second; the first one tells the speed."""
        start = 0
        while start < block.n_steps:
            seconds = self.seconds_per_step
            size = 1 if seconds is None else max(1, int(_SECONDS_PER_CALL / seconds))
            stop = min(start + size, block.n_steps)
            yield start, stop
            start = stop

    def _measure(self, seconds: float, n_steps: int) -> None:
        # The very first call compiles and says nothing about speed.
        if self.seconds_per_step is None:
            self.seconds_per_step = _SECONDS_PER_CALL / 4
        else:
            self.seconds_per_step = max(seconds / n_steps, 1e-7)

    def _record(self, loss: float, value: float, seconds: float) -> None:
        self.history["loss"].append(loss)
        self.history["seconds"].append(seconds)
        if "validation_loss" in self.history:
            self.history["validation_loss"].append(value)

    def _show(self, done: int, epoch: int) -> None:
        if self.report is None:
            return
        total = self.batches.n_steps * self.settings.n_epochs
        loss, value = (
            self.history.get(name, [])[-1:] or [None] for name in ("loss", "validation_loss")
        )
        self.report(Progress(done, total, epoch, self.settings.n_epochs, loss[0], value[0]))


class _HeldOut:
    """Held-out rows, placed on the device once."""

    def __init__(self, layout: Layout, objective: Loss[Any], batches: ArrayBatches) -> None:
        self._layout, self._objective = layout, objective
        self._n_rows = batches.n_rows
        self._blocks = [
            (
                *jax.tree.map(jnp.asarray, (block.rows, block.targets)),
                block.n_rows,
                block.n_steps,
            )
            for block in batches.epoch()
        ]

    def loss(self, vector: jax.Array) -> float:
        """Give the mean loss per held-out row."""
        key = jax.random.key(0)
        total = sum(
            float(
                held_out_loss(vector, *block, key, layout=self._layout, objective=self._objective)
            )
            for block in self._blocks
        )
        return total / self._n_rows
