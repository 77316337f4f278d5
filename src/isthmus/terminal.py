"""The terminal, if there is one."""

from __future__ import annotations

import sys


def on_terminal() -> bool:
    """Tell whether somebody watches standard error."""
    # A program without a terminal may have closed it.
    return sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()
