"""What killed processes leave behind: told by its name, so that nothing of others is taken away."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path

# A name has room for no more than 255 bytes, and a character takes up to four.
_KEPT_LETTERS = 40
_OWN_NAME = re.compile(r"\.(?P<host>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}\.[a-z]+")


def name_beside(target: Path, ending: str) -> Path:
    """Give a hidden name in the same folder, which says what process on what host it is of."""
    mark = f"{host_mark()}-{os.getpid()}-{secrets.token_hex(4)}"
    return target.with_name(f"{_stem(target)}.{mark}{ending}")


def leftovers(target: Path, ending: str) -> list[Path]:
    """Give what `name_beside` named here for processes of this host that are dead."""
    try:
        names = os.listdir(target.parent)
    except OSError:
        return []
    stem, found = _stem(target), []
    for name in names:
        match = _OWN_NAME.fullmatch(name[len(stem) :])
        if match is None or not name.startswith(stem) or not name.endswith(ending):
            continue
        path = target.with_name(name)
        if is_left(path, match["host"], int(match["process"])):
            found.append(path)
    return found


def is_left(path: str | os.PathLike[str], host: str, process: int) -> bool:
    """Tell whether a file or folder is this user's, and of a dead process of this host."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    own = os.name == "nt" or found.st_uid == os.geteuid()
    return own and not stat.S_ISLNK(found.st_mode) and host == host_mark() and not _lives(process)


def discard(path: Path) -> None:
    """Take a file or a folder away, if that can be done; a link alone, not what it leads to."""
    for _ in range(2):  # what fails once may not fail again
        with suppress(OSError):
            if stat.S_ISDIR(os.lstat(path).st_mode):
                shutil.rmtree(path)
            else:
                path.unlink()


@cache
def host_mark() -> str:
    """Give what tells the processes of this host, or container, from those of others."""
    namespace = ""
    with suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:8]


def _stem(target: Path) -> str:
    return f".{target.name[:_KEPT_LETTERS]}"


def _lives(process: int) -> bool:
    if os.name == "nt":  # where asking ends the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
