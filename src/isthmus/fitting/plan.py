"""Training as estimators do it: with a progress bar, whole or a pass at a time."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from isthmus.models import Model
from isthmus.objectives import Loss
from isthmus.runs import ProgressBar, Reporter, report_to
from isthmus.training import (
    ArrayBatches,
    Batches,
    CheckpointFile,
    LayerTraining,
    Pretraining,
    Settings,
    Training,
    TrainingState,
    pretrain,
    train,
)


class Trainable(Protocol):
    """What an estimator brings to its training."""

    batch_size: int
    learning_rate: float
    verbose: bool | None
    model_: Model
    history_: dict[str, list[float]]
    _training_state: TrainingState | None
    _training_seed: int
    _warmed_up: bool


def train_whole(
    estimator: Trainable,
    batches: Batches,
    objective: Loss[Model],
    settings: Settings,
    validation: Batches | None = None,
    checkpoint: CheckpointFile | None = None,
    report: Reporter | None = None,
) -> Training:
    """Train the estimator's model from where it stands, and keep what comes out.

    Parameters
    ----------
    estimator : Trainable
        Its `model_` and `history_` are replaced.
    batches : Batches
        The training rows.
    objective : Loss
        What to minimize.
    settings : Settings
        How long and how fast.
    validation : Batches or None
        The held-out rows.
    checkpoint : CheckpointFile or None
        What to go on from, and where to write to.
    report : callable or None
        Told of every `Progress`, beside the bar.
    """
    progress = ProgressBar(estimator.verbose)
    try:
        training = train(
            estimator.model_,
            objective,
            batches,
            settings,
            validation=validation,
            checkpoint=checkpoint,
            report=progress if report is None else report_to(progress, report),
        )
    finally:
        progress.close()
    estimator.model_, estimator.history_ = training.model, training.history
    # A later partial_fit starts from the model kept, not from where the updates ended.
    estimator._training_state, estimator._warmed_up = None, True
    estimator._training_seed = settings.seed
    return training


def pretrain_whole(
    estimator: Trainable,
    matrix: np.ndarray,
    plan: LayerTraining,
    validation_rows: np.ndarray,
    report: Reporter | None = None,
) -> Pretraining:
    """Pretrain the estimator's model, layer by layer, and keep what comes out."""
    rows = None
    if len(validation_rows):
        rows = np.setdiff1d(np.arange(len(matrix)), validation_rows)
    progress = ProgressBar(estimator.verbose)
    held_out = validation_rows if len(validation_rows) else None
    try:
        both = progress if report is None else report_to(progress, report)
        pretraining = pretrain(estimator.model_, plan, matrix, rows, held_out, both)
    finally:
        progress.close()
    estimator.model_ = pretraining.model
    estimator.history_ = {"loss": [], "seconds": [], **pretraining.history}
    estimator._training_state, estimator._training_seed = None, plan.settings.seed
    return pretraining


def train_one_pass(
    estimator: Trainable, matrix: np.ndarray, objective: Loss[Model], weight_decay: float = 0.0
) -> None:
    """Go on training for one pass over these rows, at the peak learning rate."""
    settings = Settings(
        n_epochs=1,
        learning_rate=estimator.learning_rate,
        weight_decay=weight_decay,
        learning_rate_schedule="constant",
        seed=estimator._training_seed,
    )
    batches = ArrayBatches(matrix, estimator.batch_size)
    training = train(
        estimator.model_, objective, batches, settings, state=estimator._training_state
    )
    estimator.model_, estimator._training_state = training.model, training.state
    earlier = estimator.history_
    layers = {name: values for name, values in earlier.items() if name.startswith("layer_")}
    estimator.history_ = layers | {
        name: earlier.get(name, []) + values for name, values in training.history.items()
    }


def default_epochs(n_rows: int, batch_size: int, n_updates: int, fewest: int, most: int) -> int:
    """Give the epochs that make about `n_updates` updates.

    Small data need more passes than large ones; what networks need is a number of updates.
    """
    steps = -(-n_rows // batch_size)
    return min(max(-(-n_updates // steps), fewest), most)
