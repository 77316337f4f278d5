"""The runtime of JAX connects, or every process says why it did not."""

import re
import subprocess
import sys
import threading

import jax
import pytest

from isthmus.runs import Hosts, Job
from isthmus.runs import hosts as hosts_module
from isthmus.runs.meeting import meet


class Told:
    """What a process that ends would say; its other threads stay where they are."""

    def __init__(self):
        self.said, self._event = None, threading.Event()

    def __call__(self, *said):
        self.said = self.said or said
        self._event.set()
        if threading.current_thread() is threading.main_thread():
            raise SystemExit
        threading.Event().wait()

    def wait(self):
        assert self._event.wait(20)
        return " ".join(map(str, self.said))


@pytest.fixture
def joined(coordinator):
    """A process that has come, what it says in the end, and what the other one hears."""
    said, heard = Told(), Told()
    arguments = (Job(coordinator, 2, 1), heard, 20)
    other = threading.Thread(target=meet, args=arguments)
    other.start()
    hosts = Hosts(Job(coordinator, 2, 0), said, patience=20)
    other.join()
    return hosts, said, heard


@pytest.mark.parametrize("way", ["refuses", "waits"])
def test_runtime_that_does_not_connect_is_one_sentence_for_all(way, joined, monkeypatch):
    over = threading.Event()

    def initialize(*arguments, initialization_timeout, **options):
        assert initialization_timeout > hosts_module._RUNTIME_SECONDS
        if way == "waits":
            over.wait()
        raise RuntimeError("connection refused")

    monkeypatch.setattr(jax.distributed, "initialize", initialize)
    monkeypatch.setattr(hosts_module, "_RUNTIME_SECONDS", 20 if way == "refuses" else 0.2)
    hosts, said, heard = joined
    threading.Thread(target=hosts.__enter__, daemon=True).start()
    assert re.match(r"the runtime of JAX did not connect .* port \d+ of process 0", said.wait())
    assert re.match(r"process 0 \(host .*\) failed \(the runtime of JAX did not", heard.wait())
    over.set()


def test_second_ctrl_c_ends_with_its_exit_code(joined):
    hosts, said, heard = joined
    with pytest.raises(SystemExit):
        hosts.__exit__(KeyboardInterrupt, KeyboardInterrupt("the model is whole"), None)
    assert said.said == ("stopped by Ctrl-C; the model is whole.", 130)
    assert "failed (stopped by Ctrl-C; the model is whole)" in heard.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="aborts at once there")
def test_abort_by_a_library_waits_until_it_is_known_who_is_lost():
    code = """
import ctypes, threading, time
from functools import partial
from isthmus.runs import hosts
hosts._abort_late()
threading.Thread(target=ctypes.CDLL(None).abort, daemon=True).start()
time.sleep(0.5)
hosts.end_process(partial(print, flush=True), 1)("process 2 has ended")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "process 2 has ended\n"
