"""Several processes as one job: all must come, and the end of one is noticed by the others.

JAX's own runtime ends a process with a stack trace where another one is missing or dies, and only
after a while. So the processes first meet at sockets of ours, which name the one that is lost.
A process that hangs, on a machine that still answers, is left to JAX.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import NoReturn, final

import jax
import numpy as np
from jax.experimental import multihost_utils

from isthmus.errors import IsthmusError
from isthmus.io import limited_memory, memory_budget
from isthmus.io.failures import first_line
from isthmus.runs.connection import SILENCE_SECONDS
from isthmus.runs.job import Job
from isthmus.runs.meeting import AGAIN, meet
from isthmus.runs.processes import DisagreementError, check_devices
from isthmus.signals import exit_code, heard_signal, name_of

# All have come by then, so that only a closed port makes it long.
_RUNTIME_SECONDS = 20
# JAX ends a process with a stack trace then; where ours can name who is lost, it does so before.
_HEARTBEAT_SECONDS = SILENCE_SECONDS + 5


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
        self._meeting = meet(job, self._lose, patience)

    def __enter__(self) -> Hosts:
        try:
            with self._soon():
                self._start_runtime()
            jax.devices()  # which may take long, where there are many
            check_devices()
            with self._soon(), _silent_output():
                budget = self._common_budget()
        except DisagreementError as error:
            self._disagree(str(error))
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
        job, port = self._job, self._meeting.runtime_port
        names = job.address[0], self._meeting.bound_host
        host, bound = (f"[{name}]" if ":" in name else name for name in names)
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        # It would swallow SIGTERM, and train on.
        jax.config.update("jax_enable_preemption_service", False)
        jax.distributed.initialize(
            f"{host}:{port}",
            job.n_processes,
            job.process_id,
            list(job.local_device_ids) if job.local_device_ids is not None else None,
            cluster_detection_method="deactivate",
            coordinator_bind_address=f"{bound}:{port}" if job.process_id == 0 else None,
            initialization_timeout=2 * _RUNTIME_SECONDS,
            heartbeat_timeout_seconds=_HEARTBEAT_SECONDS,
        )
        _abort_late()

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
            heard = heard_signal()
            kept = str(error) or "nothing was written"
            self._fail(f"stopped by {name_of(heard)}; {kept}.", exit_code(heard))
        if not isinstance(error, IsthmusError):
            # Most likely a sum over processes that failed; who is lost is known in a moment.
            time.sleep(SILENCE_SECONDS + 3)
        sentence = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, DisagreementError):
            self._disagree(sentence)
        self._fail(sentence)

    def _disagree(self, sentence: str) -> NoReturn:
        """End as all the others do, of which none is the one that failed."""
        self._meeting.disagree(sentence)
        self._end(sentence)

    def _fail(self, sentence: str, *code: int) -> NoReturn:
        self._meeting.fail(sentence.rstrip("."))
        # JAX's runtime would wait for the others before it lets this process go.
        self._end(sentence, *code)

    def _lose(self, who: str, why: str) -> None:
        self._end(f"{who} {why}: {AGAIN}." if who else why)


def _abort_late() -> None:
    """Let whatever aborts this process wait, so that ours can say first who is lost.

    When a process dies, a neighbour's failed sum is followed by its next one, whose size is not
    what gloo waits for here; gloo then throws in a thread of its own, where nobody catches.
    """
    if os.name == "posix":
        library = ctypes.CDLL(None)
        # Called with the signal's number, 6, which are seconds; then the abort goes on.
        wait = ctypes.cast(library.sleep, ctypes.c_void_p)
        library.signal(ctypes.c_int(signal.SIGABRT), wait)


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
