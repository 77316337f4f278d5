import http.client
import socket
from contextlib import closing
from urllib.parse import urlsplit

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from isthmus import IsthmusError, LinearAutoencoder, explore
from isthmus.explorer import Server, Session
from isthmus.explorer import server as serving
from isthmus.explorer.messages import pack, unpack


@pytest.fixture(scope="module")
def session(table):
    return Session(LinearAutoencoder(2).fit(table), table)


@pytest.fixture(scope="module")
def server(session):
    with Server(session) as server:
        yield server


def get(server, path=None, **headers):
    address = urlsplit(server.address)
    with closing(http.client.HTTPConnection("127.0.0.1", address.port, timeout=10)) as connection:
        connection.request("GET", address.path if path is None else path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read(), response.headers


def talk(server, **options):
    address = urlsplit(server.address)
    options = {"origin": f"http://{address.netloc}", **options}
    return connect(f"ws://{address.netloc}{address.path}socket", max_size=None, **options)


def test_the_page_comes_with_what_forbids_it_the_world(server):
    status, content, headers = get(server)
    assert status == 200
    assert b"<script" in content
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"onclick" not in content
    assert b"style=" not in content
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/"},
        {"path": "/wrong/"},
        {"path": ""},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_strangers_are_refused(server, change):
    status, content, _ = get(server, **change)
    assert status in (403, 404)
    assert b"<" not in content


def test_a_token_that_is_nearly_right_is_wrong(server):
    path = urlsplit(server.address).path
    other = "A" if path[-2] != "A" else "B"
    assert get(server, f"{path[:-2]}{other}/")[0] == 404
    assert get(server, f"/{path[1:-1]}x/")[0] == 404
    assert get(server, path[:-1])[0] == 404


@pytest.mark.parametrize("name", ["../server.py", "..%2fserver.py", "%2e%2e/session.py", "socket"])
def test_only_the_page_is_served(server, name):
    assert get(server, urlsplit(server.address).path + name)[0] in (404, 426)


@pytest.mark.parametrize("origin", [None, "http://evil.example", "https://127.0.0.1", "null"])
def test_sockets_of_other_pages_are_refused(server, origin):
    with pytest.raises(InvalidStatus), talk(server, origin=origin):
        pass


def test_other_machines_do_not_reach_it(server):
    port = urlsplit(server.address).port
    own = socket.gethostbyname(socket.gethostname())
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(ConnectionRefusedError), socket.create_connection((own, port), timeout=2):
        pass


def answer(ws, message):
    ws.send(message)
    while True:
        header, arrays = unpack(ws.recv(timeout=20))
        if "progress" not in header:
            return header, arrays


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff\xff\xff\xff",
        b"\x04\0\0\0{}{}",
        b"\x02\0\0\0[]",
        pack({"ask": "everything"}),
        pack({"ask": "row", "position": -1}),
        pack({"ask": "row", "position": 10**9}),
        pack({"ask": "row", "position": "x"}),
        pack({"ask": "row", "position": 0, "placement": 7}),
        pack({"ask": "decode", "code": [1.0]}),
        pack({"ask": "decode", "code": ["a", {}]}),
        pack({"ask": "axes", "x": 0, "y": 99}),
        pack({"ask": "contrast"}, [np.array([300], np.uint32)]),
        pack({"ask": "download", "format": "csv"}, [np.zeros(0, np.uint32)]),
        pack({"ask": "download", "format": "../../x"}, [np.zeros(1, np.uint32)]),
        pack({"ask": "place", "name": "../../x.pkl"}, [np.zeros(9, np.uint8)]),
        pack({"ask": "colour", "by": "nothing"}),
    ],
)
def test_questions_without_sense_are_answered_with_a_sentence(server, message):
    with talk(server) as ws:
        header, _ = answer(ws, message)
        assert header["error"].endswith((".", "…"))
        assert "defect" not in header["error"]
        assert "error" not in answer(ws, pack({"ask": "hello", "id": 1}))[0]


def test_messages_beyond_all_measure_are_refused(session, monkeypatch):
    monkeypatch.setattr(serving, "MOST_BYTES", 2**16)
    with Server(session) as server, talk(server) as ws:
        ws.send(b"\0" * 2**17)
        with pytest.raises(ConnectionClosed):
            ws.recv(timeout=10)


def test_a_page_that_leaves_disturbs_nobody(server):
    for _ in range(3):
        with talk(server) as ws:
            ws.send(pack({"ask": "contrast", "id": 1}, [np.arange(9, dtype=np.uint32)]))
    with talk(server) as ws:
        assert answer(ws, pack({"ask": "hello", "id": 2}))[0]["id"] == 2


def test_a_port_that_is_taken_is_named(server, session):
    port = urlsplit(server.address).port
    with pytest.raises(IsthmusError, match=f"port {port} .*another port"):
        Server(session, port=port)


def test_each_server_has_a_token_of_its_own(session):
    with Server(session) as one, Server(session) as other:
        tokens = {urlsplit(server.address).path for server in (one, other)}
        assert len(tokens) == 2
        assert all(len(token) > 30 for token in tokens)


def test_explore_opens_the_page_in_the_browser(table, monkeypatch):
    opened = []
    monkeypatch.setattr(serving.webbrowser, "open", opened.append)
    with explore(LinearAutoencoder(2).fit(table), table, labels=np.arange(300)) as server:
        assert opened == [server.address]
        assert server.answers.title == "LinearAutoencoder"
        assert server.answers.session.column_names[0] == "label"


def test_a_server_that_is_closed_listens_no_longer(session):
    with Server(session) as server:
        port = urlsplit(server.address).port
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", port), timeout=2),
    ):
        pass
