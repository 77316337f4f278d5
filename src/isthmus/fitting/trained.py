"""What all autoencoders that are trained step by step share."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.identity import identity_of, seed_of
from isthmus.fitting.plan import (
    default_epochs,
    pretrain_whole,
    train_one_pass,
    train_whole,
)
from isthmus.fitting.rows import RowsInMemory, TrainingRows, open_rows, rows_in_memory
from isthmus.fitting.starting import open_start, start_model, start_preparation
from isthmus.io import Dataset
from isthmus.models import LIKELIHOODS, Bernoulli, Likelihood, Model, SquaredError
from isthmus.networks import ACTIVATIONS, PRECISIONS, Architecture, DenseNetwork, glorot_uniform
from isthmus.objectives import CORRUPTIONS, Corruption, Loss, Masking, Objective, Penalty
from isthmus.prepare import SCALINGS, Preparation, Support
from isthmus.runs import Logs
from isthmus.training import (
    PRETRAININGS,
    SCHEDULES,
    Checkpoint,
    CheckpointFile,
    LayerTraining,
    Settings,
    Training,
)

# Updates of each layer, fewest and most epochs; noise of Vincent et al. (2010).
_PRETRAINING_UPDATES = (2_000, 3, 100)
_PRETRAINING_NOISE = 0.25

# What X has that a likelihood cannot take, and what to do about it.
_MEMBERS = {"real": "others", "unit": "others", "binary": "0 and 1 alone"}
_REMEDIES = {
    "real": "use likelihood='squared_error', or bring X into [0, 1] first",
    "unit": "use likelihood='squared_error' or 'bernoulli'",
    "binary": "use likelihood='bernoulli'",
}

POSITIVE = Interval(Integral, 1, None, closed="left")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")

SHARED_CONSTRAINTS: dict[str, list[Any]] = {
    "n_components": [POSITIVE],
    "network": [Architecture, None],
    "likelihood": [StrOptions({"auto", *LIKELIHOODS}), Likelihood],
    "corruption": [StrOptions(set(CORRUPTIONS)), Corruption, None],
    "penalty": [Penalty, list, tuple, None],
    "scaling": [StrOptions(set(SCALINGS))],
    "batch_size": [POSITIVE],
    "max_epochs": [POSITIVE, None],
    "learning_rate": [Interval(Real, 0, None, closed="neither")],
    "learning_rate_schedule": [StrOptions(set(SCHEDULES))],
    "weight_decay": [NOT_NEGATIVE],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "patience": [POSITIVE],
    "precision": [StrOptions(set(PRECISIONS))],
    "random_state": ["random_state"],
    "warm_start": ["boolean"],
    "verbose": ["boolean", None],
}
"""What the parameters may be that all trained autoencoders take."""

DENSE_CONSTRAINTS: dict[str, list[Any]] = {
    "hidden": [POSITIVE, list, tuple, None],
    "activation": [StrOptions(set(ACTIVATIONS))],
}
"""What the parameters of dense networks may be."""

PRETRAINING_CONSTRAINTS: dict[str, list[Any]] = {
    "pretrain": [StrOptions(set(PRETRAININGS)), None],
    "n_pretraining_epochs": [POSITIVE, None],
}
"""What the parameters of greedy pretraining may be."""


class TrainedAutoencoder(BaseAutoencoder):
    """Fitting by minibatches; a subclass says which network, code and objective of its own."""

    _saved: ClassVar[tuple[str, ...]] = ("best_epoch_", "interrupted_")

    n_components: int
    network: Architecture | None
    likelihood: str | Likelihood
    scaling: str
    corruption: str | Corruption | None = None
    level: float = 0.3
    penalty: Penalty | Sequence[Penalty] | None = None
    batch_size: int
    max_epochs: int | None
    learning_rate: float
    weight_decay: float
    early_stopping: bool
    validation_fraction: float
    patience: int
    warm_start: bool
    verbose: bool | None
    learning_rate_schedule: str = "cosine"
    precision: str = "float32"
    pretrain: str | None = None
    n_pretraining_epochs: int | None = None

    def _architecture(self) -> Architecture:
        return self._default_architecture() if self.network is None else self.network

    @abstractmethod
    def _default_architecture(self) -> Architecture:
        """Give the network that the estimator's own parameters describe."""

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        """Give what this kind of model minimizes in this many epochs of this many updates."""
        return Objective()

    def _objective(self, n_epochs: int, n_steps: int) -> Objective:
        """Give the same with the corruption and the penalties that were asked for."""
        own = self._own_objective(n_epochs, n_steps)
        corruption = self.corruption
        if isinstance(corruption, str):
            corruption = CORRUPTIONS[corruption](self.level)
        penalties = (*own.penalties, *checked_penalties(self.penalty))
        return replace(own, corruption=corruption, penalties=penalties)

    @property
    def corruption_in_training(self) -> Corruption | None:
        return self._objective(1, 1).corruption

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        init: Any = None,
        checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        tensorboard: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Learn to encode and decode.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Rows of numbers; arrays may have more than two axes, ``(n_samples, *row_shape)``.
        y : ignored
        init : fitted autoencoder, path or None
            What to start from: its weights, and the scale that it learned. Its network must
            have the same shapes. By default weights are drawn, or with `warm_start` those of
            the last fit are taken. Layers are pretrained only where they are drawn.
        checkpoint : Checkpoint, path of a folder or None
            Where to write, every half a minute, what a killed fit needs to go on. The same fit
            then goes on by itself and ends with the same model, bit for bit; if it had finished,
            its result is given without training again.
        log : path of a file or None
            Where to write a line of JSON after every epoch. It is replaced, but appended to
            where a checkpoint is gone on from.
        tensorboard : path of a folder or None
            Where to write the same for TensorBoard; needs ``isthmus[tensorboard]``.

        Returns
        -------
        self

        Raises
        ------
        DataError
            X holds something else than finite numbers.
        CheckpointError
            The checkpoint is damaged, or of other data, other parameters or another version.
        IsthmusError
            `init` does not fit, or the checkpoint or the log cannot be written.
        """
        self._validate_params()
        with Logs(log, tensorboard) as logs:
            self._fit(X, init, checkpoint, logs)
            logs.end(self.interrupted_)
        return self

    def _fit(
        self,
        X: Any,
        init: Any,
        checkpoint: Checkpoint | str | os.PathLike[str] | None,
        logs: Logs,
    ) -> None:
        file = None
        if checkpoint is not None:
            file = CheckpointFile(checkpoint, quiet=self.verbose is False)
        start = open_start(init) if init is not None else None
        if start is None and self.warm_start and hasattr(self, "model_"):
            start = self
        dataset = self._open(X, reset=True)
        seed = seed_of(self, file)
        self._learn_scale(dataset, start)
        if self.pretrain is not None and start is None:
            matrix = rows_in_memory(self.preparation_, dataset, f"pretrain={self.pretrain!r}")
            rows = RowsInMemory(matrix, self.validation_fraction, seed)
        else:
            rows = open_rows(self.preparation_, dataset, self.validation_fraction, seed)
        self._start_model(rows, seed, start)
        layers: dict[str, list[float]] = {}
        if file is not None:
            file.identify(identity_of(self, rows))
            layers = file.notes.setdefault("layers", layers)
        self.validation_rows_ = rows.held_out
        n_training_rows = rows.n_rows - len(rows.held_out)
        settings = self._settings(n_training_rows, seed)
        n_steps = -(-n_training_rows // self.batch_size)
        objective = self._checked_objective(settings.n_epochs, n_steps)
        going_on = file is not None and file.found
        logs.begin(file.epoch if file is not None else None)
        if self.pretrain is not None and start is None and not going_on:
            assert isinstance(rows, RowsInMemory)
            plan = self._layer_training(self.pretrain, n_training_rows, settings, objective)
            if file is not None:
                file.probe(self.model_)
            pretraining = pretrain_whole(self, rows.matrix, plan, self.validation_rows_, logs)
            layers |= pretraining.history
            if pretraining.interrupted:
                self.best_epoch_, self.interrupted_ = 0, True
                return
        batches, validation = rows.batches(self.batch_size)
        training = train_whole(self, batches, objective, settings, validation, file, logs)
        self.history_ |= layers
        self.best_epoch_, self.interrupted_ = training.best_epoch, training.interrupted

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Learn from these rows in one pass, going on from what was learned before.

        The first call fixes scale, likelihood and network; the learning rate stays at its
        peak, no rows are held out, and no layers are pretrained. After `fit`, or for a model that
        was loaded, nothing warms up again.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Some more rows.
        y : ignored

        Returns
        -------
        self
        """
        self._validate_params()
        first = not hasattr(self, "model_")
        dataset = self._open(X, reset=first)
        if first:
            self._start_passes()
            self._learn_scale(dataset)
        matrix = self.preparation_.matrix(dataset)
        if first:
            self._start_model(RowsInMemory(matrix), self._training_seed)
        objective = self._checked_objective(1, -(-len(matrix) // self.batch_size))
        if self._warmed_up:
            objective = objective.warmed_up()
        train_one_pass(self, matrix, objective, self.weight_decay)
        return self

    def _learn_scale(self, dataset: Dataset, start: BaseAutoencoder | None = None) -> None:
        if start is None:
            self.preparation_ = Preparation.fit(dataset, self.scaling)
        else:
            self.preparation_ = start_preparation(start.preparation_, dataset)

    def _start_model(
        self, rows: TrainingRows, seed: int, start: BaseAutoencoder | None = None
    ) -> None:
        self.n_components_ = int(self.n_components)
        initialize = glorot_uniform(np.random.default_rng(seed))
        schema = self.preparation_.schema
        likelihood = self._choose_likelihood().sized(schema.n_features)
        model = self._build(schema.row_shape, likelihood, initialize)
        network = model.network
        if start is not None:
            model = start_model(model, start.model_)
        elif isinstance(network, DenseNetwork) and network.centre is not None:
            mean = rows.mean()
            network = network.starting_at(mean, likelihood.parameters_at(mean))
            model = replace(model, network=network)
        self.model_ = model

    def _default_likelihood(self, support: Support) -> Likelihood:
        return SquaredError() if support == "real" else Bernoulli()

    def _choose_likelihood(self) -> Likelihood:
        support = self.preparation_.support
        if isinstance(self.likelihood, Likelihood):
            likelihood = self.likelihood
        elif self.likelihood == "auto":
            likelihood = self._default_likelihood(support)
        else:
            likelihood = LIKELIHOODS[self.likelihood]()
        if support not in likelihood.supports:
            raise IsthmusError(
                f"likelihood={self.likelihood!r} needs {likelihood.needs}, but with "
                f"scaling={self.preparation_.scaling!r} X has {_MEMBERS[support]}: "
                f"{_REMEDIES[support]}."
            )
        return likelihood

    def _checked_objective(self, n_epochs: int, n_steps: int) -> Loss[Model]:
        objective = self._objective(n_epochs, n_steps)
        for penalty in objective.penalties:
            penalty.check(self.model_)
        self._check_corruption(objective.corruption)
        support = self.preparation_.support
        if objective.binarize and support == "real":
            raise IsthmusError(
                f"binarize=True needs values in [0, 1], but with "
                f"scaling={self.preparation_.scaling!r} X has others: leave it away."
            )
        return objective

    def _check_corruption(self, corruption: Corruption | None) -> None:
        if corruption is not None and self.preparation_.support not in corruption.supports:
            raise IsthmusError(
                f"{corruption!r} needs values in [0, 1], but with "
                f"scaling={self.preparation_.scaling!r} X has others: "
                "use gaussian, masking or swap noise, or bring X into [0, 1] first."
            )

    def _layer_training(
        self, kind: str, n_training_rows: int, settings: Settings, objective: Loss[Model]
    ) -> LayerTraining:
        n_epochs = self.n_pretraining_epochs
        if n_epochs is None:
            n_epochs = default_epochs(n_training_rows, self.batch_size, *_PRETRAINING_UPDATES)
        corruption = getattr(objective, "corruption", None) or Masking(_PRETRAINING_NOISE)
        return LayerTraining(
            kind, replace(settings, n_epochs=n_epochs), self.batch_size, corruption
        )

    def _settings(self, n_training_rows: int, seed: int) -> Settings:
        n_epochs = self.max_epochs
        if n_epochs is None:
            n_epochs = default_epochs(n_training_rows, self.batch_size, 9_000, 10, 400)
        return Settings(
            n_epochs,
            self.learning_rate,
            self.weight_decay,
            learning_rate_schedule=self.learning_rate_schedule,
            patience=self.patience if self.early_stopping else None,
            seed=seed,
            precision=self.precision,
        )

    def _resized(self, n_components: int, rows: TrainingRows, seed: int) -> Self:
        """Give a copy with a code of another size, before it is trained on the same rows."""
        other = copy(self).set_params(n_components=n_components)
        other._validate_params()
        other._start_model(rows, seed)
        return other

    def _keep(self, training: Training[Model], seed: int, validation_rows: np.ndarray) -> None:
        """Be what this training gave."""
        self._start_passes()
        self._warmed_up = True
        self.model_, self.history_ = training.model, training.history
        self.best_epoch_, self.interrupted_ = training.best_epoch, training.interrupted
        self.validation_rows_, self._training_seed = validation_rows, seed


def checked_widths(hidden: int | Sequence[int] | None) -> int | tuple[int, ...] | None:
    """Give the widths of hidden layers as a network's design takes them."""
    if hidden is None:
        return None
    if isinstance(hidden, (int, Integral)):
        return int(hidden)
    return checked_sequence(hidden, "hidden")


def checked_sequence(numbers: Sequence[int], name: str) -> tuple[int, ...]:
    """Give a parameter that holds a number for each layer, as a network's design takes it."""
    values = tuple(numbers)
    if not all(isinstance(value, Integral) and int(value) >= 1 for value in values):
        raise IsthmusError(
            f"{name}={list(values)!r} holds something else than positive whole numbers: "
            "give one for each layer, such as [256, 64]."
        )
    return tuple(int(value) for value in values)


def checked_penalties(penalty: Penalty | Sequence[Penalty] | None) -> tuple[Penalty, ...]:
    """Give the penalties as an objective takes them."""
    if penalty is None or isinstance(penalty, Penalty):
        return () if penalty is None else (penalty,)
    for item in penalty:
        if not isinstance(item, Penalty):
            raise IsthmusError(
                f"penalty={list(penalty)!r} holds something else than penalties: "
                "give parts such as L1(0.01)."
            )
    return tuple(penalty)
