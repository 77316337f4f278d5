"""What tells one fit from another, so that none goes on from the checkpoint of a stranger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from numbers import Integral
from typing import Any

import jax
import numpy as np

from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.rows import TrainingRows
from isthmus.runs import Processes
from isthmus.training import CheckpointFile, Identity


def seed_of(estimator: BaseAutoencoder, file: CheckpointFile | None) -> int:
    """Give the seed of this fit: where none is fixed, that of the fit it goes on with."""
    if isinstance(estimator.random_state, Integral):
        return estimator._seed()
    # Each process would draw its own; all take the first one's.
    seed, _ = Processes().agree(estimator._seed(), False)
    return seed if file is None else int(file.notes.setdefault("seed", seed))


def identity_of(estimator: BaseAutoencoder, rows: TrainingRows) -> Identity:
    """Tell what a fit computes on.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Prepared, with the model to start from.
    rows : TrainingRows
        A thousand of them, evenly spread, stand for all.
    """
    preparation = estimator.preparation_
    return Identity(
        model=type(estimator).__name__,
        parameters=_parameters(estimator),
        schema=str(preparation.schema),
        n_rows=rows.n_rows,
        content=_digest(
            [preparation.schema.names, preparation.schema.dtypes],
            (preparation.offset, preparation.scale, rows.sampled()),
        ),
        start=_digest([], jax.tree.leaves(estimator.model_)),
        order=rows.order,
    )


def _parameters(estimator: BaseAutoencoder) -> dict[str, str]:
    parameters = estimator.get_params(deep=False)
    seed = parameters["random_state"]
    if not isinstance(seed, Integral):
        # Another seed is drawn in every process, and the checkpoint's is taken instead.
        parameters["random_state"] = None
    del parameters["verbose"]
    return {name: repr(value) for name, value in parameters.items()}


def _digest(values: list[Any], arrays: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256(repr(values).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
