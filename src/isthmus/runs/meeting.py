"""The sockets at which the processes of a job meet, and which tell when one of them is lost.

They stay open until all have done their part. The system closes those of a process that dies, and
those to a machine that no longer answers.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, final

from isthmus.errors import IsthmusError
from isthmus.runs.connection import Connection
from isthmus.runs.job import Job

AGAIN = "start all processes again, and with --checkpoint they go on where they were"
_GONE = "has ended or cannot be reached any more"
_REPLY_SECONDS = 3.0
_HELLO_SECONDS = 5.0
_ACCEPT_SECONDS = 0.05


def meet(job: Job, lose: Callable[[str, str], None], patience: float) -> Server | Client:
    """Wait until all processes of a job have come.

    Parameters
    ----------
    job : Job
        Who this process is, and where the others are.
    lose : callable
        Called in another thread with who was lost later, and why; must not return.
    patience : float
        Seconds to wait.

    Raises
    ------
    IsthmusError
        A process did not come, came twice, or belongs to another job.
    """
    return (Server if job.process_id == 0 else Client)(job, lose, patience)


@final
class Server:
    """Process 0: calls the roll, and tells the others when one is lost."""

    def __init__(self, job: Job, lose: Callable[[str, str], None], patience: float) -> None:
        self._job, self._lose = job, lose
        self._connections: dict[int, Connection] = {}
        self._names: dict[int, str] = {}
        self._arrived: queue.SimpleQueue[tuple[Connection, dict[str, Any]]] = queue.SimpleQueue()
        self._done: set[int] = set()
        self._first_loss = threading.Lock()  # never given back
        self._all_done = threading.Event()
        self._call_the_roll(patience)
        self.runtime_port = _free_port()
        hosts = Counter([socket.gethostname(), *self._names.values()])
        self.n_neighbours = hosts[socket.gethostname()]
        for number, connection in self._connections.items():
            connection.send(go=self.runtime_port, neighbours=hosts[self._names[number]])
        self._watches = [_start(self._watch, *item) for item in self._connections.items()]

    def leave(self) -> None:
        """Wait until all have done their part, and let them go."""
        if self._connections:
            self._all_done.wait()
        self._tell(bye=True)
        # Closing before they have read it could take the message from them.
        for watch in self._watches:
            watch.join(_REPLY_SECONDS)
        self._close()

    def fail(self, sentence: str) -> None:
        """Tell the others why this process ends."""
        # They end when they hear it, which must not be taken for the cause.
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
            while len(self._connections) < job.n_processes - 1:
                with suppress(TimeoutError):
                    end, _ = listener.accept()
                    _start(self._greet, Connection(end, _HELLO_SECONDS))
                while not self._arrived.empty():
                    self._admit(*self._arrived.get())
                if time.monotonic() > deadline and len(self._connections) < job.n_processes - 1:
                    self._refuse(self._missing(patience))

    def _greet(self, connection: Connection) -> None:
        """Hear who has come, in a thread of its own: a stranger may say nothing for long."""
        hello = connection.receive()
        if hello is None or not {"id", "of", "host"} <= set(hello):
            connection.close()
        else:
            connection.wait_for_ever()
            self._arrived.put((connection, hello))

    def _admit(self, connection: Connection, hello: dict[str, Any]) -> None:
        number, host = hello["id"], str(hello["host"])
        self._connections[-1 if number in self._connections else number] = connection
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
        missing = [i for i in range(1, self._job.n_processes) if i not in self._connections]
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

    def _watch(self, number: int, connection: Connection) -> None:
        while (message := connection.receive()) is not None and "why" not in message:
            self._done.add(number)
            if len(self._done) == len(self._connections):
                self._all_done.set()
        connection.close()
        # Those who are told end too, which must not be taken for the cause.
        if number not in self._done and self._first_loss.acquire(blocking=False):
            who = f"process {number} (host {self._names[number]})"
            why = _GONE if message is None else str(message["why"])
            self._tell(lost=who, why=why)
            self._lose(who, why)

    def _tell(self, **message: Any) -> None:
        for connection in self._connections.values():
            connection.send(**message)

    def _close(self) -> None:
        for connection in self._connections.values():
            connection.close()


@final
class Client:
    """Any other process: comes to process 0, and listens to what it tells."""

    def __init__(self, job: Job, lose: Callable[[str, str], None], patience: float) -> None:
        self._job, self._lose = job, lose
        self._free = threading.Event()
        # Process 0 waits as long as we do for others, and it may have come later.
        self._connection = Connection(self._reach(patience), patience + _REPLY_SECONDS)
        self._connection.send(id=job.process_id, of=job.n_processes, host=socket.gethostname())
        answer = self._connection.receive() or {}
        if "go" not in answer:
            self._connection.close()
            ended = f"process 0 at {job.coordinator} has ended before all processes had come"
            raise IsthmusError(str(answer.get("refused", f"{ended}: {AGAIN}.")))
        self._connection.wait_for_ever()
        self.runtime_port, self.n_neighbours = int(answer["go"]), int(answer["neighbours"])
        _start(self._watch)

    def leave(self) -> None:
        """Say that the work is done, and wait until process 0 lets us go."""
        self._connection.send(done=True)
        self._free.wait()

    def fail(self, sentence: str) -> None:
        """Tell the others why this process ends."""
        self._free.set()
        self._connection.send(why=f"failed ({sentence})")

    def _reach(self, patience: float) -> socket.socket:
        deadline = time.monotonic() + patience
        while True:
            try:
                return socket.create_connection(self._job.address, timeout=_REPLY_SECONDS)
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
        message = self._connection.receive()
        self._connection.close()
        if not self._free.is_set():
            if message is None:
                self._lose(f"process 0 (host {self._job.address[0]})", _GONE)
            elif "lost" in message:
                self._lose(str(message["lost"]), str(message.get("why")))
        self._free.set()


def _start(target: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
