"""Walk through a model's code in a page."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import MisuseError, kept, say, tell
from isthmus.cli.options import Data, Memory, Model, Output
from isthmus.cli.places import check_apart
from isthmus.cli.values import limit_memory, load_autoencoder
from isthmus.errors import IsthmusError


@app.command(sort_key=6)
def explore(
    model: Model,
    data: Data,
    /,
    *,
    output: Output | None = None,
    labels: Annotated[
        str | None, Parameter(help="File with one or more columns that colour and describe rows.")
    ] = None,
    port: Annotated[int, Parameter(help="Where to listen; 0 takes any that is free.")] = 0,
    no_browser: Annotated[
        bool, Parameter(help="Print the address and open nothing.", negative=())
    ] = False,
    memory: Memory = None,
) -> None:
    """Walk through the code in a page: rows beside their reconstructions, and what lies between.

    The page is served on this machine alone, until Ctrl-C; or, with --output, written as one file
    that needs no server.

    Example: `isthmus explore digits.isthmus digits.npy --labels digits.csv`

    Parameters
    ----------
    output
        File to write the page to (.html), in place of serving it.
    """
    check_apart([model, *data, labels], [("--output", output)])
    if output is not None:
        _check_page(output)
    limit_memory(memory)
    from isthmus import explore as serve
    from isthmus.io import read

    estimator = load_autoencoder(model)
    if output is not None:
        from isthmus.explorer import write_page

        write_page(estimator, read(data), output, labels=labels)
        tell(f"Page: {output}")
        return
    with serve(estimator, read(data), labels=labels, port=port, browser=not no_browser) as server:
        tell(server.address)
        sys.stdout.flush()
        say("Ctrl-C ends the page.")
        with kept("the page has ended"):
            server.wait()


def _check_page(path: Path) -> None:
    """Refuse a place where no page can be written, before anything is computed for it."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise MisuseError(f"--output {path} does not end in .html: name the page so.")
    parent = path.absolute().parent
    if path.is_dir() or not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise IsthmusError(
            f"--output {path} cannot be written: name a file in a folder that is there and may be "
            "written to."
        )
