"""Processes come together, leave together, and name the one that is lost."""

import json
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from isthmus.errors import IsthmusError
from isthmus.runs import VERSIONS, Job
from isthmus.runs import meeting as meeting_module
from isthmus.runs.connection import Connection
from isthmus.runs.listening import listen
from isthmus.runs.meeting import meet
from isthmus.runs.token import proof, shared_token


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

        try:
            self.ends[i] = meet(job, lose, patience)
        except IsthmusError as error:
            self.errors[i] = str(error)

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


@pytest.fixture
def server(coordinator):
    """Process 0 of two, waiting, and a way to come to its port as anybody can."""
    found = []
    waiting = threading.Thread(target=lambda: found.append(Meeting(jobs(coordinator, 0, of=2), 20)))
    waiting.start()
    strangers = []

    def come():
        host, port = coordinator.split(":")
        while True:
            try:
                stranger = socket.create_connection((host, int(port)), timeout=10)
            except ConnectionRefusedError:
                time.sleep(0.01)
            else:
                strangers.append(stranger)
                return stranger

    yield come
    second = Meeting(jobs(coordinator, 1, of=2), 20)
    waiting.join()
    for stranger in strangers:
        stranger.close()
    assert not second.errors
    assert not found[0].errors


STRANGE = {
    "another number": {"id": 1, "of": 3, "host": "x"},
    "a process that fails": {"why": "I say so"},
    "a wrong proof": {"id": 1, "of": 2, "host": "x", "versions": {}, "proof": "0" * 64},
    "a proof that is none": {"id": [], "of": {}, "host": None, "proof": [1]},
}


@pytest.mark.parametrize("said", STRANGE.values(), ids=STRANGE)
def test_who_does_not_know_the_token_ends_nothing(said, server):
    stranger = server()
    assert b"challenge" in stranger.recv(1000)
    stranger.sendall(json.dumps(said).encode() + b"\n")
    assert stranger.recv(1000) == b'{"alien": true}\n'
    assert stranger.recv(1000) == b""


@pytest.mark.parametrize(
    "said", [b"[" * 60_000 + b"\n", b"x" * 200_000, b'{"id": 1', b"1" * 60_000 + b"\n", b"\xff\n"]
)
def test_lines_that_make_no_sense_end_nothing(said, server):
    stranger = server()
    stranger.recv(1000)
    with suppress(OSError):
        stranger.sendall(said)
        stranger.shutdown(socket.SHUT_WR)


def test_many_who_say_nothing_hold_nobody_up(server, monkeypatch):
    monkeypatch.setattr(meeting_module, "_MOST_STRANGERS", 8)
    strangers = [server() for _ in range(30)]
    for stranger in strangers[:15]:
        while stranger.recv(1000):  # until it is closed, as the oldest
            pass


def test_who_says_something_now_and_then_is_closed_in_time(server, monkeypatch):
    monkeypatch.setattr(meeting_module, "_HELLO_SECONDS", 0.3)
    stranger = server()
    stranger.recv(1000)
    with suppress(OSError):
        for _ in range(100):
            stranger.sendall(b" ")
            time.sleep(0.05)
        raise AssertionError("it was let to go on")


def test_other_token_is_told_to_both(coordinator, monkeypatch):
    tokens = iter([b"a" * 16, b"b" * 16])
    monkeypatch.setattr(meeting_module, "shared_token", lambda: next(tokens))
    meeting = Meeting(jobs(coordinator, 0, 1, of=2), patience=1)
    both = " ".join(meeting.errors.values())
    assert "process 1 has another token than process 0 at" in both
    assert "127.0.0.1 came with another token: set ISTHMUS_TOKEN alike" in both


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"versions": {**VERSIONS, "jax": "2\x1b[31m"}}, "of jax than process 0 (2[31m, but there"),
        ({"versions": {}}, "has another version of isthmus than process 0 (None, but there"),
        ({"of": 3}, "is one of 3 processes, but process 0 one of 2"),
    ],
)
def test_process_that_does_not_fit_is_refused(said, sentence, coordinator):
    found = []
    first = threading.Thread(target=lambda: found.append(Meeting(jobs(coordinator, 0, of=2), 20)))
    first.start()
    host, port = coordinator.split(":")
    connection = None
    while connection is None:
        with suppress(OSError):
            connection = Connection(socket.create_connection((host, int(port))), 20)
    hello = {"id": 1, "of": 2, "host": "b", "versions": VERSIONS, **said}
    challenge = connection.receive()["challenge"]
    connection.send(**hello, proof=proof(shared_token(), challenge, **hello))
    answer = connection.receive()
    first.join()
    connection.close()
    assert sentence in answer["refused"]
    assert found[0].errors == {0: answer["refused"]}


def test_it_listens_where_it_was_told_and_nowhere_else():
    job = Job("127.0.0.1:1", 2, 0)
    for name, expected in {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1"}.items():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with listen(replace(job, coordinator=f"{name}:{port}"), 1) as listener:
            assert listener.getsockname()[0] in (expected, "::1")
    for foreign in ("192.0.2.1:4567", "no.such.host.invalid:4567"):
        with pytest.raises(IsthmusError, match=f"cannot listen at {foreign} .*: give an address"):
            listen(replace(job, coordinator=foreign), 1)


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
        with pytest.raises(
            IsthmusError, match=r"process 0 cannot listen at .* \(address already in use\): give"
        ):
            meet(job, lambda *_: None, 1.0)


def test_one_that_ends_is_named_to_all_others(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 1, 2, of=3), patience=20)
    meeting.ends[2]._connection.close()
    meeting.wait_for_lost(3)  # the one itself finds that process 0 is gone
    assert meeting.lost[0] == meeting.lost[1]
    assert re.match(r"process 2 \(host .+\) has ended or cannot be reached", meeting.lost[0])


def test_one_that_fails_tells_the_others_why(coordinator):
    meeting = Meeting(jobs(coordinator, 0, 1, 2, of=3), patience=20)
    meeting.ends[1].fail("no such file")
    meeting.wait_for_lost(2)
    assert "process 1" in meeting.lost[2]
    assert "failed (no such file)" in meeting.lost[2]
    assert 1 not in meeting.lost
