"""Messages go over a connection, and its end is noticed."""

import socket

import pytest

from isthmus.runs.connection import SILENCE_SECONDS, Connection


@pytest.fixture
def ends():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        here = socket.create_connection(listener.getsockname())
        there, _ = listener.accept()
    with here, there:
        yield here, there


def test_messages_come_one_by_one_until_the_end(ends):
    here, there = (Connection(end, 5) for end in ends)
    here.send(id=1)
    here.send(why="a\nb")
    assert there.receive() == {"id": 1}
    assert there.receive() == {"why": "a\nb"}
    here.close()
    assert there.receive() is None
    there.send(id=2)  # is nobody's concern any more
    there.close()


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.0\n", b"[]\n", b"\xff\n"])
def test_silence_and_nonsense_are_the_end(said, ends):
    here, there = ends
    here.sendall(said)
    connection = Connection(there, 0.05)
    assert connection.receive() is None
    connection.close()


def test_system_asks_whether_the_other_machine_is_there(ends):
    end, _ = ends
    Connection(end, 5)
    assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")
    idle, interval, count = (
        end.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in names
    )
    assert idle + count * interval == SILENCE_SECONDS
