"""What all autoencoders that are trained step by step share: rows, plan, training, keeping."""

from __future__ import annotations

import os
from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.default_epochs import default_epochs
from isthmus.fitting.divergence import warn_of_divergence
from isthmus.fitting.identity import check_hosts, check_hosts_rows, identity_of, seed_of
from isthmus.fitting.linear_start import kept_from_all_rows, linear_start
from isthmus.fitting.parameters import (
    EarlyStoppingParameters,
    MinibatchParameters,
    ScalingParameters,
    WarmStartParameters,
)
from isthmus.fitting.rows import RowsInMemory, TrainingRows, open_rows, rows_in_memory
from isthmus.fitting.saved import OF_TRAINING, Restorers, checked_losses
from isthmus.fitting.starting import admitted, open_start, start_model, with_thresholds
from isthmus.fitting.validation import open_dataset
from isthmus.io import Dataset
from isthmus.models import Likelihood, Model
from isthmus.networks import DenseNetwork, TableNetwork, glorot_uniform
from isthmus.objectives import Loss
from isthmus.prepare import Preparation, find_preparation
from isthmus.runs import Checkpoint, CheckpointFile, Run
from isthmus.training import (
    ArrayBatches,
    LayerTraining,
    Plan,
    Pretraining,
    Settings,
    Training,
    TrainingState,
    pretrain,
    snapshot_bytes,
    train,
)


class TrainedAutoencoder(ScalingParameters, MinibatchParameters, BaseAutoencoder):
    """Fitting by minibatches; a subclass says which network, code and loss of its own.

    Attributes
    ----------
    best_epoch_ : int
        The epoch whose parameters were kept, counted from 1; 0 where no epoch did better, by more
        than chance, than the principal components that training started from.
    interrupted_ : bool
        Whether Ctrl-C ended the training.
    """

    _saved: ClassVar[Restorers] = OF_TRAINING
    _updates: ClassVar[tuple[int, int, int]] = (9_000, 10, 400)
    """Updates that `max_epochs=None` makes, in how many epochs at least and at most."""

    n_components: Any
    _training_state: TrainingState | None = None
    _training_seed: int | None = None
    _warmed_up: bool = True

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
            Rows; arrays may have more than two axes, ``(n_samples, *row_shape)``.
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
        self.check_parameters()
        self.check_start(init, checkpoint)
        if self._trains:
            check_hosts(self, init=init is not None, checkpoint=checkpoint is not None)
        silent = self.verbose is not None and not self.verbose
        file = None if checkpoint is None else CheckpointFile(checkpoint, quiet=silent)
        with Run(self.verbose, checkpoint=file, log=log, tensorboard=tensorboard) as run:
            self.fit_within(run, X, init)
            run.end(self.interrupted_)
        return self

    def check_start(self, init: Any, checkpoint: Any) -> None:
        """Raise IsthmusError where a fit could not start from one of these."""

    def fit_within(self, run: Run, X: Any, init: Any = None) -> None:
        """Do what `fit` does as a stage of a run that others have begun and will end."""
        start: BaseAutoencoder | None = None if init is None else open_start(init)
        if start is None and self._starts_warm and hasattr(self, "model_"):
            start = self
        dataset = open_dataset(self, X, reset=True)
        seed = seed_of(self.random_state, run.checkpoint)
        preparation = self.find_preparation(dataset) if start is None else admitted(start, dataset)
        # Of what is pretrained all codes of a layer are in memory anyway.
        pretrains = self._pretrains if start is None else None
        if pretrains is None:
            rows = open_rows(preparation, dataset, self._held_out_share, seed)
        else:
            matrix = rows_in_memory(preparation, dataset, pretrains)
            rows = RowsInMemory(preparation, matrix, self._held_out_share, seed)
        plan = self.plan(rows, seed, start)
        check_hosts_rows(self, rows, plan.model)
        layers: dict[str, list[float]] = {}
        if run.checkpoint is not None:
            run.checkpoint.identify(identity_of(self, rows, plan.model))
            layers = run.checkpoint.noted("layers", layers, checked_losses)
        run.begin()
        if isinstance(rows, RowsInMemory) and pretrains is not None and not run.resumes:
            pretraining = self._pretrain(plan, rows, run)
            layers |= pretraining.history
            # A linear start takes from what layers have learned only the last weights of each way.
            linear = linear_start(pretraining.model, rows)
            plan = replace(plan, model=linear or pretraining.model, fallback=linear)
            if pretraining.interrupted:
                self.keep(Training.untrained(plan.model, layers), rows, seed)
                return
        batches, validation = rows.batches(self.batch_size)
        training = train(plan, batches, run, validation=validation)
        training.history |= layers
        self.keep(*kept_from_all_rows(training, plan, rows), seed)

    def find_preparation(self, dataset: Dataset) -> Preparation:
        """Find out how to prepare rows to fit."""
        return find_preparation(dataset, self.scaling, numbers_alone=type(self).__name__)

    def plan(
        self, rows: TrainingRows, seed: int, start: BaseAutoencoder | None = None
    ) -> Plan[Model]:
        """Say what a fit would train on these rows.

        Parameters
        ----------
        rows : TrainingRows
            What there is to learn from.
        seed : int
            Fixes the initial weights, and all that training draws.
        start : fitted autoencoder or None
            Where the weights come from; None draws them.
        """
        settings = self._settings(rows.n_training, seed)
        model = self._initial_model(rows, seed, start)
        n_steps = -(-rows.n_training // self.batch_size)
        loss = self._loss(model, rows, settings.n_epochs, n_steps)
        linear = linear_start(model, rows) if start is None else None
        # Layers that are pretrained start as they are drawn.
        model = model if self._pretrains else linear or model
        return Plan(model, loss, settings, fallback=linear, floor=self._floor(loss))

    def keep(self, training: Training[Model], rows: TrainingRows, seed: int) -> None:
        """Be what this training on these rows gave."""
        self.preparation_, self.n_components_ = rows.preparation, int(self.n_components)
        self.model_, self.history_ = training.model, training.history
        self.best_epoch_, self.interrupted_ = training.best_epoch, training.interrupted
        self.validation_rows_ = rows.held_out
        warn_of_divergence(training, rows)
        # A later partial_fit starts from the model kept, not from where the updates ended.
        self._training_state, self._training_seed, self._warmed_up = None, seed, True

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
        self.check_parameters()
        first = not hasattr(self, "model_")
        check_hosts(self, fitted=not first)
        dataset = open_dataset(self, X, reset=first)
        preparation = self.find_preparation(dataset) if first else admitted(self, dataset)
        rows = RowsInMemory(preparation, preparation.matrix(dataset))
        if first or self._training_seed is None:
            self._training_seed = seed_of(self.random_state)
        model = self._initial_model(rows, self._training_seed) if first else self.model_
        model = (linear_start(model, rows) or model) if first else model
        check_hosts_rows(self, rows, model)
        loss = self._loss(model, rows, 1, -(-rows.n_rows // self.batch_size))
        if self._warmed_up and not first:
            loss = loss.warmed_up()
        settings = replace(
            self._settings(rows.n_rows, self._training_seed),
            n_epochs=1,
            learning_rate_schedule="constant",
            precision="float32",
        )
        batches = ArrayBatches(rows.matrix, self.batch_size)
        training = train(Plan(model, loss, settings), batches, state=self._training_state)
        warn_of_divergence(training, rows)
        self.preparation_ = preparation
        if first:
            self.n_components_ = int(self.n_components)
            self.validation_rows_, self._warmed_up = np.empty(0, int), False
        self.model_, self._training_state = training.model, training.state
        earlier = self.history_ if not first else {}
        layers = {name: values for name, values in earlier.items() if name.startswith("layer_")}
        self.history_ = layers | {
            name: earlier.get(name, []) + values for name, values in training.history.items()
        }
        return self

    @abstractmethod
    def _likelihood(self, rows: TrainingRows) -> Likelihood:
        """Give what reconstructions of these rows are judged by."""

    @abstractmethod
    def _loss(self, model: Model, rows: TrainingRows, n_epochs: int, n_steps: int) -> Loss[Model]:
        """Give what to minimize in so many epochs of so many updates, checked against both."""

    def _initial_model(
        self, rows: TrainingRows, seed: int, start: BaseAutoencoder | None = None
    ) -> Model:
        """Give the model to start from: drawn, its output at the mean row if it is centred."""
        initialize = glorot_uniform(np.random.default_rng(seed))
        likelihood = self._likelihood(rows)
        model = self._build(
            rows.preparation,
            likelihood,
            int(self.n_components),
            initialize,
            shortcut=self._takes_shortcut(likelihood, start),
        )
        network = model.network
        if start is not None:
            return start_model(model, start.model_)
        if isinstance(network, DenseNetwork | TableNetwork) and self._starts_at_mean(network):
            mean = rows.mean()
            network = network.starting_at(mean, model.likelihood.parameters_at(mean))
        return with_thresholds(replace(model, network=network), rows)

    def _floor(self, loss: Loss[Model]) -> Loss[Model] | None:
        """Give another loss in which no epoch that is kept may be worse than a linear start."""
        return None

    def _takes_shortcut(self, likelihood: Likelihood, start: BaseAutoencoder | None) -> bool:
        """Whether the network gets linear shortcuts that nobody asked for."""
        return False

    def _starts_at_mean(self, network: DenseNetwork | TableNetwork) -> bool:
        return isinstance(network, TableNetwork) or network.centre is not None

    def _settings(self, n_rows: int, seed: int) -> Settings:
        n_epochs = self.max_epochs
        if n_epochs is None:
            n_epochs = default_epochs(n_rows, self.batch_size, *self._updates)
        return Settings(n_epochs, self.learning_rate, seed=seed)

    @property
    def _trains(self) -> bool:
        """Whether steps are made."""
        return True

    @property
    def _held_out_share(self) -> float:
        return 0.0

    @property
    def _starts_warm(self) -> bool:
        return False

    @property
    def _pretrains(self) -> str | None:
        """What asks for greedy pretraining, as messages name it; None where nothing does."""
        return None

    def _layer_training(self, plan: Plan[Model], n_rows: int) -> LayerTraining:
        """Say how layers are pretrained."""
        raise NotImplementedError

    def _pretrain(self, plan: Plan[Model], rows: RowsInMemory, run: Run) -> Pretraining:
        if run.checkpoint is not None:
            run.checkpoint.probe(snapshot_bytes(plan.model))
        held_out = len(rows.held_out) > 0
        return pretrain(
            plan.model,
            self._layer_training(plan, rows.n_training),
            rows.matrix,
            run,
            rows=rows.training if held_out else None,
            validation_rows=rows.held_out if held_out else None,
        )


class EarlyStoppedAutoencoder(WarmStartParameters, EarlyStoppingParameters, TrainedAutoencoder):
    """The same, judged on rows that are held out."""

    def _settings(self, n_rows: int, seed: int) -> Settings:
        return replace(
            super()._settings(n_rows, seed),
            weight_decay=self.weight_decay,
            patience=self.patience if self.early_stopping else None,
        )

    @property
    def _held_out_share(self) -> float:
        return self.validation_fraction

    @property
    def _starts_warm(self) -> bool:
        return self.warm_start
