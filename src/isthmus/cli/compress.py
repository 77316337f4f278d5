"""Make files smaller, and get them back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import MisuseError, say, tell
from isthmus.cli.options import Data, Memory, Output
from isthmus.cli.places import check_apart
from isthmus.cli.values import limit_memory, load_autoencoder, misuse
from isthmus.passes import passes_told
from isthmus.terminal import on_terminal

_DELAY = 1.0


ArchiveOutput = Annotated[Path, Parameter(name=["--output", "-o"], help="Archive (.isz).")]
MaxError = Annotated[
    str | None,
    Parameter(
        help="How far a number may be off: such as 0.05, or 1e-3x of the range of all values."
    ),
]
Fill = Annotated[
    list[float] | None,
    Parameter(
        help="Values that stand for gaps, such as -9999; by default they are looked for.",
        consume_multiple=True,
        negative=(),
    ),
]
Codecs = Annotated[
    list[str] | None,
    Parameter(help="Try these codecs alone.", consume_multiple=True, negative=()),
]
ModelOfRows = Annotated[
    Path | None,
    Parameter(help="An autoencoder fitted to such rows (.isthmus), whose codes are tried too."),
]


@app.command(sort_key=9)
def compress(
    data: Data,
    /,
    *,
    output: ArchiveOutput,
    lossless: Annotated[
        bool, Parameter(help="The same bits come back, which is the default.", negative=())
    ] = False,
    max_error: MaxError = None,
    fill: Fill = None,
    effort: Annotated[str, Parameter(help="Time for it: fast, default or small.")] = "default",
    codec: Codecs = None,
    model: ModelOfRows = None,
    explain: Annotated[
        bool, Parameter(help="Print what was tried and where the bytes are.", negative=())
    ] = False,
    memory: Memory = None,
) -> None:
    """Make one file of data that is smaller: they come back exactly, or within an error.

    What makes the smallest file is used, and the file is checked by decoding it.

    Example: `isthmus compress temperature.npy -o temperature.isz --max-error 0.05`
    """
    check_apart(data, [("--output", output)])
    limit_memory(memory)
    if lossless and max_error is not None:
        raise MisuseError("--lossless and --max-error contradict each other: give one of them.")
    from isthmus.compression.compressing import compress as compress_data
    from isthmus.compression.demand import Demand, Tolerance
    from isthmus.io.write import check_folder_around

    with misuse():
        Demand(Tolerance.read(max_error or 0.0), effort, fill, codec)
    check_folder_around(output)
    autoencoder = None if model is None else load_autoencoder(model)
    with _bar("compressing") as shown:
        report = compress_data(
            data if len(data) > 1 else data[0],
            output,
            max_error=max_error or 0.0,
            effort=effort,
            fill_values=fill,
            codecs=codec,
            model=autoencoder,
            progress=shown,
        )
    _tell_report(report, explain)


def _tell_report(report: Any, explain: bool) -> None:
    if explain:
        for line in report.lines():
            tell(line)
        for name, size in report.parts.items():
            tell(f"{name:<24.24} {size:>12,} bytes")
    for name, values in report.fill_values.items():
        listed = ", ".join(f"{value:g}" for value in values)
        say(f"{listed} in {name}: taken for gaps, which come back as they are.")
    exact = "exactly"
    if report.max_errors:
        errors = sorted(set(report.max_errors.values()))
        largest = f"{errors[0]:.3g}" if len(errors) == 1 else f"{errors[0]:.3g} to {errors[-1]:.3g}"
        exact = f"within {largest}"
    ratio = report.ratio
    size = f"{ratio:.2f} times smaller" if ratio >= 1 else f"{1 / ratio:.2f} times larger"
    tell(
        f"{report.n_raw_bytes:,} bytes -> {report.n_bytes:,}, {size}, "
        f"{exact}, in {report.seconds:.1f} s: {report.path}"
    )


@app.command(sort_key=9)
def decompress(
    archive: Annotated[Path, Parameter(help="Archive (.isz).")],
    /,
    *,
    output: Output,
    rows: Annotated[str | None, Parameter(help="Some rows alone, such as 1000:2000.")] = None,
) -> None:
    """Get data back from an archive.

    A text file comes back byte for byte in a file of the same kind, and so does a .npy file.

    Example: `isthmus decompress temperature.isz -o temperature.npy --rows 0:24`

    Parameters
    ----------
    output
        Rows: {files}.
    """
    check_apart([archive], [("--output", output)])
    wanted = _slice(rows)
    from isthmus import Archive
    from isthmus.compression.restoring import restore
    from isthmus.io import check_writable

    opened = Archive(archive)
    check_writable(output, opened.schema)
    start, stop, _ = wanted.indices(opened.n_rows)
    with _bar("decompressing") as shown:
        n_rows = restore(
            opened, output, rows=wanted, progress=lambda n: shown(n, max(stop - start, 1))
        )
    say(f"{n_rows:,} rows: {output}")


def _slice(text: str | None) -> slice:
    """Read a range of rows such as 1000:2000, of which either end may be left out."""
    if text is None:
        return slice(None)
    start, colon, stop = text.partition(":")
    try:
        found = slice(int(start) if start else None, int(stop) if stop else None)
    except ValueError:
        found = None
    if found is None or not colon:
        raise MisuseError(f"--rows {text!r} is no range of rows: write it like 1000:2000.")
    return found


@contextmanager
def _bar(what: str) -> Iterator[Any]:
    """Show how far the work is, on a terminal, where it takes long."""
    if not on_terminal():
        yield lambda n_done, n_rows: None
        return
    from rich.console import Console
    from rich.progress import Progress

    began = time.monotonic()
    bar = Progress(console=Console(stderr=True), transient=True, disable=False)
    with passes_told(None), bar:
        task = bar.add_task(what, total=None)

        def show(n_done: int, n_rows: int) -> None:
            if time.monotonic() - began > _DELAY:
                bar.update(task, completed=n_done, total=n_rows)

        yield show
