"""Checkpoints: everything that a killed run needs to go on to the same result, bit for bit."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.errors import CheckpointError, IsthmusError, ModelFileError
from isthmus.io import read_model_file, write_model_file
from isthmus.io.failures import SYSTEM_REASONS, first_line
from isthmus.models import Model
from isthmus.runs.processes import Processes
from isthmus.training.compiled import Carry
from isthmus.training.layout import Parameters

FORMAT_VERSION = 2

# Another version of these may round otherwise, and then the end is not the same bit for bit.
_LIBRARIES = ("isthmus", "jax", "jaxlib")
_NAME = "checkpoint.isthmus"
_START_OVER = "start over with --fresh, in Python with Checkpoint(…, fresh=True)"
# Writing takes no more than this share of the time, however large the model is.
_MOST_OF_THE_TIME = 0.05


@final
@dataclass(frozen=True)
class Checkpoint:
    """Where a fit keeps what it needs to go on after it was killed.

    Parameters
    ----------
    folder : str or Path
        It is made if need be; the checkpoint is the file ``checkpoint.isthmus`` in it.
    seconds : float, default=30.0
        Time between two writings, longer where writing takes more than a twentieth of it; 0
        writes after every compiled call, each of which takes up to half a second.
    fresh : bool, default=False
        Start over, and replace the checkpoint that is there.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import Autoencoder, Checkpoint
    >>> X, folder = load_iris().data, tempfile.mkdtemp()
    >>> model = Autoencoder(hidden=8, max_epochs=3, random_state=0, verbose=False)
    >>> once = model.fit_transform(X, checkpoint=Checkpoint(folder, seconds=5))
    >>> again = model.fit_transform(X, checkpoint=folder)  # nothing is left to train
    >>> bool((once == again).all())
    True
    """

    folder: str | os.PathLike[str]
    seconds: float = 30.0
    fresh: bool = False


@dataclass
class Snapshot:
    """Where training stands between two compiled calls."""

    carry: Carry
    epoch: int  # the one being run, counted from 1
    step: int = 0  # minibatches of that epoch that are done
    best: Parameters | None = None
    best_loss: float = np.inf
    best_epoch: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    finished: bool = False


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


@final
class CheckpointFile:
    """The checkpoint of one run: what it goes on from, and where it writes to.

    Parameters
    ----------
    checkpoint : Checkpoint, str or Path
        Where, how often, and whether to start over.
    quiet : bool
        Do not tell on standard error what is gone on from.

    Attributes
    ----------
    notes : dict
        What JSON can hold, kept beside the rest; at first, what the file held.

    Raises
    ------
    CheckpointError
        The file that is there is damaged, or from another version.
    IsthmusError
        The folder cannot be made or written to.
    """

    def __init__(
        self, checkpoint: Checkpoint | str | os.PathLike[str], *, quiet: bool = False
    ) -> None:
        if not isinstance(checkpoint, Checkpoint):
            checkpoint = Checkpoint(checkpoint)
        self.path = Path(checkpoint.folder) / _NAME
        self.notes: dict[str, Any] = {}
        self._seconds, self._quiet = checkpoint.seconds, quiet
        self._next = -np.inf
        self._identity: Identity | None = None
        self._warned = False
        self._header: dict[str, Any] = {}
        self._tensors: dict[str, np.ndarray] = {}
        processes = Processes()
        if processes.first:
            _make_folder(self.path.parent)
            if not checkpoint.fresh and self.path.exists():
                self._read(self.path)
        self._share(processes)

    @property
    def found(self) -> bool:
        """Whether there is something to go on from."""
        return bool(self._header)

    @property
    def epoch(self) -> int | None:
        """The epoch to go on with, counted from 1; None where there is nothing to go on from."""
        return self._checked(lambda: int(self._header["epoch"])) if self.found else None

    def identify(self, identity: Identity) -> None:
        """Say what this run is.

        Raises
        ------
        CheckpointError
            The checkpoint that is there belongs to another run.
        """
        self._identity = identity
        if not self.found:
            return
        stored = self._header.get("identity", {})
        difference = self._checked(lambda: identity.difference(stored))
        if difference is not None:
            remedy = self._checked(lambda: identity.remedy(stored))
            raise CheckpointError(
                f"{self.path} {difference}: {remedy}name another folder, or {_START_OVER}."
            )

    def restore(self, start: Snapshot, n_epochs: int) -> Snapshot:
        """Give what was saved, or `start` itself where nothing was; shapes are those of `start`."""
        if not self.found:
            return start
        snapshot = self._checked(lambda: self._restored(start))
        if not self._quiet:
            text = f"Resuming from epoch {snapshot.epoch} of {n_epochs} ({self.path})."
            if snapshot.finished:
                text = f"Nothing is left to train: {self.path} holds the finished training."
            print(text, file=sys.stderr)
        return snapshot

    def probe(self, model: Model) -> None:
        """See that a checkpoint of this model can be written, before hours of work that needs it.

        Raises
        ------
        IsthmusError
            It cannot.
        """
        if not Processes().first:
            return
        # With the moments and the best so far the parameters are there four times.
        n_bytes = 4 * sum(leaf.nbytes for leaf in jax.tree.leaves(model))
        probe = self.path.with_name(f".{_NAME}.probe.part")
        try:
            with probe.open("wb") as file:
                file.write(bytes(n_bytes))
                os.fsync(file.fileno())
        except OSError as error:
            raise IsthmusError(
                f"{self.path} cannot be written, because {_reason(error)}."
            ) from error
        finally:
            with suppress(OSError):
                probe.unlink()

    def due(self) -> bool:
        """Tell whether it is time to write."""
        return time.monotonic() >= self._next

    def save(self, snapshot: Snapshot) -> None:
        """Write atomically; the checkpoint before stays until this one is whole.

        Raises
        ------
        IsthmusError
            The first one cannot be written. Later ones warn, since training loses nothing by
            going on.
        """
        begin = time.monotonic()
        first = self._next == -np.inf
        try:
            self._write(snapshot)
        except IsthmusError as error:
            if first:
                raise
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{str(error).removesuffix('.')}; training goes on, and the checkpoint before "
                    "it stays.",
                    RuntimeWarning,
                    stacklevel=2,
                )
        end = time.monotonic()
        if self._seconds:
            end += max(self._seconds, (end - begin) / _MOST_OF_THE_TIME)
        self._next = end

    def _write(self, snapshot: Snapshot) -> None:
        assert self._identity is not None
        header = {
            "checkpoint_version": FORMAT_VERSION,
            "versions": _versions(),
            "identity": self._identity.state(),
            "notes": self.notes,
            "epoch": snapshot.epoch,
            "step": snapshot.step,
            "best_epoch": snapshot.best_epoch,
            "finished": snapshot.finished,
        }
        tensors = {
            f"carry.{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(snapshot.carry))
        }
        # JSON has no infinity, arrays do.
        tensors |= {
            "best_loss": np.array(snapshot.best_loss, np.float64),
            "seconds": np.array(snapshot.seconds, np.float64),
        }
        for name, values in snapshot.history.items():
            tensors[f"history.{name}"] = np.array(values, np.float64)
        if snapshot.best is not None:
            tensors |= {f"best.{i}": np.asarray(array) for i, array in enumerate(snapshot.best)}
        write_model_file(self.path, header, tensors)

    def _share(self, processes: Processes) -> None:
        """Let all processes have what the first one has read; others need not see the folder."""
        if processes.count == 1:
            return
        content = processes.from_first(self.path.read_bytes() if self.found else b"")
        if processes.first or not content:
            return
        self._quiet = True
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _NAME
            path.write_bytes(content)
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            header, self._tensors = read_model_file(path)
        except ModelFileError as error:
            found = str(error).rpartition(": ")[0]
            raise CheckpointError(f"{found}: {_START_OVER}.") from error
        if "checkpoint_version" not in header:
            raise CheckpointError(
                f"{self.path} is a model, not a checkpoint: name another folder for checkpoints."
            )
        there = self._checked(
            lambda: {"the format": header["checkpoint_version"], **header.get("versions", {})}
        )
        here = {"the format": FORMAT_VERSION, **_versions()}
        other = next((name for name in here if there.get(name) != here[name]), None)
        if other is not None:
            raise CheckpointError(
                f"{self.path} was written by another version of {other} ({there.get(other)}, but "
                f"this one is {here[other]}), which may round otherwise: go on with that version, "
                f"or {_START_OVER}."
            )
        self._header, self.notes = header, self._checked(lambda: dict(header["notes"]))

    def _restored(self, start: Snapshot) -> Snapshot:
        header, tensors = self._header, self._tensors
        leaves, structure = jax.tree.flatten(start.carry)
        saved = [_like(tensors[f"carry.{i}"], leaf) for i, leaf in enumerate(leaves)]
        best = None
        if "best.0" in tensors:
            best = tuple(
                _like(tensors[f"best.{i}"], array) for i, array in enumerate(start.carry.parameters)
            )
        return Snapshot(
            jax.tree.unflatten(structure, saved),
            int(header["epoch"]),
            int(header["step"]),
            best,
            float(tensors["best_loss"]),
            int(header["best_epoch"]),
            {name: tensors[f"history.{name}"].tolist() for name in start.history},
            float(tensors["seconds"]),
            bool(header["finished"]),
        )

    def _checked(self, read: Any) -> Any:
        try:
            return read()
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{self.path} holds parts that do not fit together, so it was altered or comes "
                f"from another version of Isthmus: {_START_OVER}."
            ) from error


def _versions() -> dict[str, str]:
    return {library: version(library) for library in _LIBRARIES}


def _change(before: dict[str, str], after: dict[str, str]) -> str | None:
    for name in {**after, **before}:
        then, now = (values.get(name, "none") for values in (before, after))
        if then != now:
            return f"{name}={then}, but now {name}={now}"
    return None


def _like(tensor: np.ndarray, leaf: jax.Array) -> jax.Array:
    if tensor.shape != leaf.shape or tensor.dtype != leaf.dtype:
        raise ValueError("an array has the wrong shape")
    return jnp.asarray(tensor)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # What a killed run was writing is of no use to anybody.
        for part in folder.glob(f".{_NAME}.*.part"):
            part.unlink(missing_ok=True)
    except OSError as error:
        raise IsthmusError(
            f"{folder} cannot be a folder for checkpoints, because {_reason(error)}."
        ) from error


def _reason(error: OSError) -> str:
    return SYSTEM_REASONS.get(error.errno or 0, f"{first_line(error)}: choose another place")
