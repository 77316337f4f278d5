"""Walk through a model's code in a page."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import kept, say, tell
from isthmus.cli.options import Data, Memory, Model
from isthmus.cli.values import limit_memory, load_autoencoder


@app.command(sort_key=6)
def explore(
    model: Model,
    data: Data,
    /,
    *,
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

    The page is served on this machine alone, until Ctrl-C.

    Example: `isthmus explore digits.isthmus digits.npy --labels digits.csv`
    """
    limit_memory(memory)
    from isthmus import explore as serve
    from isthmus.io import read

    estimator = load_autoencoder(model)
    with serve(estimator, read(data), labels=labels, port=port, browser=not no_browser) as server:
        tell(server.address)
        sys.stdout.flush()
        say("Ctrl-C ends the page.")
        with kept("the page has ended"):
            server.wait()
