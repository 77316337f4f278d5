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
from isthmus.fitting.seeds import drawn_seed
from isthmus.models import Model
from isthmus.runs import Processes
from isthmus.training import CheckpointFile, Identity


def seed_of(random_state: Any, file: CheckpointFile | None) -> int:
    """Give the seed of this fit: where none is fixed, that of the fit it goes on with."""
    seed = drawn_seed(random_state)
    if isinstance(random_state, Integral):
        return seed
    # Each process would draw its own; all take the first one's.
    seed, _ = Processes().agree(seed, False)
    return seed if file is None else int(file.notes.setdefault("seed", seed))


def identity_of(estimator: BaseAutoencoder, rows: TrainingRows, start: Model) -> Identity:
    """Tell what a fit computes on.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Its class and its parameters count.
    rows : TrainingRows
        A thousand of them, evenly spread, stand for all.
    start : Model
        What training starts from.
    """
    preparation = rows.preparation
    return Identity(
        model=type(estimator).__name__,
        parameters=_parameters(estimator),
        schema=str(preparation.schema),
        n_rows=rows.n_rows,
        content=_digest(
            [preparation.schema.names, preparation.schema.dtypes],
            (preparation.offset, preparation.scale, rows.sampled()),
        ),
        start=_digest([], jax.tree.leaves(start)),
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
