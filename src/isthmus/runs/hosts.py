"""Several processes as one job: all must come, and the end of one is noticed by the others.

JAX's own runtime ends a process with a stack trace where another one is missing or dies, and
only after minutes. So the processes first meet at a socket of process 0, which stays open: a
process that dies closes it, and one whose machine falls silent no longer sends its beat.
"""

from __future__ import annotations

import json
import os
import queue
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NoReturn, final

import jax
import numpy as np
from jax.experimental import multihost_utils

from isthmus.errors import IsthmusError
from isthmus.io import limited_memory, memory_budget
from isthmus.io.failures import first_line

_BEAT_SECONDS = 3.0
_SILENCE_SECONDS = 15.0
_HELLO_SECONDS = 5.0
_ACCEPT_SECONDS = 0.05
# All have come by then, so that only a closed port makes it long.
_RUNTIME_SECONDS = 20
_INTERRUPTED = 130
_AGAIN = "start all processes again, and with --checkpoint they go on where they were"


@final
@dataclass(frozen=True)
class Job:
    """What a process knows of its job.

    Parameters
    ----------
    coordinator : str
        Host and port at which process 0 meets the others, such as ``"10.0.0.1:4567"``.
    n_processes : int
        How many there are.
    process_id : int
        Which one this is, counted from 0.
    local_device_ids : tuple of int or None
        The devices of the machine that this process uses; all by default.
    """

    coordinator: str
    n_processes: int
    process_id: int
    local_device_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        host, _, port = self.coordinator.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
            raise IsthmusError(
                f"the coordinator {self.coordinator!r} is no host and port: "
                "write it like 10.0.0.1:4567."
            )
        if not 0 <= self.process_id < self.n_processes:
            raise IsthmusError(
                f"process {self.process_id} is none of {self.n_processes} processes: "
                f"count from 0 to {self.n_processes - 1}."
            )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port at which process 0 listens."""
        host, _, port = self.coordinator.rpartition(":")
        return host, int(port)

    @classmethod
    def detect(cls) -> Job:
        """Find the job that Slurm, Open MPI or Kubernetes has started, as JAX does.

        Raises
        ------
        IsthmusError
            None of them has.
        """
        from jax._src.clusters import ClusterEnv

        coordinator, n_processes, process_id, device_ids = (
            ClusterEnv.auto_detect_unset_distributed_params(None, None, None, None, None, 20)
        )
        if coordinator is None or n_processes is None or process_id is None:
            raise IsthmusError(
                "no job of Slurm, Open MPI or Kubernetes was found: start inside of one, or give "
                "--coordinator HOST:PORT, --processes and --process-id."
            )
        ids = None if device_ids is None else tuple(device_ids)
        return cls(coordinator, n_processes, process_id, ids)


@final
class Hosts:
    """The processes of a job, from the roll call to the end; use it in a ``with`` statement.

    Parameters
    ----------
    job : Job
        What to join.
    end : callable
        Called with a sentence, perhaps from another thread, when this process fails or another
        one is lost, and after Ctrl-C with an exit code too; must not return.
    patience : float
        Seconds to wait for all to come.

    Raises
    ------
    IsthmusError
        A process did not come, came twice, or belongs to another job.
    """

    def __init__(self, job: Job, end: Callable[..., NoReturn], *, patience: float = 25.0) -> None:
        self._job, self._end = job, end
        self._limit = ExitStack()
        meet = _Server if job.process_id == 0 else _Client
        self._meeting: _Server | _Client = meet(job, self._lose, patience)

    def __enter__(self) -> Hosts:
        try:
            with self._soon():
                self._start_runtime()
            jax.devices()  # which may take long, where there are many
            with self._soon(), _silent_output():
                budget = self._common_budget()
        except IsthmusError as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(f"{self._unconnected()} ({first_line(error)}).")
        self._limit.enter_context(limited_memory(str(budget)))
        return self

    @contextmanager
    def _soon(self) -> Iterator[None]:
        """End this process with a sentence before JAX does so with a stack trace."""
        watch = threading.Timer(_RUNTIME_SECONDS, self._fail, [f"{self._unconnected()}."])
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _unconnected(self) -> str:
        return (
            f"the runtime of JAX did not connect all processes within {_RUNTIME_SECONDS} s: let "
            f"all hosts reach port {self._meeting.runtime_port} of process 0's, and each other at "
            "the ports that are given to programs (docs/many-hosts.md)"
        )

    def _start_runtime(self) -> None:
        job = self._job
        host, _ = job.address
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(
            f"{host}:{self._meeting.runtime_port}",
            job.n_processes,
            job.process_id,
            list(job.local_device_ids) if job.local_device_ids is not None else None,
            cluster_detection_method="deactivate",
            initialization_timeout=2 * _RUNTIME_SECONDS,
        )

    def _common_budget(self) -> int:
        """Give what the process with the least may take, since all must read alike."""
        megabytes = memory_budget(self._meeting.n_neighbours) // 2**20
        every = multihost_utils.process_allgather(np.array(megabytes, np.int32))
        return int(every.min()) * 2**20

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._limit.close()
        if error is None:
            self._meeting.leave()
            jax.distributed.shutdown()
            return
        if isinstance(error, KeyboardInterrupt):
            self._fail(f"stopped by Ctrl-C; {str(error) or 'nothing was written'}.", _INTERRUPTED)
        if not isinstance(error, IsthmusError):
            # Most likely a sum over processes that failed; who is lost is known in a moment.
            time.sleep(_SILENCE_SECONDS + _BEAT_SECONDS)
        self._fail(" ".join(str(error).split()) or type(error).__name__)

    def _fail(self, sentence: str, *code: int) -> NoReturn:
        self._meeting.fail(sentence.rstrip("."))
        # JAX's runtime would wait for the others before it lets this process go.
        self._end(sentence, *code)

    def _lose(self, who: str, why: str) -> None:
        self._end(f"{who} {why}: {_AGAIN}.")


@dataclass
class _Line:
    """One end of a connection, over which lines of JSON go."""

    socket: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)
    buffer: bytes = b""

    def send(self, **message: Any) -> None:
        """Send, or let the reader find out that nobody is there any more."""
        with suppress(OSError), self.lock:
            self.socket.sendall(json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        """End the connection."""
        self.socket.close()

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """Give the next message, or None where the connection has ended or fallen silent."""
        self.socket.settimeout(seconds)
        try:
            while b"\n" not in self.buffer:
                received = self.socket.recv(65_536)
                if not received or len(self.buffer) > 2**20:
                    return None
                self.buffer += received
            line, _, self.buffer = self.buffer.partition(b"\n")
            message = json.loads(line)
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None


class _Server:
    """Process 0: calls the roll, and tells the others when one is lost."""

    def __init__(self, job: Job, lose: Callable[[str, str], None], patience: float) -> None:
        self._job, self._lose = job, lose
        self._lines: dict[int, _Line] = {}
        self._names: dict[int, str] = {}
        self._arrived: queue.SimpleQueue[tuple[_Line, dict[str, Any]]] = queue.SimpleQueue()
        self._left: set[int] = set()
        self._first_loss = threading.Lock()  # never given back
        self._watches: list[threading.Thread] = []
        self._all_left = threading.Event()
        self.runtime_port = _free_port()
        self._call_the_roll(patience)
        hosts = Counter([socket.gethostname(), *self._names.values()])
        self.n_neighbours = hosts[socket.gethostname()]
        for number, line in self._lines.items():
            line.send(go=self.runtime_port, neighbours=hosts[self._names[number]])
            self._watches.append(_start(self._watch, number, line))
        _start(self._beat)

    def leave(self) -> None:
        """Wait until all have done their part, and let them go."""
        if self._lines:
            self._all_left.wait()
        self._tell(bye=True)
        # Closing before they have read it could take the message from them.
        for watch in self._watches:
            watch.join(_BEAT_SECONDS)
        self._close()

    def fail(self, sentence: str) -> None:
        # The others end when they hear it, which must not be taken for the cause.
        self._first_loss.acquire(blocking=False)
        self._tell(lost=f"process 0 (host {socket.gethostname()})", why=f"failed ({sentence})")

    def _call_the_roll(self, patience: float) -> None:
        job, deadline = self._job, time.monotonic() + patience
        _, port = job.address
        try:
            listener = socket.create_server(("", port), backlog=job.n_processes)
        except OSError as error:
            raise IsthmusError(
                f"process 0 cannot listen at port {port} ({error.strerror}): choose another one."
            ) from error
        listener.settimeout(_ACCEPT_SECONDS)
        with listener:
            while len(self._lines) < job.n_processes - 1:
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    _start(self._greet, _Line(connection))
                while not self._arrived.empty():
                    self._admit(*self._arrived.get())
                if time.monotonic() > deadline and len(self._lines) < job.n_processes - 1:
                    self._refuse(self._missing(patience))

    def _greet(self, line: _Line) -> None:
        """Hear who has come, in a thread of its own: a stranger may say nothing for long."""
        hello = line.receive(_HELLO_SECONDS)
        if hello is None or not {"id", "of", "host"} <= set(hello):
            line.close()
        else:
            self._arrived.put((line, hello))

    def _admit(self, line: _Line, hello: dict[str, Any]) -> None:
        number, host = hello["id"], str(hello["host"])
        self._lines[-1 if number in self._lines else number] = line
        if number in self._names:
            self._refuse(
                f"process {number} came twice, from host {self._names[number]} and from host "
                f"{host}: give every process its own --process-id."
            )
        if hello["of"] != self._job.n_processes:
            self._refuse(
                f"process {number} (host {host}) is one of {hello['of']} processes, but process 0 "
                f"one of {self._job.n_processes}: give all the same --processes."
            )
        self._names[number] = host

    def _missing(self, patience: float) -> str:
        missing = [i for i in range(1, self._job.n_processes) if i not in self._lines]
        many = len(missing) > 1
        numbers = ", ".join(map(str, missing))
        return (
            f"process{'es' * many} {numbers} did not come within {patience:.0f} s: start "
            f"{'them' if many else 'it'} with --process-id, and see that {self._job.coordinator} "
            "can be reached from there."
        )

    def _refuse(self, sentence: str) -> NoReturn:
        self._tell(refused=sentence)
        self._close()
        raise IsthmusError(sentence)

    def _watch(self, number: int, line: _Line) -> None:
        who = f"process {number} (host {self._names[number]})"
        while True:
            message = line.receive(_SILENCE_SECONDS)
            if message is None:
                why = "has ended or cannot be reached any more"
            elif "why" in message:
                why = str(message["why"])
            else:
                if "done" in message:
                    self._left.add(number)
                    if len(self._left) == len(self._lines):
                        self._all_left.set()
                continue
            # Those who are told end too, which must not be taken for the cause.
            if number not in self._left and self._first_loss.acquire(blocking=False):
                self._lines.pop(number, line).close()
                self._tell(lost=who, why=why)
                self._lose(who, why)
            return

    def _beat(self) -> None:
        while not self._all_left.wait(_BEAT_SECONDS):
            self._tell(beat=True)

    def _tell(self, **message: Any) -> None:
        for line in list(self._lines.values()):
            line.send(**message)

    def _close(self) -> None:
        for line in self._lines.values():
            line.close()


class _Client:
    """Any other process: comes to process 0, and listens to what it tells."""

    def __init__(self, job: Job, lose: Callable[[str, str], None], patience: float) -> None:
        self._job, self._lose = job, lose
        self._free = threading.Event()
        self._line = _Line(self._reach(patience))
        self._line.send(id=job.process_id, of=job.n_processes, host=socket.gethostname())
        # Process 0 waits as long as we do for others, and it may have come later.
        answer = self._line.receive(patience + _BEAT_SECONDS)
        if answer is None or "go" not in answer:
            self._line.close()
        if answer is not None and "refused" in answer:
            raise IsthmusError(str(answer["refused"]))
        if answer is None or "go" not in answer:
            raise IsthmusError(
                f"process 0 at {job.coordinator} has ended before all processes had come: {_AGAIN}."
            )
        self.runtime_port, self.n_neighbours = int(answer["go"]), int(answer["neighbours"])
        _start(self._watch)
        _start(self._beat)

    def leave(self) -> None:
        """Say that the work is done, and wait until process 0 lets us go."""
        self._line.send(done=True)
        self._free.wait()

    def fail(self, sentence: str) -> None:
        self._free.set()
        self._line.send(why=f"failed ({sentence})")

    def _reach(self, patience: float) -> socket.socket:
        deadline = time.monotonic() + patience
        while True:
            try:
                return socket.create_connection(self._job.address, timeout=_BEAT_SECONDS)
            except OSError as error:
                if time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                raise IsthmusError(
                    f"process 0 did not answer at {self._job.coordinator} within "
                    f"{patience:.0f} s: start it with --process-id 0, and see that the port can "
                    "be reached from here."
                ) from error

    def _watch(self) -> None:
        message: dict[str, Any] | None = {}
        while message is not None and not {"lost", "bye"} & set(message):
            message = self._line.receive(_SILENCE_SECONDS)
        self._line.close()
        if self._free.is_set():
            return
        if message is None:
            host, _ = self._job.address
            self._lose(f"process 0 (host {host})", "has ended or cannot be reached any more")
        elif "lost" in message:
            self._lose(str(message["lost"]), str(message.get("why")))
        self._free.set()

    def _beat(self) -> None:
        while not self._free.wait(_BEAT_SECONDS):
            self._line.send(beat=True)


@contextmanager
def _silent_output() -> Iterator[None]:
    """Keep gloo's greeting out of what the command prints."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def end_process(say: Callable[[str], None], code: int) -> Callable[..., NoReturn]:
    """Give what ends this process with a sentence, even while it waits for a sum over all."""
    lock = threading.Lock()

    def end(sentence: str, code: int = code) -> NoReturn:
        lock.acquire()  # never given back: one sentence is enough
        say(sentence)
        os._exit(code)

    return end


def _start(target: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
