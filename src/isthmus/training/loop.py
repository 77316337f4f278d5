"""The training loop: compiled blocks of updates, and in between a look at the held-out rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypeVar

import jax
import numpy as np

from isthmus.errors import IsthmusError
from isthmus.networks.precision import on_cpu
from isthmus.objectives import Loss
from isthmus.runs.checkpoint import CheckpointFile
from isthmus.runs.compilation_cache import use_compilation_cache
from isthmus.runs.computing import computing
from isthmus.runs.interruption import Interruption
from isthmus.runs.processes import Processes
from isthmus.runs.run import Run
from isthmus.training.batches import Batches, DoubleBuffer
from isthmus.training.compiled import advance, initial_carry
from isthmus.training.devices import Devices, PlacedBlock
from isthmus.training.held_out import Fallback, HeldOut, Judging, mean_losses
from isthmus.training.layout import Layout, Parameters
from isthmus.training.plan import Plan, Settings
from isthmus.training.progress_meter import ProgressMeter
from isthmus.training.result import Training, TrainingState
from isthmus.training.snapshot import Snapshot

Observer: TypeAlias = Callable[[int, Any], None]

M = TypeVar("M")

_SECONDS_PER_CALL = 0.4


@computing()
def train(
    plan: Plan[M],
    batches: Batches,
    run: Run | None = None,
    *,
    validation: Batches | None = None,
    state: TrainingState | None = None,
    observe: Observer | None = None,
) -> Training[M]:
    """Minimize the plan's loss, and keep the parameters that do best on held-out rows.

    Parameters
    ----------
    plan : Plan
        What to train.
    batches : Batches
        The training rows.
    run : Run or None
        Told of every compiled call and epoch. Training goes on from what its checkpoint holds,
        and is written there now and then; nothing is trained where that was finished.
    validation : Batches or None
        Held-out rows; they decide which parameters are kept and when to stop.
    state : TrainingState or None
        Go on from here instead of from the plan's model.
    observe : callable or None
        Called after every epoch with its number and the model as it then is.

    Raises
    ------
    IsthmusError
        The loss stopped being a number before any epoch was finished.
    """
    use_compilation_cache()
    with Interruption() as interruption:
        return _loop(plan, batches, run or Run(), interruption, validation, state, observe).train()


def _loop(
    plan: Plan[Any],
    batches: Batches,
    run: Run,
    interruption: Interruption,
    validation: Batches | None,
    state: TrainingState | None,
    observe: Observer | None,
) -> _Loop:
    """Put everything on the devices, as it was when the checkpoint was written if there is one."""
    layout, devices = Layout.of(plan.model), Devices()
    rates = tuple(np.ones((), np.float32) for _ in layout.decays)
    if plan.relative_rates is not None:
        rates = layout.flatten(plan.relative_rates)
    if state is None:
        loss_state = plan.loss.initial_state(plan.model, devices.padded(batches.batch_size))
        state = TrainingState(
            initial_carry(
                jax.device_put(layout.flatten(plan.model)), loss_state, len(plan.loss.terms)
            ),
            0,
        )
    now = Snapshot(state.carry, state.epoch + 1, best_epoch=state.epoch)
    names = ["loss", *plan.loss.terms]
    now.history = {name: [] for name in (*names, "seconds")}
    held_out = fallback = None
    if validation is not None:
        now.history |= {f"validation_{name}": [] for name in names}
        held_out = HeldOut(layout, plan.loss, validation, devices)
        if plan.fallback is not None:
            floor = plan.floor and HeldOut(layout, plan.floor, validation, devices)
            fallback = Fallback(layout.flatten(plan.fallback), held_out, floor)
            now.best, now.best_loss = fallback.parameters, float(fallback.means[0])
    if run.checkpoint is not None:
        now = run.checkpoint.restore(now.restored, plan.settings.n_epochs) or now
    now.carry = devices.everywhere(now.carry)
    return _Loop(
        layout,
        plan.loss,
        plan.settings,
        batches,
        devices,
        devices.everywhere(jax.device_put(rates)),
        devices.key(plan.settings.seed),
        now,
        state.epoch,
        held_out,
        fallback,
        run.checkpoint,
        ProgressMeter(run.report, batches, plan.settings, state.epoch),
        interruption,
        observe,
    )


class _Ended(NamedTuple):
    """What an epoch has led to."""

    parameters: Parameters
    loss_sum: jax.Array
    judging: Judging | None  # of held-out rows, if a device is at them


@dataclass
class _Loop:
    layout: Layout
    loss: Loss[Any]
    settings: Settings
    batches: Batches
    devices: Devices
    relative_rates: Parameters
    key: jax.Array
    now: Snapshot
    n_epochs_before: int
    held_out: HeldOut | None
    fallback: Fallback | None
    checkpoint: CheckpointFile | None
    meter: ProgressMeter
    interruption: Interruption
    observe: Observer | None
    processes: Processes = field(default_factory=Processes)
    started: float = field(default_factory=time.perf_counter)
    prefetched: PlacedBlock | None = None
    ended: _Ended | None = None
    ahead: int = 0  # minibatches of the next epoch that a device is at before this one is judged
    seconds_per_step: float | None = None
    steps_per_call: int = 1
    stopping: bool = False

    def train(self) -> Training[Any]:
        now = self.now
        self.started -= now.seconds
        if not now.finished:
            self._save()
        with closing(self._blocks()) as blocks:
            while not (now.finished or self.stopping):
                self._run_epoch(blocks)
                complete = not self.stopping
                if complete or not now.history["loss"]:
                    self._judge(complete)
                if not self.ahead:
                    self._agree()
                if complete and (now.finished or self.stopping):
                    self._save()
        best, epoch = now.carry.parameters if now.best is None else now.best, now.best_epoch
        if self.fallback is not None and not self.fallback.gives_way(best)[0]:
            best, epoch = self.fallback.parameters, 0
        # Cut up by NumPy, which compiles nothing.
        model = self.layout.unflatten(jax.tree.map(np.array, best))
        state = TrainingState(now.carry, now.epoch if now.step else now.epoch - 1)
        return Training(model, now.history, epoch, self.stopping, state)

    @property
    def _last_epoch(self) -> int:
        return self.n_epochs_before + self.settings.n_epochs

    def _blocks(self) -> Generator[PlacedBlock]:
        """Give the blocks of all epochs that are left."""
        seed, epochs = self.settings.seed, range(self.now.epoch, self._last_epoch + 1)
        generators = (np.random.default_rng([seed, epoch]) for epoch in epochs)
        return self.devices.blocks(self.batches, generators, DoubleBuffer())

    def _run_epoch(self, blocks: Iterator[PlacedBlock]) -> None:
        """Do the minibatches of the epoch that are left."""
        now = self.now
        self.meter.begin_epoch(now.step)
        first = 0
        while first < self.batches.n_steps:
            block, self.prefetched = self.prefetched or next(blocks), None
            first, before = first + block.n_steps, first
            while now.step < first:
                begin, start = time.perf_counter(), now.step - before
                n_steps, self.ahead = self.ahead or self._call(block, start, now.step), 0
                if now.step + n_steps == self.batches.n_steps:
                    self._end_epoch(blocks)
                # The program runs by now, and leaves this thread free.
                self.prefetched = self.prefetched or next(blocks, None)
                (self.ended or now.carry).loss_sum.block_until_ready()
                self._measure(time.perf_counter() - begin, n_steps)
                now.step += n_steps
                self._show()
                if self.ahead:
                    continue
                self._agree()
                if self.checkpoint is not None and (self.stopping or self.checkpoint.due()):
                    self._save()
                if self.stopping:
                    return

    def _call(self, block: PlacedBlock, start: int, step: int) -> int:
        """Let the devices do some minibatches from `start` of a block, and tell how many."""
        now, settings = self.now, self.settings
        if step == 0:
            shape = now.carry.loss_sum.shape
            nothing = self.devices.everywhere(np.zeros(shape, np.float32))
            now.carry = now.carry._replace(loss_sum=nothing)
        n_steps = min(self.steps_per_call, block.n_steps - start)
        now.carry = advance(
            now.carry,
            block,
            start,
            start + n_steps,
            settings.schedule(self.batches.n_steps * settings.n_epochs),
            settings.weight_decay,
            self.relative_rates,
            self.key,
            layout=self.layout,
            objective=self.loss,
            precision=settings.precision,
            replicated=self.devices.replicated,
        )
        return n_steps

    def _end_epoch(self, blocks: Iterator[PlacedBlock]) -> None:
        """Let a device go on with the held-out rows at once, and with the next epoch if it may."""
        carry, judging = self.now.carry, None
        # Several take part in what processes agree upon too, and all in one order.
        if self.held_out is not None and self.devices.alone:
            judging = self.held_out.begun(carry.parameters)
        self.ended = _Ended(carry.parameters, carry.loss_sum, judging)
        if self._goes_on_for_sure():
            self.prefetched = self.prefetched or next(blocks)
            # The compiled program takes its argument's memory, so what is judged is copied.
            self.ended = self.ended._replace(parameters=self.devices.kept(carry.parameters))
            self.ahead = self._call(self.prefetched, 0, 0)

    def _goes_on_for_sure(self) -> bool:
        """Tell whether a GPU can begin the next epoch whatever this one comes to."""
        now, patience = self.now, self.settings.patience
        return (
            self.devices.alone
            and not on_cpu()
            and now.epoch < self._last_epoch
            and (patience is None or self._epochs_without_gain() + 1 < patience)
            and not self.interruption.heard
            and not (self.checkpoint is not None and self.checkpoint.due())
        )

    def _judge(self, complete: bool) -> None:
        """Look at what an epoch, or the part of it that was done, has led to."""
        now, patience = self.now, self.settings.patience
        ended = self.ended or _Ended(now.carry.parameters, now.carry.loss_sum, None)
        self.ended = None
        losses = np.atleast_1d(np.asarray(ended.loss_sum, np.float64)) / self.batches.n_rows
        judged = losses
        if self.held_out is not None:
            judging = ended.judging or self.held_out.begun(ended.parameters)
            judged = mean_losses(self.held_out.finished(judging))
        value = float(judged[0])
        if not np.isfinite(value):
            if not now.history["loss"]:
                raise IsthmusError(
                    f"the loss became {value} in epoch {now.epoch}: "
                    f"try a smaller learning_rate than {self.settings.learning_rate:g}."
                )
            now.finished = True
            return
        if self.observe is not None:
            # Cut up by NumPy: JAX would dispatch a program for each parameter.
            arrays = jax.tree.map(np.array, ended.parameters)
            self.observe(now.epoch, self.layout.unflatten(arrays))
        better = judged[:1] < now.best_loss
        if self.fallback is not None:
            better = self.fallback.admits(ended.parameters, better)
        if better.item() or self.held_out is None:
            now.best = ended.parameters if self.ahead else self.devices.kept(ended.parameters)
            now.best_loss, now.best_epoch = value, now.epoch
        if complete:
            self._record(losses, judged)
            self._show(epoch_complete=True)
            last = now.epoch == self._last_epoch
            now.finished = last or (
                patience is not None and self._epochs_without_gain() >= patience
            )
            now.epoch, now.step = now.epoch + 1, 0

    def _epochs_without_gain(self) -> int:
        """Count the epochs since the best one, whatever the start was."""
        losses = self.now.history.get("validation_loss")
        return len(losses) - 1 - int(np.argmin(losses)) if losses else 0

    def _save(self) -> None:
        if self.checkpoint is not None and self.processes.first:
            self.now.seconds = time.perf_counter() - self.started
            self.checkpoint.save(self.now.header(), self.now.arrays())

    def _agree(self) -> None:
        """Let all processes make equally long calls, and stop together."""
        seconds = self.seconds_per_step
        size = 1 if seconds is None else max(1, int(_SECONDS_PER_CALL / seconds))
        self.steps_per_call, signal = self.processes.agree(size, self.interruption.heard)
        self.stopping = signal != 0
        if self.stopping:
            # What another process has heard, this one tells of too.
            self.interruption.request(signal)

    def _measure(self, seconds: float, n_steps: int) -> None:
        """Note the speed, so that calls take about half a second."""
        # The very first call compiles and says nothing about speed.
        first = self.seconds_per_step is None
        self.seconds_per_step = _SECONDS_PER_CALL / 4 if first else max(seconds / n_steps, 1e-7)

    def _record(self, losses: np.ndarray, judged: np.ndarray) -> None:
        history = self.now.history
        history["seconds"].append(time.perf_counter() - self.started)
        names = ("loss", *self.loss.terms)
        for name, value, held_out in zip(names, losses, judged, strict=True):
            history[name].append(float(value))
            if self.held_out is not None:
                history[f"validation_{name}"].append(float(held_out))

    def _show(self, epoch_complete: bool = False) -> None:
        self.meter.report(self.now, time.perf_counter() - self.started, epoch_complete)
