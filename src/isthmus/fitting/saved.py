"""What a fitted autoencoder holds, to a file and back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self, TypeAlias, get_args

import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.fitting.persistence import (
    Persistent,
    Tensors,
    decode,
    decoded_parameters,
    encode,
    encoded_parameters,
    fill,
    named_leaves,
)
from isthmus.io import ContainerKind
from isthmus.models import Code, Deterministic, Likelihood, Model
from isthmus.networks import Architecture, Initializer, Shortcut, ShortcutNetwork, shapes_for
from isthmus.networks.architectures.table import Table
from isthmus.prepare import Preparation, restore_preparation

_PREPARATION = "preparation."

# Names of what else was learned, and what makes it again of what a file holds.
Restorers: TypeAlias = Mapping[str, Callable[[Any], Any]]
OF_TRAINING: Restorers = {"best_epoch_": int, "interrupted_": bool}


class SavedAutoencoder(Persistent):
    """A fitted autoencoder's preparation, model and history, and how files hold them.

    Attributes
    ----------
    n_components_ : int
        Size of the code.
    history_ : dict of str to list of float
        "loss", "validation_loss" and "seconds", one entry per epoch.
    validation_rows_ : ndarray of int
        Positions of the held-out rows in X. Where PCA, at which training starts, was kept, it was
        found from all rows in the end, and there are none.
    preparation_ : Preparation
        The change of scale.
    model_ : Model
        Network, code and likelihood, an Equinox module.
    container_ : {"array", "pandas", "polars", "arrow"}
        What X was, and rows are given back as.
    n_features_in_ : int
        Numbers in one row of X.
    feature_names_in_ : ndarray of str
        Column names of X, where it has any.
    """

    _saved: ClassVar[Restorers] = {}
    """Fitted attributes of a subclass that its file holds too: numbers, or lists of them."""

    n_features_in_: int
    feature_names_in_: np.ndarray
    n_components_: int
    history_: dict[str, list[float]]
    preparation_: Preparation
    model_: Model
    validation_rows_: np.ndarray
    container_: str

    @abstractmethod
    def _architecture(self) -> Architecture:
        """Give the design of the network."""

    def _architecture_for(self, preparation: Preparation, shortcut: bool) -> Architecture:
        """Give the design of the network for rows that are prepared so."""
        architecture = self._architecture()
        if shortcut and not isinstance(architecture, Shortcut):
            architecture = Shortcut(architecture)
        if preparation.layout is None:
            return architecture
        return Table(architecture, preparation.layout.first_places)

    def _code(self, likelihood: Likelihood) -> Code:
        """Give the code that goes with this likelihood."""
        return Deterministic()

    def _build(
        self,
        preparation: Preparation,
        likelihood: Likelihood,
        size: int,
        initialize: Initializer,
        *,
        shortcut: bool = False,
    ) -> Model:
        """Build a model with a code of this size, for rows that are prepared so.

        With `shortcut` the network gets linear shortcuts that nobody asked for.
        """
        code = self._code(likelihood)
        architecture = self._architecture_for(preparation, shortcut)
        network = architecture.build(
            preparation.row_shape,
            size,
            code.n_parameters(size),
            likelihood.n_parameters(preparation.n_features),
            initialize,
        )
        code.check(network)
        return Model(network, code.sized(size), likelihood.sized(preparation.n_features))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        check_is_fitted(self)
        preparation, arrays = self.preparation_.state()
        fitted = {
            "attributes": {
                name: np.asarray(getattr(self, name)).tolist()
                for name in self._saved
                if hasattr(self, name)
            },
            "container": self.container_,
            "history": self.history_,
            "likelihood": encode(self.model_.likelihood),
            "n_components": self.n_components_,
            "preparation": preparation,
            "shortcut": isinstance(self.model_.network, ShortcutNetwork),
            **told_columns(self),
        }
        tensors = preparation_tensors(arrays)
        tensors |= {name: np.asarray(leaf) for name, leaf in named_leaves(self.model_).items()}
        return {"parameters": encoded_parameters(self), "fitted": fitted}, tensors

    @classmethod
    def from_state(cls, values: dict[str, Any], tensors: Tensors) -> Self:
        """Give the autoencoder that had this state."""
        restored = cls.skeleton(values, tensors)
        restored.model_ = fill(restored.model_, tensors)
        return restored

    @classmethod
    def skeleton(cls, values: dict[str, Any], tensors: Tensors) -> Self:
        """Give the same with a model that has shapes only, in place of the arrays."""
        restored = cls(**decoded_parameters(values["parameters"]))
        restored.check_parameters()
        fitted = values["fitted"]
        arrays = preparation_arrays(tensors)
        restored.preparation_ = restore_preparation(fitted["preparation"], arrays)
        restored.n_components_ = int(fitted["n_components"])
        set_columns(restored, fitted, restored.preparation_)
        if fitted["container"] not in get_args(ContainerKind):
            raise ValueError("unknown container")
        restored.container_ = fitted["container"]
        restored.history_ = checked_history(fitted["history"])
        for name, restore in cls._saved.items():
            if name in fitted["attributes"]:
                setattr(restored, name, restore(fitted["attributes"][name]))
        checked_epoch(getattr(restored, "best_epoch_", 0), restored.history_)
        restored.validation_rows_ = np.empty(0, int)
        likelihood = decode(fitted["likelihood"])
        if not isinstance(likelihood, Likelihood):
            raise ValueError("unknown likelihood")
        restored.model_ = restored._build(
            restored.preparation_,
            likelihood,
            restored.n_components_,
            shapes_for(tensors.values()),
            # Before there were shortcuts, files said nothing of them.
            shortcut=bool(fitted.get("shortcut", False)),
        )
        return restored


def checked_history(history: dict[str, Any]) -> dict[str, list[float]]:
    """Give the history that a file tells of."""
    if not {"loss", "seconds"} <= history.keys():
        raise ValueError("the history has no losses")
    return checked_losses(history)


def checked_epoch(epoch: Any, history: dict[str, list[float]]) -> int:
    """Give the epoch that a file says was kept, which its history has, or 0 for the start."""
    losses = history.get("validation_loss", history["loss"])
    # What the first epoch had taught is kept where it was interrupted, and is in no history.
    if int(epoch) not in range(max(len(losses), 1) + 1):
        raise ValueError("the epoch that was kept is not in the history")
    return int(epoch)


def checked_losses(losses: dict[str, Any]) -> dict[str, list[float]]:
    """Give numbers by epoch that a file tells of."""
    return {str(name): [float(value) for value in values] for name, values in losses.items()}


def preparation_tensors(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Give the arrays of a preparation as they are named in a file."""
    return {f"{_PREPARATION}{name}": array for name, array in arrays.items()}


def preparation_arrays(tensors: Tensors) -> dict[str, np.ndarray]:
    """Give those again that `preparation_tensors` named."""
    return {
        name.removeprefix(_PREPARATION): array
        for name, array in tensors.items()
        if name.startswith(_PREPARATION)
    }


def told_columns(estimator: Any) -> dict[str, Any]:
    """Give what `set_columns` lets an estimator know again."""
    names = getattr(estimator, "feature_names_in_", None)
    return {
        "feature_names_in": None if names is None else [str(name) for name in names],
        "n_features_in": estimator.n_features_in_,
    }


def set_columns(estimator: Any, fitted: dict[str, Any], preparation: Preparation) -> None:
    """Let an estimator know the columns that a file tells of, as scikit-learn's do."""
    n_features, names = int(fitted["n_features_in"]), fitted["feature_names_in"]
    if n_features != preparation.schema.n_features:
        raise ValueError("the number of features contradicts the preparation")
    estimator.n_features_in_ = n_features
    if names is None:
        return
    texts = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not texts or len(names) != n_features:
        raise ValueError("the names are not one for each column")
    estimator.feature_names_in_ = np.array(names, dtype=object)
