"""The secret that the processes of a job share, by which they know each other from strangers."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs

from isthmus.errors import IsthmusError
from isthmus.io.failures import reason_of

VARIABLE = "ISTHMUS_TOKEN"
_SHORTEST = 16
_MAKE_ONE = (
    f"set {VARIABLE} to the same secret for all processes, such as one of openssl rand -hex 16"
)


def shared_token() -> bytes:
    """Give the secret of ISTHMUS_TOKEN, or else the one in this user's data folder.

    The latter is made when it is first asked for, so that the processes of one machine, and of
    machines that share a home, need no more.

    Raises
    ------
    IsthmusError
        The secret is too short, or there is none and none can be made.
    """
    chosen = os.environ.get(VARIABLE, "").strip()
    if chosen:
        if len(chosen) < _SHORTEST:
            raise IsthmusError(
                f"{VARIABLE} has {len(chosen)} characters, expected at least {_SHORTEST}: "
                f"{_MAKE_ONE}."
            )
        return chosen.encode("utf-8", "surrogateescape")
    path = Path(platformdirs.user_data_dir("isthmus", appauthor=False)) / "token"
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        reason = reason_of(error).partition(":")[0]
        raise IsthmusError(
            f"{path} cannot hold a secret for the processes of a job, because {reason}: "
            f"{_MAKE_ONE}."
        ) from error


def proof(token: bytes, challenge: str, **said: Any) -> str:
    """Give what shows that who says this, in answer to a challenge, knows the token."""
    message = json.dumps([challenge, said], sort_keys=True).encode()
    return hmac.new(token, message, hashlib.sha256).hexdigest()


def is_proof(found: Any, token: bytes, challenge: str, **said: Any) -> bool:
    """Tell whether something is the `proof` of what was said."""
    expected = proof(token, challenge, **said).encode()
    return isinstance(found, str) and hmac.compare_digest(found.encode(errors="replace"), expected)


def _make(path: Path) -> None:
    """Make a secret that only this user can read; of several processes the first one's holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".token.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path) -> bytes:
    token = path.read_bytes().strip()
    found = path.stat()
    exposed = os.name != "nt" and (
        found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077
    )
    if exposed or len(token) < _SHORTEST:
        why = "others may read or write it" if exposed else "it is cut off"
        raise IsthmusError(
            f"{path} is no secret for the processes of a job, because {why}: remove it, and a new "
            f"one is made, or {_MAKE_ONE}."
        )
    return token
