"""The imputer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self, final

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from isthmus.fitting.declaration import estimator, parameter
from isthmus.fitting.default_epochs import default_epochs
from isthmus.fitting.gaps import filled_chunks, in_one_piece
from isthmus.fitting.identity import check_hosts, check_hosts_rows, identity_of, seed_of
from isthmus.fitting.parameters import (
    NOT_NEGATIVE,
    POSITIVE,
    MinibatchParameters,
    TableParameters,
)
from isthmus.fitting.persistence import (
    Persistent,
    Tensors,
    decoded_parameters,
    encoded_parameters,
    fill,
    named_leaves,
)
from isthmus.fitting.rows import TrainingRows, open_rows
from isthmus.fitting.saved import (
    checked_history,
    preparation_arrays,
    preparation_tensors,
    set_columns,
    told_columns,
)
from isthmus.fitting.validation import open_dataset
from isthmus.io import (
    CHUNK_ROWS,
    Dataset,
    Rows,
    affordable_rows,
    container_of,
    to_container,
)
from isthmus.models import Deterministic, Mixed, Model
from isthmus.networks import Initializer, ResidualTableNetwork, glorot_uniform, shapes_for
from isthmus.networks.architectures.residual_table import N_KNOTS, ResidualTable
from isthmus.objectives import Imputation, SumOfLosses
from isthmus.prepare import TablePreparation, normal_scores
from isthmus.runs import Checkpoint, CheckpointFile, Run
from isthmus.training import Plan, Settings, over_rows, train


@final
@estimator
class AutoencoderImputer(
    TableParameters, MinibatchParameters, OneToOneFeatureMixin, TransformerMixin, Persistent
):
    """Fill the gaps of a table of any columns with what a few networks make of the other values.

    The networks learn to tell columns of the training rows that are hidden from them, others in
    each minibatch, from those that are not. A number is filled in as the mean of what it may be,
    a category as its most likely level. What is there stays as it is.

    Parameters
    ----------
    n_networks : int
        Networks that learn side by side; their mean is taken.
    width : int
        Width of their layers. No code is narrower.
    batch_size : int
        Rows in a minibatch.
    max_epochs : int or None
        Passes over the data; None makes about 5,000 updates.
    weight_decay : float
        Decoupled weight decay of AdamW.

    Attributes
    ----------
    preparation_ : TablePreparation
        How columns become numbers.
    models_ : tuple of Model
        The networks.
    history_ : dict of str to list of float
        "loss", the sum over the networks, and "seconds", one entry per epoch.
    interrupted_ : bool
        Whether Ctrl-C ended the training.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Column names of X, where it has any.

    References
    ----------
    Gondara & Wang (2018), MIDA: multiple imputation using denoising autoencoders; Lakshminarayanan
    et al. (2017), Simple and scalable predictive uncertainty estimation using deep ensembles.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import AutoencoderImputer
    >>> X = load_iris().data
    >>> X[::5, 2] = np.nan
    >>> imputer = AutoencoderImputer(width=64, max_epochs=100, random_state=0)
    >>> filled = imputer.fit_transform(X)
    >>> bool(np.abs(filled - load_iris().data).max() < 1.5)
    True
    """

    n_networks: int = parameter(POSITIVE, default=3, kw_only=False)
    width: int = parameter(POSITIVE, default=256)
    batch_size: int = parameter(POSITIVE, default=256)
    weight_decay: float = parameter(NOT_NEGATIVE, default=1e-2)

    if TYPE_CHECKING:  # Dataclasses would take them for parameters.
        n_features_in_: int
        feature_names_in_: np.ndarray
        container_: str

    _updates: ClassVar[int] = 5_000

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
        log: str | os.PathLike[str] | None = None,
        tensorboard: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Learn to tell the columns from each other.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            A table with gaps or without: NaN, None, or empty fields of a file.
        y : ignored
        checkpoint : Checkpoint, path of a folder or None
            Where to write, every half a minute, what a killed fit needs to go on. The same fit
            then goes on by itself and ends with the same networks, bit for bit.
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
            X has a column that nothing can be learned of.
        CheckpointError
            The checkpoint is damaged, or of other data, other parameters or another version.
        IsthmusError
            The checkpoint or the log cannot be written.
        """
        self.check_parameters()
        check_hosts(self, checkpoint=checkpoint is not None)
        silent = self.verbose is not None and not self.verbose
        file = None if checkpoint is None else CheckpointFile(checkpoint, quiet=silent)
        with Run(self.verbose, checkpoint=file, log=log, tensorboard=tensorboard) as run:
            self._fit_within(run, X)
            run.end(self.interrupted_)
        return self

    def _fit_within(self, run: Run, X: Any) -> None:
        dataset = open_dataset(self, X, reset=True)
        seed = seed_of(self.random_state, run.checkpoint)
        reason = "gaps are to be filled"
        preparation = TablePreparation.fit(dataset, reason, self.kinds, bends=False)
        rows = open_rows(preparation, dataset, 0.0, seed)
        plan = self._plan(preparation, rows, seed)
        check_hosts_rows(self, rows, plan.model)
        if run.checkpoint is not None:
            run.checkpoint.identify(identity_of(self, rows, plan.model))
        run.begin()
        batches, _ = rows.batches(self.batch_size)
        training = train(plan, batches, run)
        self.preparation_, self.models_ = preparation, training.model
        self.history_, self.interrupted_ = training.history, training.interrupted

    def transform(self, X: Any) -> Any:
        """Fill the gaps.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the imputer was fitted on.

        Returns
        -------
        rows : array or frame
            X with its columns, dtypes, levels and index. Columns of which nothing could be
            learned keep their gaps.
        """
        check_is_fitted(self)
        container = container_of(X)
        dataset = open_dataset(self, X, reset=False)
        filled = in_one_piece(list(self._filled(dataset, CHUNK_ROWS)))
        # What has no gaps is given back as it is, but never as the array itself.
        is_given = isinstance(filled, np.ndarray) and np.shares_memory(filled, np.asarray(X))
        return to_container(filled.copy() if is_given else filled, container)

    def transform_chunks(self, X: Any) -> Iterator[Rows]:
        """Fill the gaps a chunk at a time, for rows that would not fit into memory.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the imputer was fitted on.

        Yields
        ------
        rows : array or arrow table
            The next rows of what `transform` gives.
        """
        check_is_fitted(self)
        n_rows = affordable_rows(self.preparation_.n_features)
        return self._filled(open_dataset(self, X, reset=False), n_rows)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        check_is_fitted(self)
        preparation, arrays = self.preparation_.state()
        fitted = {
            "history": self.history_,
            "interrupted": self.interrupted_,
            "preparation": preparation,
            **told_columns(self),
        }
        tensors = preparation_tensors(arrays)
        tensors |= {name: np.asarray(leaf) for name, leaf in named_leaves(self.models_).items()}
        return {"parameters": encoded_parameters(self), "fitted": fitted}, tensors

    @classmethod
    def from_state(cls, values: dict[str, Any], tensors: Tensors) -> Self:
        """Give the imputer that had this state."""
        restored = cls(**decoded_parameters(values["parameters"]))
        restored.check_parameters()
        fitted = values["fitted"]
        arrays = preparation_arrays(tensors)
        preparation = TablePreparation.from_state(fitted["preparation"], arrays)
        restored.preparation_ = preparation
        set_columns(restored, fitted, preparation)
        restored.history_ = checked_history(fitted["history"])
        restored.interrupted_ = bool(fitted["interrupted"])
        if len(tensors) < restored.n_networks:
            raise ValueError("there are fewer networks than the imputer has")
        initialize = shapes_for(tensors.values())
        skeletons = tuple(
            restored._model(preparation, initialize) for _ in range(restored.n_networks)
        )
        restored.models_ = fill(skeletons, tensors)
        return restored

    def _filled(self, dataset: Dataset, n_rows: int) -> Iterator[Rows]:
        tell = partial(over_rows, _mean_of, self.models_)
        return filled_chunks(dataset, self.preparation_, tell, n_rows)

    def _plan(
        self, preparation: TablePreparation, rows: TrainingRows, seed: int
    ) -> Plan[tuple[Model, ...]]:
        layout, mean, sampled = preparation.layout, rows.mean(), rows.sampled()
        knots, scores = normal_scores(sampled[:, : len(layout.numbers)], N_KNOTS)
        models = []
        for generator in np.random.default_rng(seed).spawn(self.n_networks):
            model = self._model(preparation, glorot_uniform(generator))
            assert isinstance(model.network, ResidualTableNetwork)
            output = model.likelihood.parameters_at(mean)
            network = model.network.starting_at(output, knots, scores)
            models.append(replace(model, network=network))
        n_epochs = self.max_epochs
        if n_epochs is None:
            n_epochs = default_epochs(
                rows.n_training, self.batch_size, self._updates, 1, self._updates
            )
        settings = Settings(n_epochs, self.learning_rate, self.weight_decay, seed=seed)
        loss = Imputation(layout.columns, layout.parts)
        return Plan(tuple(models), SumOfLosses((loss,) * self.n_networks), settings)

    def _model(self, preparation: TablePreparation, initialize: Initializer) -> Model:
        layout = preparation.layout
        likelihood = Mixed().for_columns(layout)
        architecture = ResidualTable(len(layout.numbers), layout.first_places)
        n_outputs = likelihood.n_parameters(layout.n_features)
        network = architecture.build(
            (layout.n_features,), self.width, self.width, n_outputs, initialize
        )
        return Model(network, Deterministic(), likelihood)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.allow_nan = True
        return tags


def _mean_of(models: tuple[Model, ...], x: jax.Array) -> jax.Array:
    """Give the mean of what models reconstruct: ``(batch, features)`` to the same."""
    return jnp.mean(jnp.stack([model.reconstruct(x) for model in models]), axis=0)
