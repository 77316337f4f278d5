"""What the classifier and the regressor share: an encoder and an output layer, fine-tuned."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import DataError, IsthmusError
from isthmus.fitting.base import BaseAutoencoder, finite, streamed
from isthmus.fitting.default_epochs import default_epochs
from isthmus.fitting.fine_tuning import (
    NO_HEAD,
    FineTuningParameters,
    initial_predictor,
    order_of,
    relative_rates,
)
from isthmus.fitting.identity import check_hosts, check_hosts_rows, seed_of
from isthmus.fitting.labels import UNLABELLED, hold_out, refuse_other_order, split_column
from isthmus.fitting.ladder import predictor_of, with_ladder
from isthmus.fitting.persistence import (
    Persistent,
    Tensors,
    decoded_parameters,
    describe,
    encoded_parameters,
    fill,
    named_leaves,
)
from isthmus.fitting.propagation import NOTHING, Propagated
from isthmus.fitting.rows import RowsInMemory, rows_in_memory
from isthmus.fitting.saved import checked_epoch, checked_history, set_columns, told_columns
from isthmus.fitting.starting import admitted
from isthmus.fitting.teaching import Teaching
from isthmus.fitting.trained import TrainedAutoencoder
from isthmus.fitting.validation import open_dataset
from isthmus.io import CHUNK_ROWS, Dataset, affordable_rows
from isthmus.models import Predictor
from isthmus.networks import shapes_for
from isthmus.objectives import Outcome, Supervision
from isthmus.runs import Interruption, Run
from isthmus.training import (
    AllOnce,
    ArrayBatches,
    Plan,
    Settings,
    over_rows,
    train,
)


class SupervisedAutoencoder(
    FineTuningParameters, ClassNamePrefixFeaturesOutMixin, TransformerMixin, Persistent, ABC
):
    """Fine-tuning with the decoder dropped; a subclass says what is told from the rows.

    Attributes
    ----------
    autoencoder_ : autoencoder
        What `autoencoder` was fitted to.
    model_ : Predictor
        Encoder and output layer.
    history_ : dict of str to list
        Per epoch: "loss", "seconds", with early stopping "validation_loss".
    best_epoch_ : int
        The epoch whose parameters were kept.
    interrupted_ : bool
        Whether Ctrl-C ended the training.
    teaching_ : Teaching
        What fine-tuning learned by: what "auto" came to, of the parameters that take it.
    n_features_in_ : int
        Numbers in one row of X.
    """

    feature_names_in_: np.ndarray
    n_features_in_: int
    container_: str
    model_: Predictor
    history_: dict[str, list[float]]
    best_epoch_: int
    interrupted_: bool
    teaching_: Teaching
    autoencoder_: BaseAutoencoder

    @abstractmethod
    def _default_autoencoder(self) -> BaseAutoencoder:
        """Give the unfitted autoencoder that None stands for."""

    @abstractmethod
    def _read_targets(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Give every row's target, and the positions of the rows where it is known."""

    @abstractmethod
    def _outcome_state(self) -> dict[str, Any]:
        """Give what is known of the outcomes, as plain values."""

    @abstractmethod
    def _set_outcome_state(self, state: dict[str, Any]) -> None:
        """Take back what `_outcome_state` gave."""

    @abstractmethod
    def _outcome(self) -> Outcome:
        """Give what is told from the rows."""

    @property
    @abstractmethod
    def _n_outputs(self) -> int:
        """Numbers that the head gives for one row."""

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        log: str | os.PathLike[str] | None = None,
        tensorboard: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Learn to encode from all rows, then to predict from those with a known outcome.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows of numbers, as autoencoders take them.
        y : array of shape (n_samples,), or str
            The outcomes; a str names the column of X that holds them.
        log : path of a file or None
            Where to write a line of JSON an epoch, first of an unfitted autoencoder; replaced.
        tensorboard : path of a folder or None
            Where to write the same for TensorBoard; needs ``isthmus[tensorboard]``.

        Returns
        -------
        self

        Raises
        ------
        DataError
            X or y does not suit.
        IsthmusError
            The log cannot be written.
        """
        self.check_parameters()
        check_hosts(self)
        with Run(self.verbose, log=log, tensorboard=tensorboard) as run:
            self._fit(run, X, y)
            run.end(self.interrupted_)
        return self

    def _fit(self, run: Run, X: Any, y: Any) -> None:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: "
                "give one value a row."
            )
        if isinstance(y, str):
            X, y = split_column(X, y)
        refuse_other_order(X, y)
        dataset = open_dataset(self, X, reset=True)
        targets, labelled = self._read_targets(y)
        if len(targets) != len(dataset):
            raise DataError(
                f"y has {len(targets):,} values, but {dataset.source} has {len(dataset):,} rows: "
                "give one value a row."
            )
        seed = seed_of(self.random_state)
        run.begin()
        # One Ctrl-C is for both stages.
        with Interruption():
            self.autoencoder_ = self._learned_code(dataset, seed, run)
            learned = self.autoencoder_
            rows = open_dataset(learned, dataset, reset=False)
            preparation = admitted(learned, rows) if self.reconstruction else learned.preparation_
            matrix = rows_in_memory(preparation, rows, type(self).__name__)
            self._fine_tune(matrix, targets, labelled, seed, run)

    def transform(self, X: Any) -> np.ndarray:
        """Give what the output layer sees: the fine-tuned code, or the layer chosen.

        Returns
        -------
        features : ndarray of float32, shape (n_samples, n_units)
        """
        check_is_fitted(self)
        return finite(over_rows(Predictor.features, self.model_, self._prepared(X)), "code", "X")

    def transform_chunks(self, X: Any) -> Iterator[np.ndarray]:
        """Give the rows of `transform` a chunk at a time, for more than fits into memory.

        Yields
        ------
        features : ndarray of float32, shape (n_rows, n_units)
        """
        check_is_fitted(self)
        n_rows = affordable_rows(self.autoencoder_.preparation_.n_features)
        features = partial(over_rows, Predictor.features, self.model_)
        return streamed(features, "code", self._prepared(X, n_rows))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        check_is_fitted(self)
        autoencoder, tensors = describe(self.autoencoder_)
        tensors = {name: array for name, array in tensors.items() if name[:12] == "preparation."}
        tensors |= {name: np.asarray(leaf) for name, leaf in named_leaves(self.model_).items()}
        fitted = {
            "best_epoch": self.best_epoch_,
            "frozen": self.model_.frozen,
            "history": self.history_,
            "interrupted": self.interrupted_,
            "layer": self.model_.layer,
            "outcome": self._outcome_state(),
            "teaching": self.teaching_.state(),
            **told_columns(self),
        }
        parameters = encoded_parameters(self)
        return {"parameters": parameters, "autoencoder": autoencoder, "fitted": fitted}, tensors

    @classmethod
    def from_state(cls, values: dict[str, Any], tensors: Tensors) -> Self:
        """Give the predictor that had this state."""
        restored = cls(**decoded_parameters(values["parameters"]))
        restored.check_parameters()
        fitted, autoencoder = values["fitted"], values["autoencoder"]
        own = BaseAutoencoder.subclasses()[autoencoder["class"]].skeleton(autoencoder, tensors)
        restored._set_outcome_state(fitted["outcome"])
        set_columns(restored, fitted, own.preparation_)
        restored.history_ = checked_history(fitted["history"])
        restored.best_epoch_ = checked_epoch(fitted["best_epoch"], restored.history_)
        restored.interrupted_ = bool(fitted["interrupted"])
        restored.teaching_ = Teaching.restored(fitted.get("teaching"), restored)
        layer = fitted["layer"]
        if layer is not None and int(layer) not in range(1, own.model_.network.n_layers):
            raise ValueError("unknown layer")
        predictor = Predictor(own.model_, NO_HEAD, layer and int(layer), bool(fitted["frozen"]))
        # What the head takes is found by tracing the encoder, so that has to be a true one.
        encoder = fill(predictor.without_decoder(), tensors)
        initialize = shapes_for(tensors.values())
        n_features = own.preparation_.n_features
        predictor = encoder.with_head(n_features, restored._n_outputs, initialize)
        restored.model_ = fill(predictor, tensors)
        # The decoder was dropped, and the encoder is the one that was fine-tuned.
        own.model_ = restored.model_.autoencoder
        restored.autoencoder_ = own
        return restored

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        x = self._prepared(X)
        return finite(over_rows(Predictor.outputs, self.model_, x), "prediction", "X")

    def _prepared(self, X: Any, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        rows = open_dataset(self.autoencoder_, open_dataset(self, X, reset=False), reset=False)
        return self.autoencoder_.preparation_.chunks(rows, n_rows)

    def _learned_code(self, dataset: Dataset, seed: int, run: Run) -> BaseAutoencoder:
        """Give the autoencoder as it came if it is fitted, else a fitted copy."""
        given = self.autoencoder
        if isinstance(given, FrozenEstimator):
            given = given.estimator
        if given is None:
            given = self._default_autoencoder()
        if not isinstance(given, BaseAutoencoder):
            raise IsthmusError(
                f"autoencoder={given!r} is none of Isthmus: give one, such as Autoencoder(32)."
            )
        if hasattr(given, "model_"):
            return given
        unfitted: Any = clone(given)
        if unfitted.random_state is None:
            unfitted.set_params(random_state=seed)
        if not isinstance(unfitted, TrainedAutoencoder):
            return unfitted.fit(dataset)
        unfitted.check_parameters()
        unfitted.fit_within(run.stage("autoencoder"), dataset)
        return unfitted

    def _fine_tune(
        self, matrix: np.ndarray, targets: np.ndarray, labelled: np.ndarray, seed: int, run: Run
    ) -> None:
        generator, held_out, validation = np.random.default_rng(seed), np.empty(0, int), None
        if self.early_stopping and len(labelled) > 1:
            labelled, held_out = hold_out(labelled, targets, self.validation_fraction, generator)
            validation = ArrayBatches(matrix, self.batch_size, AllOnce(held_out), targets)
        model = initial_predictor(self, self.autoencoder_.model_, self._n_outputs, generator)
        others = np.setdiff1d(np.arange(len(targets)), np.concatenate([labelled, held_out]))
        # What is held out must not tell the others' outcomes.
        known = targets.copy()
        known[held_out] = UNLABELLED
        teaching, believed = self._teaching(model, matrix, known, others)
        labelled = believed.added_to(known, labelled)
        others = np.setdiff1d(others, labelled)
        teaches = self.reconstruction or teaching.unlabelled
        others = others if teaches else others[:0]
        order = order_of(labelled, others, self.batch_size, teaching.unlabelled)
        batches = ArrayBatches(matrix, self.batch_size, order, known)
        plan = self._plan(model, teaching, batches, seed)
        plan = with_ladder(plan, self, self._outcome(), teaching.unlabelled, generator)
        rows = RowsInMemory(self.autoencoder_.preparation_, matrix)
        check_hosts_rows(self, rows, plan.model, known)
        training = train(plan, batches, run, validation=validation)
        self.model_, self.history_ = predictor_of(training.model, matrix), training.history
        self.best_epoch_, self.interrupted_ = training.best_epoch, training.interrupted
        self.teaching_ = teaching

    def _teaching(
        self, model: Predictor, matrix: np.ndarray, targets: np.ndarray, others: np.ndarray
    ) -> tuple[Teaching, Propagated]:
        """Give what fine-tuning learns by, and what it believes of the `others`."""
        return Teaching.of(self, matrix), NOTHING

    def _plan(
        self, model: Predictor, teaching: Teaching, batches: ArrayBatches, seed: int
    ) -> Plan[Predictor]:
        by_rows = default_epochs(batches.n_rows, self.batch_size, teaching.n_updates, 10, 400)
        n_epochs = self.max_epochs or by_rows
        rate, patience = teaching.learning_rate, self.patience if self.early_stopping else None
        settings = Settings(n_epochs, rate, self.weight_decay, patience=patience, seed=seed)
        own = self.autoencoder_
        objective = own.objective(n_epochs, batches.n_steps) if self.reconstruction else None
        loss = Supervision(
            self._outcome(),
            teaching.corruption,
            teaching.dropout,
            teaching.terms,
            objective,
            self.reconstruction,
            n_warmup_updates=n_epochs * batches.n_steps // 5,
        )
        return Plan(model, loss, settings, relative_rates(model, self.layer_decay))

    @property
    def _n_features_out(self) -> int:
        return int(self.model_.head.weight.shape[0])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        tags.input_tags.allow_nan = getattr(self.autoencoder, "takes_gaps", True)
        return tags
