"""Ctrl-C once asks, twice raises; what else ends a process asks, however often."""

import multiprocessing
import signal
import sys
import threading

import pytest

from isthmus.runs import Interruption
from isthmus.signals import Command, exit_code, heard_signal, name_of, running_command

SIGNALS = [signal.SIGTERM]
if hasattr(signal, "SIGHUP"):
    SIGNALS.append(signal.SIGHUP)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows raises no such signals")


def test_first_ctrl_c_asks_and_the_second_raises():
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        assert interruption.requested
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_ctrl_c_is_for_all_stages():
    with Interruption() as whole:
        with Interruption() as stage:
            assert not stage.requested
            signal.raise_signal(signal.SIGINT)
            assert stage.requested
        assert whole.requested
        with Interruption() as stage:
            assert stage.requested
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", SIGNALS)
def test_other_signals_ask_and_only_ctrl_c_raises(number):
    with Interruption() as interruption:
        for _ in range(3):
            signal.raise_signal(number)
        assert interruption.heard == number
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(number) is signal.SIG_DFL


def mine(number, frame):
    raise AssertionError


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("handler", [signal.SIG_IGN, mine])
def test_signal_that_somebody_answers_already_is_left_to_them(number, handler):
    before = signal.signal(number, handler)
    try:
        for entered in (Interruption(), Command()):
            with entered:
                assert signal.getsignal(number) is handler
            assert signal.getsignal(number) is handler
    finally:
        signal.signal(number, before)


def test_other_threads_leave_signals_alone():
    def enter():
        with Interruption(), Command():
            found.extend(map(signal.getsignal, [signal.SIGINT, *SIGNALS]))

    found = []
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler, *[signal.SIG_DFL] * len(SIGNALS)]


def test_worker_of_a_pool_ends_as_its_pool_expects(monkeypatch):
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: object())
    with Interruption():
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler


@pytest.mark.parametrize("number", SIGNALS)
def test_command_ends_once_and_knows_by_what(number):
    with Command() as command:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        signal.raise_signal(number)
        assert running_command() is command
        assert command.interrupted
        assert name_of(heard_signal()) == number.name
        assert exit_code(heard_signal()) == 128 + number
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert running_command() is None


@pytest.mark.parametrize("number", [signal.SIGINT, *SIGNALS])
def test_command_knows_what_a_training_heard(number):
    with Command() as command:
        with Interruption() as whole, Interruption():
            signal.raise_signal(number)
        assert whole.heard == heard_signal() == number
        assert not command.interrupted
        if number != signal.SIGINT:
            signal.raise_signal(number)  # while what was learned is being written
