"""Checkpoints: everything that a killed run needs to go on to the same result, bit for bit."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar, final

import numpy as np

from isthmus.errors import CheckpointError, IsthmusError, ModelFileError, printable
from isthmus.io import read_model_file, write_model_file
from isthmus.io.atomic import sweep
from isthmus.io.failures import reason_of
from isthmus.io.leftovers import discard, name_beside
from isthmus.runs.machine import describe_machine
from isthmus.runs.processes import Processes
from isthmus.runs.versions import VERSIONS

Header: TypeAlias = dict[str, Any]
Arrays: TypeAlias = dict[str, np.ndarray]
Stored = TypeVar("Stored")

FORMAT_VERSION = 2

_NAME = "checkpoint.isthmus"
_START_OVER = "start over with --fresh, in Python with Checkpoint(…, fresh=True)"
_DAMAGES = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)
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


class Identity(Protocol):
    """What a run computes on; a checkpoint of another one is refused."""

    def state(self) -> dict[str, Any]:
        """Give it as JSON holds it."""
        ...

    def difference(self, stored: dict[str, Any]) -> str | None:
        """Tell what the run of a stored one has otherwise, if anything."""
        ...

    def remedy(self, stored: dict[str, Any]) -> str:
        """Tell what makes this run that of a stored one, where an option does."""
        ...


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
        self._machine = describe_machine()
        self._next = -inf
        self._identity: Identity | None = None
        self._warned = False
        self._header: Header = {}
        self._arrays: Arrays = {}
        processes = Processes()
        if processes.first:
            _make_folder(self.path.parent)
            # What a killed run was writing is of no use to anybody.
            sweep(self.path)
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

    def noted(self, name: str, default: Any, read: Callable[[Any], Stored]) -> Stored:
        """Give what `read` makes of a note, and keep it; `default` where there was none.

        Raises
        ------
        CheckpointError
            The note does not suit `read`.
        """
        note = self._checked(lambda: read(self.notes.get(name, default)))
        self.notes[name] = note
        return note

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

    def restore(self, read: Callable[[Header, Arrays], Stored], n_epochs: int) -> Stored | None:
        """Give what `read` makes of what was saved; None where nothing was.

        Raises
        ------
        CheckpointError
            What was saved does not suit `read`.
        """
        if not self.found:
            return None
        stored = self._checked(lambda: read(self._header, self._arrays))
        if not self._quiet:
            text = f"Resuming from epoch {self.epoch} of {n_epochs} ({self.path})."
            if self._header["finished"]:
                text = f"Nothing is left to train: {self.path} holds the finished training."
            print(printable(text), file=sys.stderr)
        if not self._header["finished"] and Processes().first:
            self._warn_of_another_machine()
        return stored

    def _warn_of_another_machine(self) -> None:
        there, here = self._checked(lambda: dict(self._header.get("machine", {}))), self._machine
        changed = [
            f"{name}: {there[name]}, but now {here.get(name, 'none')}"
            for name in there
            if there[name] != here.get(name)
        ]
        if changed:
            warnings.warn(
                f"{self.path} was written on another machine ({'; '.join(changed)}), which may "
                "round otherwise, so the end may differ in the last bits.",
                RuntimeWarning,
                stacklevel=3,
            )

    def probe(self, n_bytes: int) -> None:
        """See that a checkpoint so large can be written, before hours of work that needs it.

        Raises
        ------
        IsthmusError
            It cannot.
        """
        if not Processes().first:
            return
        probe = name_beside(self.path, ".part")
        try:
            with probe.open("wb") as file:
                file.write(bytes(n_bytes))
                os.fsync(file.fileno())
        except OSError as error:
            raise IsthmusError(
                f"{self.path} cannot be written, because {reason_of(error)}."
            ) from error
        finally:
            discard(probe)

    def due(self) -> bool:
        """Tell whether it is time to write."""
        return time.monotonic() >= self._next

    def save(self, header: Header, arrays: Arrays) -> None:
        """Write atomically; the checkpoint before stays until this one is whole.

        The header says at least which "epoch" to go on with, and whether all are "finished".

        Raises
        ------
        IsthmusError
            The first one cannot be written. Later ones warn, since training loses nothing by
            going on.
        """
        begin = time.monotonic()
        first = self._next == -inf
        try:
            self._write(header, arrays)
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

    def _write(self, header: Header, arrays: Arrays) -> None:
        assert self._identity is not None
        whole = {
            "checkpoint_version": FORMAT_VERSION,
            "versions": VERSIONS,
            "machine": self._machine,
            "identity": self._identity.state(),
            "notes": self.notes,
            **header,
        }
        write_model_file(self.path, whole, arrays)

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
            header, self._arrays = read_model_file(path)
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
        here = {"the format": FORMAT_VERSION, **VERSIONS}
        other = next((name for name in here if there.get(name) != here[name]), None)
        if other is not None:
            raise CheckpointError(
                f"{self.path} was written by another version of {other} ({there.get(other)}, but "
                f"this one is {here[other]}), which may round otherwise: go on with that version, "
                f"or {_START_OVER}."
            )
        self._header, self.notes = header, self._checked(lambda: dict(header["notes"]))

    def _checked(self, read: Callable[[], Stored]) -> Stored:
        try:
            return read()
        except _DAMAGES as error:
            raise CheckpointError(
                f"{self.path} holds parts that do not fit together, so it was altered or comes "
                f"from another version of Isthmus: {_START_OVER}."
            ) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IsthmusError(
            f"{folder} cannot be a folder for checkpoints, because {reason_of(error)}."
        ) from error
