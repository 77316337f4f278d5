"""What tells one fit from another, so that none goes on from the checkpoint of a stranger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, final

import jax
import numpy as np

from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.rows import TrainingRows
from isthmus.fitting.seeds import drawn_seed
from isthmus.models import Model
from isthmus.runs import CheckpointFile, Processes


@final
@dataclass(frozen=True)
class Identity:
    """What a run computes on; a checkpoint of another one is refused.

    Parameters
    ----------
    model : str
        Name of the estimator.
    parameters : dict of str to str
        The estimator's parameters, as Python writes them.
    schema : str
        What one row of the data looks like.
    n_rows : int
        How many there are.
    content : str
        Digest of what the preparation found, and of some rows.
    start : str
        Digest of the parameters that training starts from.
    order : dict of str to str
        What the order of the rows depends on, where they are streamed: "memory", as
        ``--memory`` takes it, and how the files are cut.
    """

    model: str
    parameters: dict[str, str]
    schema: str
    n_rows: int
    content: str
    start: str
    order: dict[str, str] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return dict(vars(self))

    def difference(self, stored: dict[str, Any]) -> str | None:
        """Tell what a stored identity has otherwise, if anything."""
        before = Identity(**stored)
        if before.model != self.model:
            return f"comes from {before.model}, but this is {self.model}"
        changed = _change(before.parameters, self.parameters)
        if changed is not None:
            return f"was made with other parameters ({changed})"
        if before.schema != self.schema:
            return f"was made from other data (rows of {before.schema}, but now {self.schema})"
        if before.n_rows != self.n_rows:
            return f"was made from other data ({before.n_rows:,} rows, but now {self.n_rows:,})"
        changed = _change(before.order, self.order)
        if changed is not None:
            return f"was made with another order of the rows ({changed})"
        if before.content != self.content:
            return "was made from other data (of the same shape, but with other names or values)"
        if before.start != self.start:
            return "started from other weights than this run does"
        return None

    def remedy(self, stored: dict[str, Any]) -> str:
        """Tell what makes this run that of a stored identity, where an option does."""
        memory = stored["order"].get("memory")
        if memory in (None, self.order.get("memory")):
            return ""
        return f"give --memory {memory} (in Python ISTHMUS_MEMORY={memory}), "


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


def _change(before: dict[str, str], after: dict[str, str]) -> str | None:
    for name in {**after, **before}:
        then, now = (values.get(name, "none") for values in (before, after))
        if then != now:
            return f"{name}={then}, but now {name}={now}"
    return None


def _digest(values: list[Any], arrays: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256(repr(values).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
