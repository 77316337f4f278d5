"""Where process 0 listens for the others."""

from __future__ import annotations

import socket

from isthmus.errors import IsthmusError
from isthmus.io.failures import first_line
from isthmus.runs.job import Job


def listen(job: Job, backlog: int) -> socket.socket:
    """Listen at the address that the coordinator is named by, and at no other.

    Raises
    ------
    IsthmusError
        It is none of this host, or the port is taken.
    """
    host, port = job.address
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        if _is_loopback(str(address[0])) and not _is_loopback(host):
            # Many hosts give their own name to loopback, where no other host could come.
            family, address = socket.AF_INET, ("", port)
        return socket.create_server(address, family=family, backlog=backlog)
    except OSError as error:
        reason = first_line(error).partition(" (while")[0]
        raise IsthmusError(
            f"process 0 cannot listen at {job.coordinator} ({reason}): give an address "
            "of its own host, and a port that is free."
        ) from error


def free_port(host: str) -> int:
    """Give a port that is free at this address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as probe:
        return int(probe.getsockname()[1])


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")
