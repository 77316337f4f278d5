"""Carry questions and answers between a page and a session, on this machine alone."""

from __future__ import annotations

import asyncio
import mimetypes
import secrets
import socket
import threading
import webbrowser
from contextlib import suppress
from importlib.resources import files
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from isthmus.errors import IsthmusError
from isthmus.explorer.answers import Answers
from isthmus.explorer.guard import Guard
from isthmus.explorer.messages import pack, unpack
from isthmus.explorer.session import Session

MOST_BYTES = 64 * 2**20
"""The largest message that a page may send; a file that is dropped on it is one."""

_AT_ONCE = 4
_PROGRESS_SECONDS = 0.2
_END_SECONDS = 10.0


class Server:
    """A page on loopback that explores a session, until it is closed.

    Parameters
    ----------
    session : Session
        What to explore.
    title : str, optional
        What the page is called; by default the name of the data.
    port : int, default=0
        Where to listen; 0 takes any that is free.

    Attributes
    ----------
    address : str
        Of the page, with the token that lets one in.
    """

    def __init__(self, session: Session, *, title: str | None = None, port: int = 0) -> None:
        self.answers = Answers(session, session.title if title is None else title)
        try:
            self._socket = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise IsthmusError(
                f"nothing can listen at port {port} ({error.strerror}): give another port."
            ) from error
        port = self._socket.getsockname()[1]
        token = secrets.token_urlsafe(24)
        self.address = f"http://127.0.0.1:{port}/{token}/"
        self._pages = {
            file.name: file.read_bytes()
            for file in files("isthmus.explorer.page").iterdir()
            if file.is_file()
        }
        routes = [WebSocketRoute("/socket", self._converse), Route("/{name:path}", self._file)]
        config = uvicorn.Config(
            Guard(Starlette(routes=routes), token, port),
            log_level="critical",
            lifespan="off",
            server_header=False,
            ws_max_size=MOST_BYTES,
            # Within a machine compressing takes longer than sending.
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="explorer", daemon=True)
        self._thread.start()
        # While the browser starts, the rows are encoded.
        self._encoding = threading.Thread(target=self._encode, name="encoding", daemon=True)
        self._encoding.start()

    def open(self) -> None:
        """Open the page in the browser."""
        webbrowser.open(self.address)

    def wait(self) -> None:
        """Wait until the server ends, or a signal ends the waiting."""
        while self._thread.is_alive():
            self._thread.join(1.0)

    def close(self) -> None:
        """End the server; pages that are open say so."""
        self._server.should_exit = self.answers.ended = True
        for thread in (self._thread, self._encoding):
            thread.join(_END_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Server({self.address})"

    def _run(self) -> None:
        with self._socket:
            asyncio.run(self._server.serve(sockets=[self._socket]))

    def _encode(self) -> None:
        # What goes wrong is told to the page, which asks for the same.
        with suppress(Exception):
            self.answers.get_ready()
            self.answers.warm_up()

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"] or "index.html"
        content = self._pages.get(name)
        if content is None:
            return Response("Nothing is here.\n", 404, media_type="text/plain")
        return Response(content, media_type=mimetypes.guess_type(name)[0])

    async def _converse(self, ws: WebSocket) -> None:
        await ws.accept()
        conversation = _Conversation(ws, self.answers)
        try:
            await conversation.hold()
        except WebSocketDisconnect:
            return


class _Conversation:
    """One page's questions: a few are answered at once, each by a thread."""

    def __init__(self, ws: WebSocket, answers: Answers) -> None:
        self._ws, self._answers = ws, answers
        self._turn, self._room = asyncio.Lock(), asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def hold(self) -> None:
        try:
            while True:
                message = await self._ws.receive_bytes()
                await self._room.acquire()
                task = asyncio.create_task(self._answer(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _answer(self, message: bytes) -> None:
        number: Any = None
        try:
            question, arrays = unpack(message)
            number = question.get("id")
            answering = asyncio.create_task(asyncio.to_thread(self._answers.ask, question, arrays))
            if question.get("ask") == "hello":
                await self._tell_progress(answering)
            header, found = await answering
            await self._send(pack({"id": number, **header}, found))
        except (WebSocketDisconnect, RuntimeError):
            return  # the page has gone
        except Exception as error:
            text = f"A defect of Isthmus came to light ({type(error).__name__}): please report it."
            said = str(error) if isinstance(error, IsthmusError) else text
            await self._send(pack({"id": number, "error": said}))
        finally:
            self._room.release()

    async def _tell_progress(self, answering: asyncio.Task[Any]) -> None:
        while not answering.done():
            await self._send(pack({"progress": list(self._answers.progress)}))
            await asyncio.wait([answering], timeout=_PROGRESS_SECONDS)

    async def _send(self, message: bytes) -> None:
        async with self._turn:
            await self._ws.send_bytes(message)


def explore(
    model: Any,
    X: Any,
    *,
    labels: Any = None,
    title: str | None = None,
    port: int = 0,
    browser: bool = True,
) -> Server:
    """Open a page in which one walks through a model's code.

    The page is served on this machine alone, until the `Server` is closed or Python ends.

    Parameters
    ----------
    model : fitted autoencoder
        With a code of at least two components.
    X : array, frame, path or Dataset
        Rows like those that the model was fitted on.
    labels : array, frame, path, Dataset or None
        One or more columns with as many rows, which colour and describe them.
    title : str, optional
        What the page is called; by default the name of the data.
    port : int, default=0
        Where to listen; 0 takes any that is free.
    browser : bool, default=True
        Whether to open the page.

    Returns
    -------
    Server
    """
    server = Server(Session(model, X, labels=labels), title=title, port=port)
    if browser:
        server.open()
    return server
