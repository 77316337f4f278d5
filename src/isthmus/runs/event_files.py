"""Event files, which TensorBoard draws."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from socket import gethostname
from typing import Any, final

from isthmus.errors import IsthmusError
from isthmus.io.failures import reason_of

_FLUSH_SECONDS = 2.0


@final
class EventFiles:
    """A folder of event files, one for each run.

    tensorboardX's own `SummaryWriter` writes in a thread, and waits forever once that has met a
    full disk; so its records are written here, one after the other.

    Parameters
    ----------
    folder : str or Path
        Made if it does not exist.

    Raises
    ------
    IsthmusError
        The folder cannot be written to, or tensorboardX is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.path = Path(folder)
        try:
            self._records: Any = import_module("tensorboardX.record_writer")
            self._protocol: Any = import_module("tensorboardX.proto.event_pb2")
        except ModuleNotFoundError as error:
            raise IsthmusError(
                "files for TensorBoard need tensorboardX, which is not installed: "
                "run pip install 'isthmus[tensorboard]'."
            ) from error
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".{secrets.token_hex(4)}.part"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise IsthmusError(
                f"{folder} cannot be a folder for TensorBoard, because {reason_of(error)}."
            ) from error
        self._writer: Any = None
        self._next_flush = 0.0

    def begin(self, resumed_epoch: int | None) -> None:
        """Open a new file; what earlier ones say of this epoch and later ones is taken back."""
        # Runs that start within a second would else take each other's names.
        name = f"events.out.tfevents.{time.time():.0f}.{gethostname()}.{secrets.token_hex(4)}"
        self._writer = self._records.RecordWriter(str(self.path / name))
        self._add(file_version="brain.Event:2")
        if resumed_epoch is not None:
            log = self._protocol.SessionLog
            self._add(step=resumed_epoch, session_log=log(status=log.START))
        self._flush()

    def write(self, step: int, values: dict[str, float]) -> None:
        """Add a point to each curve."""
        points = [{"tag": tag, "simple_value": value} for tag, value in values.items()]
        self._add(step=step, summary={"value": points})
        if time.monotonic() >= self._next_flush:
            self._flush()

    def close(self) -> None:
        """Write what waits, and close the file."""
        if self._writer is not None:
            # A full disk was told about before.
            with suppress(OSError):
                self._writer.close()
            self._writer = None

    def _add(self, **content: Any) -> None:
        event = self._protocol.Event(wall_time=time.time(), **content)
        self._writer.write(event.SerializeToString())

    def _flush(self) -> None:
        self._writer.flush()
        self._next_flush = time.monotonic() + _FLUSH_SECONDS
