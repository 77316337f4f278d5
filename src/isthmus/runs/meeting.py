"""The sockets at which the processes of a job meet, and which tell when one of them is lost.

They stay open until all have done their part. The system closes those of a process that dies, and
those to a machine that no longer answers. Anybody may come to the port of process 0, but only who
shows that he knows the token of the job is heard.
"""

from __future__ import annotations

import queue
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from math import inf
from typing import Any, NoReturn, final

from isthmus.errors import IsthmusError
from isthmus.runs.connection import Connection
from isthmus.runs.job import Job
from isthmus.runs.listening import free_port, listen
from isthmus.runs.token import VARIABLE, is_proof, proof, shared_token
from isthmus.runs.versions import VERSIONS

AGAIN = "start all processes again, and with --checkpoint they go on where they were"
_GONE = "has ended or cannot be reached any more"
_REPLY_SECONDS = 3.0
_HELLO_SECONDS = 5.0
_ACCEPT_SECONDS = 0.05
# Connections that have not shown yet whose they are; one more, and the oldest is closed.
_MOST_STRANGERS = 64
_LONGEST_SENTENCE = 4_000
_HELLO = ("id", "of", "host", "versions")


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
        self._token = shared_token()
        self._strangers: dict[Connection, float] = {}
        self._without_token: set[str] = set()
        self._connections: dict[int, Connection] = {}
        self._names: dict[int, str] = {}
        self._arrived: queue.SimpleQueue[tuple[Connection, dict[str, Any]]] = queue.SimpleQueue()
        self._done: set[int] = set()
        self._first_loss = threading.Lock()  # never given back
        self._all_done = threading.Event()
        self._call_the_roll(patience)
        self.runtime_port = free_port(self.bound_host)
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
        self._tell(lost=f"process 0 (host {socket.gethostname()})", why=_failed(sentence))

    def disagree(self, sentence: str) -> None:
        """Tell the others why no process can go on."""
        self._first_loss.acquire(blocking=False)
        self._tell(lost="", why=sentence[:_LONGEST_SENTENCE])

    def _call_the_roll(self, patience: float) -> None:
        job, deadline = self._job, time.monotonic() + patience
        with listen(job, _MOST_STRANGERS) as listener:
            self.bound_host = str(listener.getsockname()[0])
            listener.settimeout(_ACCEPT_SECONDS)
            while len(self._connections) < job.n_processes - 1:
                try:
                    end, _ = listener.accept()
                    self._hear(Connection(end, _HELLO_SECONDS))
                except TimeoutError:
                    pass
                except OSError:  # of one that came and went, or of too many at once
                    time.sleep(_ACCEPT_SECONDS)
                while not self._arrived.empty():
                    self._admit(*self._arrived.get())
                self._close_strangers(time.monotonic(), _MOST_STRANGERS)
                if time.monotonic() > deadline and len(self._connections) < job.n_processes - 1:
                    self._refuse(self._missing(patience))
        self._close_strangers(inf, 0)

    def _hear(self, connection: Connection) -> None:
        """Hear who has come, in a thread of its own: a stranger may say nothing for long."""
        self._strangers[connection] = time.monotonic() + _HELLO_SECONDS
        _start(self._greet, connection)

    def _close_strangers(self, now: float, most: int) -> None:
        """Close the connections that have had their time, and the oldest of too many."""
        for connection, limit in list(self._strangers.items()):
            late = now > limit or len(self._strangers) > most
            if late and self._strangers.pop(connection, None) is not None:
                connection.close()

    def _greet(self, connection: Connection) -> None:
        challenge = secrets.token_hex(16)
        connection.send(challenge=challenge)
        hello = connection.receive() or {}
        said = {name: hello.get(name) for name in _HELLO}
        known = is_proof(hello.get("proof"), self._token, challenge, **said)
        known = known and isinstance(said["id"], int) and isinstance(said["versions"], dict)
        # Who is not among the strangers any more was closed meanwhile.
        if self._strangers.pop(connection, None) is None:
            return
        if known:
            connection.wait_for_ever()
            self._arrived.put((connection, said))
            return
        if hello:
            self._without_token.add(connection.peer)
            connection.send(alien=True)
        connection.close()

    def _admit(self, connection: Connection, hello: dict[str, Any]) -> None:
        number, host = hello["id"], _printable(hello["host"])
        self._connections[-1 if number in self._connections else number] = connection
        if number in self._names:
            self._refuse(
                f"process {number} came twice, from host {self._names[number]} and from host "
                f"{host}: give every process its own --process-id."
            )
        if hello["of"] != self._job.n_processes or not 0 < number < self._job.n_processes:
            self._refuse(
                f"process {number} (host {host}) is one of {_printable(hello['of'])} processes, "
                f"but process 0 one of {self._job.n_processes}: give all the same --processes."
            )
        for name, version in VERSIONS.items():
            if hello["versions"].get(name) != version:
                theirs = _printable(hello["versions"].get(name))
                self._refuse(
                    f"process {number} (host {host}) has another version of {name} than process 0 "
                    f"({theirs}, but there {version}): install the same on all hosts."
                )
        self._names[number] = host

    def _missing(self, patience: float) -> str:
        missing = [i for i in range(1, self._job.n_processes) if i not in self._connections]
        many = len(missing) > 1
        numbers = ", ".join(map(str, missing))
        alien = ""
        if self._without_token:
            came = ", ".join(sorted(self._without_token)[:8])
            alien = f" ({came} came with another token: set {VARIABLE} alike)"
        return (
            f"process{'es' * many} {numbers} did not come within {patience:.0f} s: start "
            f"{'them' if many else 'it'} with --process-id, and see that {self._job.coordinator} "
            f"can be reached from there{alien}."
        )

    def _refuse(self, sentence: str) -> NoReturn:
        self._tell(refused=sentence)
        self._close_strangers(inf, 0)
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
            why = _GONE if message is None else _printable(message["why"])
            if message is not None and message.get("all"):
                who = ""
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
        token, self.bound_host = shared_token(), ""
        self._connection, challenge = self._reach(patience)
        # Process 0 waits as long as we do for others, and it may have come later.
        self._connection.wait(patience + _REPLY_SECONDS)
        values = (job.process_id, job.n_processes, socket.gethostname(), VERSIONS)
        said = dict(zip(_HELLO, values, strict=True))
        self._connection.send(**said, proof=proof(token, challenge, **said))
        answer = self._connection.receive() or {}
        if answer.get("alien"):
            self._connection.close()
            raise IsthmusError(
                f"process {job.process_id} has another token than process 0 at {job.coordinator}: "
                f"set {VARIABLE} to the same secret for all processes (docs/many-hosts.md)."
            )
        if not isinstance(answer.get("go"), int):
            self._connection.close()
            ended = f"process 0 at {job.coordinator} has ended before all processes had come"
            raise IsthmusError(_printable(answer.get("refused", f"{ended}: {AGAIN}.")))
        self._connection.wait_for_ever()
        self.runtime_port, self.n_neighbours = answer["go"], int(answer.get("neighbours", 1))
        _start(self._watch)

    def leave(self) -> None:
        """Say that the work is done, and wait until process 0 lets us go."""
        self._connection.send(done=True)
        self._free.wait()

    def fail(self, sentence: str) -> None:
        """Tell the others why this process ends."""
        self._free.set()
        self._connection.send(why=_failed(sentence))

    def disagree(self, sentence: str) -> None:
        """Tell the others why no process can go on."""
        self._free.set()
        self._connection.send(why=sentence[:_LONGEST_SENTENCE], all=True)

    def _reach(self, patience: float) -> tuple[Connection, str]:
        """Give a connection to process 0, and what it asks who we are with."""
        deadline, why = time.monotonic() + patience, None
        while True:
            try:
                end = socket.create_connection(self._job.address, timeout=_REPLY_SECONDS)
            except OSError as error:
                why = error
            else:
                connection = Connection(end, _REPLY_SECONDS)
                asked = connection.receive() or {}
                if isinstance(asked.get("challenge"), str):
                    return connection, asked["challenge"]
                connection.close()
            if time.monotonic() >= deadline:
                raise IsthmusError(
                    f"process 0 did not answer at {self._job.coordinator} within "
                    f"{patience:.0f} s: start it with --process-id 0, and see that the port can "
                    "be reached from here."
                ) from why
            time.sleep(_ACCEPT_SECONDS)

    def _watch(self) -> None:
        message = self._connection.receive()
        self._connection.close()
        if not self._free.is_set():
            if message is None:
                self._lose(f"process 0 (host {self._job.address[0]})", _GONE)
            elif "lost" in message:
                self._lose(_printable(message["lost"]), _printable(message.get("why")))
        self._free.set()


def _failed(sentence: str) -> str:
    return f"failed ({sentence[:_LONGEST_SENTENCE]})"


def _printable(said: Any) -> str:
    """Give what somebody said, without what a terminal would obey."""
    text = " ".join(str(said).split())
    return "".join(letter for letter in text if letter.isprintable())


def _start(target: Callable[..., None], *arguments: Any) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread
