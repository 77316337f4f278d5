"""Starting from a fitted autoencoder instead of from drawn weights."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, TypeVar

import jax

from isthmus.errors import DataError, IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.persistence import load
from isthmus.fitting.rows import TrainingRows
from isthmus.io import Dataset
from isthmus.models import Model
from isthmus.networks import Network
from isthmus.prepare import Preparation
from isthmus.training import over_rows

P = TypeVar("P")


def open_start(init: Any) -> BaseAutoencoder:
    """Give the fitted autoencoder that `init` is or names."""
    if isinstance(init, (str, os.PathLike)):
        init = load(init)
    if not isinstance(init, BaseAutoencoder) or not hasattr(init, "model_"):
        raise IsthmusError(
            f"init={init!r} is no fitted autoencoder: give one, or the path of its model file."
        )
    return init


def admitted(start: BaseAutoencoder, dataset: Dataset) -> Preparation:
    """Give the preparation to go on with, once it is known to suit these rows.

    Raises
    ------
    DataError
        The rows have other columns or another shape, or lie where the likelihood of what
        training starts from is not defined.
    """
    preparation, likelihood = start.preparation_.admitting(dataset), start.model_.likelihood
    if preparation.support not in likelihood.supports:
        raise DataError(
            f"{dataset.source} holds values outside [0, 1], but training goes on from a model of "
            f"values in [0, 1] whose likelihood is {type(likelihood).__name__}: bring them into "
            "that range, or fit a new model on rows of the whole range."
        )
    return preparation


def start_model(drawn: Model, start: Model) -> Model:
    """Give the drawn model with the arrays of another one of the same shapes.

    The arrays of code and likelihood come along where both have the same.
    """
    network = _take_over(drawn.network, start.network)
    code = _unless_other(drawn.code, start.code)
    return Model(network, code, _unless_other(drawn.likelihood, start.likelihood))


def with_thresholds(model: Model, rows: TrainingRows) -> Model:
    """Give the drawn model with what its code has of its own as suits some of the rows."""
    if not jax.tree.leaves(model.code):
        return model
    sampled = over_rows(Model.code_parameters, model, rows.sampled())
    return replace(model, code=model.code.starting_at(sampled))


def _unless_other(drawn: P, start: P) -> P:
    """Give the part to start from, where both are alike but for their arrays."""
    return start if jax.tree.structure(drawn) == jax.tree.structure(start) else drawn


def _take_over(drawn: Network, start: Network) -> Network:
    have, want = _shapes(start), _shapes(drawn)
    for name in {**want, **have}:
        if have.get(name) != want.get(name):
            raise IsthmusError(
                f"what training starts from has {_described(have.get(name))} as {name}, but this "
                f"estimator needs {_described(want.get(name))}: give both the same network and "
                "n_components."
            )
    return jax.tree.unflatten(jax.tree.structure(drawn), jax.tree.leaves(start))


def _shapes(network: Network) -> dict[str, tuple[int, ...]]:
    leaves = jax.tree_util.tree_leaves_with_path(network)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf.shape for path, leaf in leaves
    }


def _described(shape: tuple[int, ...] | None) -> str:
    return "nothing" if shape is None else "an array of shape " + str(shape)
