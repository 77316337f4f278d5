"""What JAX needs of the process in which it computes for Isthmus."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax

from isthmus.errors import IsthmusError

_THREADS = Path("/proc/self/task")
_OF_JAX = "tf_"

_pid_of_jax: int | None = None


@contextmanager
def computing() -> Iterator[None]:
    """While entered, JAX computes as Isthmus means it, whatever the program around has set.

    With ``JAX_ENABLE_X64`` the same programs run and give the same bits as without. Everything
    that computes with JAX is entered through this; it decorates functions too.

    Raises
    ------
    IsthmusError
        JAX cannot compute here, since this process was forked from one where it already did.
    """
    refuse_after_fork()
    with (
        jax.enable_x64(False),
        jax.numpy_dtype_promotion("standard"),
        jax.numpy_rank_promotion("allow"),
        jax.threefry_partitionable(True),
    ):
        yield


def refuse_after_fork() -> None:
    """Raise `IsthmusError` if JAX was started in a process from which this one was forked.

    Its threads stay behind in a fork, and whoever waits for them waits for ever.
    """
    global _pid_of_jax
    pid = os.getpid()
    if _pid_of_jax is None and not _lost_its_threads():
        _pid_of_jax = pid
    if _pid_of_jax != pid:
        raise IsthmusError(
            "this process was forked from one in which JAX had already computed, and would wait "
            "for ever: start workers with multiprocessing.get_context('spawn') or 'forkserver' "
            "or with joblib's loky, or compute first in the workers only."
        )


def _lost_its_threads() -> bool:
    """Tell whether somebody else's use of JAX started it before a fork (on Linux only)."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    is_started = getattr(bridge, "backends_are_initialized", None)
    if is_started is None or not is_started():
        return False
    try:
        names = [(task / "comm").read_text() for task in _THREADS.iterdir()]
    except OSError:  # no Linux, or a thread has just ended
        return False
    if any(name.startswith(_OF_JAX) for name in names):
        return False
    # Should JAX call its threads otherwise one day, they are still more than those for the
    # products of matrices, which come back after a fork.
    return len(names) - threading.active_count() <= 2 * (os.cpu_count() or 1)
