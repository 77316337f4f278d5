"""Compress whatever a user calls data into one file, and get it back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from isthmus.checks import advice
from isthmus.compression.archive import Archive
from isthmus.compression.choice import EFFORTS
from isthmus.compression.codec import Codec
from isthmus.compression.report import Compression
from isthmus.compression.sources import source_of
from isthmus.compression.survey import Tolerance
from isthmus.compression.threads import worker_threads
from isthmus.compression.writing import choose, write_archive
from isthmus.errors import DataError, IsthmusError
from isthmus.io import replacing


def compress(
    data: Any,
    path: str | os.PathLike[str],
    *,
    max_error: float | str = 0.0,
    effort: str = "default",
    fill_values: Sequence[float] | None = None,
    codecs: Collection[str] | None = None,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Compression:
    """Write data to an archive, which `decompress` and `Archive` read.

    All codecs that can take the data are tried on a sample, and what makes the smallest file,
    models included, is used. Every block is decoded again before the file takes its place.

    Parameters
    ----------
    data : array, masked array, data frame, Dataset, path, or sequence of paths
        An array has any dtype of plain numbers, dates or text, in any byte order.
    path : str or Path
        The archive to write, such as ``data.isz``; a file that is there is replaced.
    max_error : float or str, default=0.0
        How far any value that comes back may be from what went in: a number in the unit of the
        data, or a share of the range of all values such as ``"1e-3x"``. With 0 the same bits come
        back. NaN, infinities, −0.0 and fill values come back bit for bit in any case, and are no
        part of the range.
    effort : {"fast", "default", "small"}, default="default"
        How much time to take for a smaller file.
    fill_values : sequence of float, optional
        Values that stand for gaps, such as −9999. By default values at either end that are far
        from all others, and frequent, are taken for such. Without an error they do not matter.
    codecs : collection of str, optional
        Which codecs to try, by their names; all of the effort by default.
    n_jobs : int, optional
        Threads; by default as many as there are processors. The file does not depend on it.
    progress : callable, optional
        Gets the rows that are done and all there are, after every block.

    Returns
    -------
    Compression
        What was tried, what is used, and where the bytes are.

    Raises
    ------
    DataError
        The data cannot be kept in an archive, or not with an error.
    IsthmusError
        A setting makes no sense, or the place cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "waves.isz"
    >>> waves = np.sin(np.linspace(0, 60, 30_000)).reshape(1000, 30)
    >>> report = compress(waves, path, max_error=1e-3)
    >>> report.ratio > 8
    True
    >>> bool(abs(decompress(path) - waves).max() <= 1e-3)
    True
    """
    tolerance = Tolerance.read(max_error)
    _check_settings(effort, codecs)
    began = time.perf_counter()
    source = source_of(data)
    content, fills = source.to_content(tolerance, fill_values)
    with worker_threads(n_jobs) as pool:
        tried = choose(content, effort, codecs, pool)
        if content.n_rows and not all(tried):
            raise DataError(
                f"{source.source} can be taken by none of the codecs {', '.join(codecs or ())}: "
                "let all be tried, or add 'stored'."
            )
        with replacing(path) as temporary:
            done = _told(progress, content.n_rows)
            write_archive(temporary, content, tried, pool, done)
    seconds = time.perf_counter() - began
    return Compression.of(Archive(path), source.n_bytes, tried, fills, seconds)


def decompress(
    path: str | os.PathLike[str], rows: slice | None = None, *, n_jobs: int | None = None
) -> Any:
    """Give back what `compress` wrote to an archive.

    Parameters
    ----------
    path : str or Path
        The archive.
    rows : slice, optional
        The rows wanted, such as ``slice(1000, 2000)``; blocks without any of them are not read.
    n_jobs : int, optional
        Threads; by default as many as there are processors.

    Returns
    -------
    array, masked array or data frame
        What went in, with its dtypes, byte order, order of memory, names and index.

    Raises
    ------
    ArchiveError
        The file is missing, no archive, cut off, damaged, or from a newer version.
    """
    archive = Archive(path)
    return archive.read(n_jobs) if rows is None else archive[rows]


def _check_settings(effort: str, codecs: Collection[str] | None) -> None:
    if effort not in EFFORTS:
        raise IsthmusError(f"effort={effort!r} is unknown: {advice(effort, EFFORTS)}.")
    members = Codec.members()
    unknown = next((name for name in codecs or () if name not in members), None)
    if unknown is not None:
        raise IsthmusError(f"codecs names {unknown!r}: {advice(unknown, members)}.")


def _told(progress: Callable[[int, int], None] | None, n_rows: int) -> Callable[[int], None]:
    def done(n_done: int) -> None:
        if progress is not None:
            # A terminal that is gone does not end the work.
            with suppress(OSError):
                progress(n_done, n_rows)

    return done
