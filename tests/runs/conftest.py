import secrets
import socket

import pytest

from isthmus.runs import token


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    """All processes of these tests share one, and none is left behind."""
    monkeypatch.setenv(token.VARIABLE, secrets.token_hex(16))


@pytest.fixture
def coordinator():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
