"""What the classifier and the regressor share: an encoder and an output layer, fine-tuned."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import equinox as eqx
import jax
import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from isthmus.errors import DataError, IsthmusError
from isthmus.estimators.denoising import DenoisingAutoencoder
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.holding_out import hold_out
from isthmus.fitting.plan import default_epochs
from isthmus.fitting.rows import rows_in_memory
from isthmus.fitting.trained import NOT_NEGATIVE, POSITIVE, TrainedAutoencoder
from isthmus.fitting.validation import open_dataset
from isthmus.io import CHUNK_ROWS, Dataset, affordable_rows, as_dataset, read_ahead
from isthmus.models import Predictor
from isthmus.networks import Affine, glorot_uniform
from isthmus.objectives import Corruption, Objective, Outcome, Supervision, Unlabelled
from isthmus.runs import Interruption, Logs, ProgressBar, report_to
from isthmus.training import ArrayBatches, MixedRows, Settings, feature_rows, predict_rows, train

SHARE = Interval(Real, 0, 1, closed="left")


class SupervisedAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Fine-tuning with the decoder dropped; a subclass says what is told from the rows.

    A fit sets: `model_`, `history_`, `best_epoch_`, `interrupted_`, `n_features_in_`.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "autoencoder": [BaseAutoencoder, FrozenEstimator, None],
        "layer": [POSITIVE, None],
        "frozen_encoder": ["boolean"],
        "layer_decay": [Interval(Real, 0, 1, closed="right")],
        "corruption": [Corruption, None],
        "dropout": [SHARE],
        "reconstruction": [NOT_NEGATIVE],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "max_epochs": [POSITIVE, None],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [NOT_NEGATIVE],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "patience": [POSITIVE],
        "random_state": ["random_state"],
        "verbose": ["boolean", None],
    }

    autoencoder: BaseAutoencoder | FrozenEstimator | None
    layer: int | None
    frozen_encoder: bool
    layer_decay: float
    corruption: Corruption | None
    dropout: float
    reconstruction: float
    batch_size: int
    max_epochs: int | None
    learning_rate: float
    weight_decay: float
    early_stopping: bool
    validation_fraction: float
    patience: int
    random_state: int | np.random.RandomState | None
    verbose: bool | None
    n_features_in_: int
    model_: Predictor
    history_: dict[str, list[float]]
    best_epoch_: int
    interrupted_: bool
    feature_names_in_: np.ndarray
    _autoencoder: BaseAutoencoder

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

    def _unlabelled(self) -> tuple[Unlabelled, ...]:
        return ()

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
            Where to write a line of JSON after every epoch, first of the autoencoder where it is
            not fitted yet. It is replaced.
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
        self._validate_params()
        with Logs(log, tensorboard) as logs:
            self._fit(X, y, logs)
            logs.end(self.interrupted_)
        return self

    def _fit(self, X: Any, y: Any, logs: Logs) -> None:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: "
                "give one value a row."
            )
        if isinstance(y, str):
            X, y = split_column(X, y)
        dataset = open_dataset(self, X, reset=True)
        targets, labelled = self._read_targets(y)
        if len(targets) != len(dataset):
            raise DataError(
                f"y has {len(targets):,} values, but {dataset.source} has {len(dataset):,} rows: "
                "give one value a row."
            )
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        logs.begin()
        # One Ctrl-C is for both stages.
        with Interruption():
            self._autoencoder = self._learn_code(dataset, seed, logs)
            preparation = self._autoencoder.preparation_
            matrix = rows_in_memory(preparation, self._matched(dataset), type(self).__name__)
            self._fine_tune(matrix, targets, labelled, seed, logs)

    def transform(self, X: Any) -> np.ndarray:
        """Give what the output layer sees: the fine-tuned code, or the layer chosen.

        Returns
        -------
        features : ndarray of float32, shape (n_samples, n_units)
        """
        check_is_fitted(self)
        return np.concatenate([feature_rows(self.model_, x) for x in self._prepared(X)])

    def transform_chunks(self, X: Any) -> Iterator[np.ndarray]:
        """Give the rows of `transform` a chunk at a time, for more than fits into memory.

        Yields
        ------
        features : ndarray of float32, shape (n_rows, n_units)
        """
        check_is_fitted(self)
        n_rows = affordable_rows(self._autoencoder.preparation_.n_features)
        for x in read_ahead(self._prepared(X, n_rows)):
            yield feature_rows(self.model_, x)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.isthmus`` file, which `isthmus.load` reads without executing anything."""
        from isthmus.fitting.persistence import save_predictor

        check_is_fitted(self)
        save_predictor(self, path)

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return np.concatenate([predict_rows(self.model_, x) for x in self._prepared(X)])

    def _prepared(self, X: Any, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        dataset = self._matched(open_dataset(self, X, reset=False))
        first = 0
        for chunk in dataset.chunks(n_rows):
            yield self._autoencoder.preparation_.transform(chunk, dataset.source, first)
            first += len(chunk)

    def _matched(self, dataset: Dataset) -> Dataset:
        return open_dataset(self._autoencoder, dataset, reset=False)

    def _learn_code(self, dataset: Dataset, seed: int, logs: Logs) -> BaseAutoencoder:
        """Give the autoencoder as it came if it is fitted, else a fitted copy."""
        given = self.autoencoder
        if isinstance(given, FrozenEstimator):
            given = given.estimator
        if given is None:
            given = DenoisingAutoencoder(64, verbose=self.verbose)
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
        unfitted._validate_params()
        unfitted._fit(dataset, None, None, logs.within("autoencoder"))
        return unfitted

    def _fine_tune(
        self, matrix: np.ndarray, targets: np.ndarray, labelled: np.ndarray, seed: int, logs: Logs
    ) -> None:
        generator = np.random.default_rng(seed)
        training_rows, held_out = labelled, None
        if self.early_stopping and len(labelled) > 1:
            training_rows, held_out = hold_out(
                labelled, targets, self.validation_fraction, generator
            )
        batches = ArrayBatches(matrix, self.batch_size, self._mix(training_rows, targets), targets)
        validation = None
        if held_out is not None:
            validation = ArrayBatches(matrix, self.batch_size, held_out, targets)
        n_epochs = self.max_epochs
        if n_epochs is None:
            n_epochs = default_epochs(batches.n_rows, self.batch_size, 6_000, 10, 400)
        progress = ProgressBar(self.verbose)
        try:
            predictor = self._start(glorot_uniform(generator))
            training = train(
                predictor,
                self._loss(n_epochs, batches.n_steps),
                batches,
                Settings(
                    n_epochs,
                    self.learning_rate,
                    self.weight_decay,
                    patience=self.patience if self.early_stopping else None,
                    seed=seed,
                ),
                validation=validation,
                relative_rates=self._relative_rates(predictor),
                report=report_to(progress, logs),
            )
        finally:
            progress.close()
        self.model_ = training.model.without_decoder()
        self.history_ = training.history
        self.best_epoch_, self.interrupted_ = training.best_epoch, training.interrupted

    def _mix(self, labelled: np.ndarray, targets: np.ndarray) -> np.ndarray | MixedRows:
        """Give the rows to train on: all of them where unlabelled ones teach something."""
        others = np.setdiff1d(np.arange(len(targets)), labelled)
        if not len(others) or not (self.reconstruction or self._unlabelled()):
            return labelled
        return MixedRows(labelled, others, self.batch_size)

    def _start(self, initialize: Any) -> Predictor:
        model = self._autoencoder.model_
        n_layers = model.network.n_layers
        if self.layer is not None and self.layer >= n_layers:
            raise IsthmusError(
                f"layer={self.layer} is not below the code: this autoencoder has "
                f"{n_layers - 1} hidden layers; name one of them, or None for the code."
            )
        predictor = Predictor(model, _no_head(), self.layer, self.frozen_encoder)
        n_units = n_head_inputs(predictor, self._autoencoder.preparation_.n_features)
        weight = initialize(n_units, self._n_outputs, "identity")
        predictor = eqx.tree_at(
            lambda p: (p.head.weight, p.head.bias),
            predictor,
            (weight, np.zeros(self._n_outputs, np.float32)),
            is_leaf=lambda leaf: leaf is None,
        )
        return predictor if self.reconstruction else predictor.without_decoder()

    def _loss(self, n_epochs: int, n_steps: int) -> Supervision:
        objective = None
        if self.reconstruction:
            own = self._autoencoder
            trained = isinstance(own, TrainedAutoencoder)
            objective = own._objective(n_epochs, n_steps) if trained else Objective()
        return Supervision(
            self._outcome(),
            self.corruption,
            self.dropout,
            self._unlabelled(),
            objective,
            self.reconstruction,
            n_warmup_updates=n_epochs * n_steps // 5,
        )

    def _relative_rates(self, predictor: Predictor) -> Predictor | None:
        """Give each layer its share of the learning rate, less from layer to layer downwards."""
        if not self.frozen_encoder and self.layer_decay == 1:
            return None
        lowest = 0.0 if self.frozen_encoder else 1.0
        rates = jax.tree.map(lambda leaf: np.full(leaf.shape, lowest, np.float32), predictor)
        rates = eqx.tree_at(lambda p: p.head, rates, jax.tree.map(np.ones_like, rates.head))
        n_layers = predictor.autoencoder.network.n_layers

        def encoder(p: Predictor) -> Any:
            return p.autoencoder.network.encoder

        decayed = tuple(
            jax.tree.map(lambda leaf, i=i: leaf * self.layer_decay ** (n_layers - i), layer)
            for i, layer in enumerate(encoder(rates))
        )
        return eqx.tree_at(encoder, rates, decayed)

    @property
    def _n_features_out(self) -> int:
        return int(self.model_.head.weight.shape[0])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def n_head_inputs(predictor: Predictor, n_features: int) -> int:
    """Give the number of units that the head takes, without computing anything."""
    row = jax.ShapeDtypeStruct((1, n_features), np.float32)
    return int(jax.eval_shape(lambda p, x: p.features(x), predictor, row).shape[1])


def split_column(X: Any, name: str) -> tuple[Dataset, list[Any]]:
    """Take a column out of a table: the rest of it, and the column's values."""
    dataset = as_dataset(X)
    values = dataset.select([name]).to_memory()
    rest: Sequence[str] = [other for other in dataset.schema.names or () if other != name]
    return dataset.select(rest), values.column(0).to_pylist()  # pyright: ignore


def _no_head() -> Affine:
    return Affine(None, None)
