"""Ctrl-C once asks, twice raises."""

import signal

import pytest

from isthmus.runs import Interruption


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
