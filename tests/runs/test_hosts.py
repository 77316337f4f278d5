"""Processes come together, end together, and name the one that does not."""

import re
import socket
import threading
import time

import jax
import pytest

from isthmus.errors import IsthmusError
from isthmus.runs import Hosts, Job
from isthmus.runs import hosts as hosts_module


@pytest.fixture
def coordinator():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


class Meeting:
    """The roll call of some processes, each in a thread of its own."""

    def __init__(self, jobs, patience=1.0):
        self.ends, self.errors, self.lost = {}, {}, {}
        self._told = threading.Condition()
        threads = [
            threading.Thread(target=self._come, args=(i, job, patience), daemon=True)
            for i, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _come(self, i, job, patience):
        def lose(who, why):
            with self._told:
                self.lost.setdefault(i, f"{who} {why}")
                self._told.notify_all()

        kind = hosts_module._Server if job.process_id == 0 else hosts_module._Client
        try:
            self.ends[i] = kind(job, lose, patience)
        except IsthmusError as error:
            self.errors[i] = str(error)

    def wait_for_loss_at(self, i):
        with self._told:
            assert self._told.wait_for(lambda: i in self.lost, timeout=30)

    def wait_for_lost(self, number):
        with self._told:
            assert self._told.wait_for(lambda: len(self.lost) >= number, timeout=30)


def jobs(coordinator, *ids, of):
    return [Job(coordinator, of, i) for i in ids]


def test_all_come_and_leave_together(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 1, 2, of=3), patience=20)
    assert not meeting.errors
    assert len({end.runtime_port for end in meeting.ends.values()}) == 1
    threads = [threading.Thread(target=end.leave) for end in meeting.ends.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert not meeting.lost


def test_processes_of_one_host_know_of_each_other(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 1, 2, of=3), patience=20)
    assert {end.n_neighbours for end in meeting.ends.values()} == {3}


def test_stranger_who_says_nothing_holds_nobody_up(coordinator):
    host, port = coordinator.split(":")

    def keep_silent():
        stranger = None
        while stranger is None:
            try:
                stranger = socket.create_connection((host, int(port)))
            except OSError:
                time.sleep(0.01)
        met.wait()
        stranger.close()

    met = threading.Event()
    silent = threading.Thread(target=keep_silent)
    silent.start()
    first = threading.Thread(target=lambda: found.append(Meeting(jobs(coordinator, 0, of=2), 20)))
    found, begin = [], time.monotonic()
    first.start()
    time.sleep(0.3)
    second = Meeting(jobs(coordinator, 1, of=2), 20)
    first.join()
    met.set()
    silent.join()
    assert not second.errors
    assert not found[0].errors
    assert time.monotonic() - begin < 4


def test_those_who_do_not_come_are_named_to_all_who_did(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 2, of=4))
    assert set(meeting.errors) == {0, 1}
    for error in meeting.errors.values():
        assert error.startswith("processes 1, 3 did not come within 1 s: start them with")
        assert coordinator in error


def test_process_0_that_does_not_come_is_named(coordinator):
    meeting = Meeting(jobs(coordinator, 1, of=2), patience=0.3)
    assert re.match(f"process 0 did not answer at {coordinator} within", meeting.errors[0])


def test_same_number_twice_is_refused(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 1, 1, of=3), patience=20)
    assert all("process 1 came twice" in error for error in meeting.errors.values())
    assert len(meeting.errors) == 3


def test_processes_of_another_number_are_refused(coordinator):
    meeting = Meeting([Job(coordinator, 2, 0), Job(coordinator, 3, 1)], patience=20)
    assert len(meeting.errors) == 2
    assert all(
        "is one of 3 processes, but process 0 one of 2" in e for e in meeting.errors.values()
    )


def test_port_in_use_is_a_sentence():
    with socket.create_server(("", 0)) as taken:
        job = Job(f"127.0.0.1:{taken.getsockname()[1]}", 2, 0)
        with pytest.raises(IsthmusError, match=r"process 0 cannot listen at port .*: choose"):
            hosts_module._Server(job, lambda *_: None, 1.0)


def hang_up(end):
    end._line.socket.shutdown(socket.SHUT_RDWR)


def test_one_that_ends_is_named_to_all_others(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 1, 2, of=3), patience=20)
    hang_up(meeting.ends[2])
    meeting.wait_for_lost(3)  # the one itself finds that process 0 is gone
    assert meeting.lost[0] == meeting.lost[1]
    assert re.match(r"process 2 \(host .+\) has ended or cannot be reached", meeting.lost[0])


def test_one_that_falls_silent_is_named(coordinator, monkeypatch):
    monkeypatch.setattr(hosts_module, "_SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(hosts_module, "_BEAT_SECONDS", 0.05)
    monkeypatch.setattr(hosts_module._Client, "_beat", lambda client: None)
    meeting = Meeting(jobs(coordinator, 0, 1, of=2), patience=20)
    meeting.wait_for_loss_at(0)
    assert "process 1" in meeting.lost[0]


def test_one_that_fails_tells_the_others_why(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 1, 2, of=3), patience=20)
    meeting.ends[1].fail("no such file")
    meeting.wait_for_lost(2)
    assert "process 1" in meeting.lost[2]
    assert "failed (no such file)" in meeting.lost[2]
    assert 1 not in meeting.lost


@pytest.mark.parametrize("wrong", ["host", "host:", ":4567", "host:0", "host:port", "host:99999"])
def test_coordinator_is_host_and_port(wrong):
    with pytest.raises(IsthmusError, match="no host and port: write it like"):
        Job(wrong, 2, 0)


def test_process_id_is_one_of_the_processes():
    with pytest.raises(IsthmusError, match="process 2 is none of 2 processes: count from 0 to 1"):
        Job("host:4567", 2, 2)


def test_without_a_cluster_none_is_found():
    with pytest.raises(IsthmusError, match="no job of Slurm, Open MPI or Kubernetes was found"):
        Job.detect()


def test_job_of_open_mpi_is_found(monkeypatch):
    monkeypatch.setenv("OMPI_MCA_orte_hnp_uri", "1531576320.0;tcp://10.96.0.1,10.148.0.1:34911")
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "2")
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_RANK", "0")
    job = Job.detect()
    assert (job.n_processes, job.process_id, job.local_device_ids) == (4, 2, (0,))
    assert job.coordinator.startswith("10.96.0.1:")


def test_job_of_slurm_is_found(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "4711")
    monkeypatch.setenv("SLURM_STEP_NODELIST", "node[003-006]")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_LOCALID", "0")
    job = Job.detect()
    assert (job.n_processes, job.process_id) == (4, 3)
    assert job.coordinator.startswith("node003:")


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
    other = threading.Thread(target=hosts_module._Client, args=arguments)
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
