"""What tells one fit from another, so that none goes on from the checkpoint of a stranger."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, NamedTuple, final

import jax
import numpy as np
from sklearn.base import BaseEstimator

from isthmus.fitting.rows import TrainingRows
from isthmus.fitting.seeds import drawn_seed
from isthmus.runs import VERSIONS, CheckpointFile, DisagreementError, Processes, check_devices

_ANOTHER_ESTIMATOR, _OTHER_WEIGHTS = "another estimator", "other weights to start from"
# Where an object lies in memory says nothing about what it is.
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class _Difference(NamedTuple):
    """What two runs have otherwise: "other parameters" and both values, where there are any."""

    made: str
    what: str
    theirs: str
    ours: str


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
    schema: str = ""
    n_rows: int = 0
    content: str = ""
    start: str = ""
    order: dict[str, str] = field(default_factory=dict)

    def state(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        return dict(vars(self))

    def difference(self, stored: dict[str, Any]) -> str | None:
        """Tell what a stored identity has otherwise, if anything."""
        found = self._first_difference(Identity(**stored))
        if found is None:
            return None
        then, now = found.theirs, found.ours
        if found.what == _ANOTHER_ESTIMATOR:
            return f"comes from {then}, but this is {now}"
        if found.what == _OTHER_WEIGHTS:
            return "started from other weights than this run does"
        values = f"{then}, but now {now}" if now else then
        return f"was made {found.made} {found.what} ({values})"

    def difference_between_processes(self, number: int, stored: dict[str, Any]) -> str | None:
        """Tell what the process of this number has otherwise than process 0, whose this is."""
        found = self._first_difference(Identity(**stored))
        if found is None:
            return None
        values = f"{found.theirs}, but there {found.ours}" if found.ours else found.theirs
        values = f" ({values})" if values else ""
        return f"process {number} has {found.what} than process 0{values}"

    def _first_difference(self, before: Identity) -> _Difference | None:
        if before.model != self.model:
            return _Difference("with", _ANOTHER_ESTIMATOR, before.model, self.model)
        changed = _change(before.parameters, self.parameters)
        if changed is not None:
            return _Difference("with", "other parameters", *changed)
        if before.schema != self.schema:
            return _Difference("from", "other data", f"rows of {before.schema}", self.schema)
        if before.n_rows != self.n_rows:
            return _Difference("from", "other data", f"{before.n_rows:,} rows", f"{self.n_rows:,}")
        changed = _change(before.order, self.order)
        if changed is not None:
            return _Difference("with", "another order of the rows", *changed)
        if before.content != self.content:
            alike = "of the same shape, but with other names or values"
            return _Difference("from", "other data", alike, "")
        if before.start != self.start:
            return _Difference("with", _OTHER_WEIGHTS, "", "")
        return None

    def remedy(self, stored: dict[str, Any]) -> str:
        """Tell what makes this run that of a stored identity, where an option does."""
        memory = stored["order"].get("memory")
        if memory in (None, self.order.get("memory")):
            return ""
        return f"give --memory {memory} (in Python ISTHMUS_MEMORY={memory}), "


def seed_of(random_state: Any, file: CheckpointFile | None = None) -> int:
    """Give the seed of this fit: where none is fixed, that of the fit it goes on with."""
    seed = drawn_seed(random_state)
    if isinstance(random_state, Integral):
        return seed
    # Each process would draw its own; all take the first one's.
    seed, _ = Processes().agree(seed, False)
    return seed if file is None else file.noted("seed", seed, _checked_seed)


def check_hosts(estimator: BaseEstimator, **options: Any) -> None:
    """Refuse to begin where the processes of a job have not been asked for the same.

    Parameters
    ----------
    estimator : estimator
        Its class and its parameters count.
    **options
        What else must be alike, such as whether there is a checkpoint.

    Raises
    ------
    DisagreementError
        In every process: what one of them has otherwise than the first one.
    """
    if Processes().count > 1:
        check_devices()
        named = {name: repr(value) for name, value in {**options, **VERSIONS}.items()}
        _compare(Identity(type(estimator).__name__, {**_parameters(estimator), **named}))


def check_hosts_rows(
    estimator: BaseEstimator, rows: TrainingRows, start: Any, targets: Any = None
) -> None:
    """Refuse to train where the processes of a job do not compute on the same rows and weights.

    Parameters
    ----------
    estimator : estimator
        Its class and its parameters count.
    rows : TrainingRows
        All of them are compared.
    start : pytree of arrays
        What training starts from.
    targets : ndarray or None
        What else belongs to the rows.

    Raises
    ------
    DisagreementError
        In every process: what one of them has otherwise than the first one.
    """
    if Processes().count > 1:
        own = identity_of(estimator, rows, start)
        more = [] if targets is None else [np.asarray(targets)]
        content = _digest([own.content, rows.digest()], more)
        _compare(replace(own, content=content))


def _compare(own: Identity) -> None:
    first, *others = Processes().gather(own.state())
    for number, other in enumerate(others, 1):
        difference = Identity(**first).difference_between_processes(number, other)
        if difference is not None:
            raise DisagreementError(
                f"{difference}: give all processes the same command, the same data and the same "
                "versions."
            )


def identity_of(estimator: BaseEstimator, rows: TrainingRows, start: Any) -> Identity:
    """Tell what a fit computes on.

    Parameters
    ----------
    estimator : estimator
        Its class and its parameters count.
    rows : TrainingRows
        A thousand of them, evenly spread, stand for all.
    start : pytree of arrays
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
            (*preparation.state()[1].values(), rows.sampled()),
        ),
        start=_digest([], jax.tree.leaves(start)),
        order=rows.order,
    )


def _checked_seed(value: Any) -> int:
    seed = int(value)
    if not 0 <= seed < 2**63:
        raise ValueError(f"{seed} is no seed")
    return seed


def _parameters(estimator: BaseEstimator) -> dict[str, str]:
    parameters = estimator.get_params(deep=False)
    seed = parameters["random_state"]
    if not isinstance(seed, Integral):
        # Another seed is drawn in every process, and the checkpoint's is taken instead.
        parameters["random_state"] = None
    del parameters["verbose"]
    return {name: _ADDRESS.sub("", repr(value)) for name, value in parameters.items()}


def _change(before: dict[str, str], after: dict[str, str]) -> tuple[str, str] | None:
    for name in {**after, **before}:
        then, now = (values.get(name, "none") for values in (before, after))
        if then != now:
            return f"{name}={then}", f"{name}={now}"
    return None


def _digest(values: list[Any], arrays: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256(repr(values).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
