"""Who may ask: this machine's own browser, with the token of the address."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Guard:
    """Lets through what comes from a page of this server, and nothing else.

    A name that resolves to loopback, by which a page elsewhere could reach this server, is no
    Host of ours; a page elsewhere that calls it by its number has another Origin. The token is
    the first part of the path.

    Parameters
    ----------
    app : ASGI application
        What answers, with paths behind the token.
    token : str
        The secret.
    port : int
        Where the server listens.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self._token = app, token.encode()
        self._hosts = {f"{name}:{port}" for name in _LOOPBACK}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        rest = scope["path"].split("/", 2)[2]
        inner = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}
        await self.app(inner, receive, _with_headers(send, headers["host"]))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> int | None:
        """Give the status to refuse with, None where there is no reason."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._hosts:
            return 403
        if origin is None and scope["type"] == "websocket":
            return 403
        if origin is not None and (urlsplit(origin).scheme != "http" or origin[7:] != host):
            return 403
        parts = scope["path"].split("/", 2)
        given = parts[1].encode() if len(parts) == 3 else b""
        return None if hmac.compare_digest(given, self._token) else 404


async def _refuse(status: int, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose(1008)(scope, receive, send)
        return
    text = "Refused.\n" if status == 403 else "Nothing is here.\n"
    await PlainTextResponse(text, status)(scope, receive, send)


def _with_headers(send: Send, host: str) -> Send:
    """Send answers with what browsers are to forbid the page."""
    more = {**_HEADERS, "content-security-policy": _POLICY.format(host=host)}

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in more.items()]
            message = {**message, "headers": [*message.get("headers", []), *own]}
        await send(message)

    return send_with_headers
