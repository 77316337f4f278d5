"""Compress whatever a user calls data into one file, and get it back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from isthmus.compression.archive import Archive
from isthmus.compression.choice import Candidate
from isthmus.compression.demand import Demand, Tolerance, opened
from isthmus.compression.header import Header
from isthmus.compression.models_beside import HasModels
from isthmus.compression.report import Compression
from isthmus.compression.sources import AnySource, check_model, source_of, with_columns_together
from isthmus.compression.threads import worker_threads
from isthmus.compression.writing import Content, choose, chosen, estimate, write_archive
from isthmus.errors import DataError
from isthmus.io import replacing


def compress(
    data: Any,
    path: str | os.PathLike[str],
    *,
    max_error: float | str = 0.0,
    effort: str = "default",
    fill_values: Sequence[float] | None = None,
    codecs: Collection[str] | None = None,
    model: Any = None,
    n_jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Compression:
    """Write data to an archive, which `decompress` and `Archive` read.

    All codecs that can take the data are tried on a sample, and what makes the smallest file,
    models included, is used. Every block is decoded again before the file takes its place.

    Parameters
    ----------
    data : array, masked array, data frame, Dataset, path, or sequence of paths
        Numbers, dates or text.
    path : str or Path
        The archive, such as ``data.isz``; a file that is there is replaced.
    max_error : float or str, default=0.0
        How far a number that comes back may be off: in the unit of the data, or as a share of the
        range of all, such as ``"1e-3x"``. With 0 the same bits come back. NaN, infinities, −0.0
        and fill values come back bit for bit always, and are no part of the range.
    effort : {"fast", "default", "small"}, default="default"
        How much time to take for a smaller file.
    fill_values : sequence of float, optional
        What stands for gaps within an error, such as −9999. By default, frequent values at
        either end that are far from all others.
    codecs : collection of str, optional
        Which codecs to try, by their names; all by default.
    model : fitted autoencoder, optional
        A dense one, fitted to such rows: its codes are tried too, its decoder is in the file.
    n_jobs : int, optional
        Threads; by default one for each processor. The file does not depend on it.
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

    Examples
    --------
    >>> import numpy as np
    >>> compress(np.zeros((1000, 30)), "zeros.isz").ratio  # doctest: +SKIP
    789.5
    """
    demand = Demand(Tolerance.read(max_error), effort, fill_values, codecs, opened(model, codecs))
    with worker_threads(n_jobs) as pool:
        return write(source_of(data), Path(path), demand, pool, progress)


def decompress(
    path: str | os.PathLike[str] | bytes,
    rows: slice | None = None,
    *,
    compressor: HasModels | None = None,
    n_jobs: int | None = None,
) -> Any:
    """Give back what `compress` wrote to an archive.

    Parameters
    ----------
    path : str, Path or bytes
        The archive, or what is in it.
    rows : slice, optional
        The rows wanted, such as ``slice(1000, 2000)``; blocks without any of them are not read.
    compressor : Compressor, optional
        Who wrote it, if its model lies beside it.
    n_jobs : int, optional
        Threads; by default one for each processor.

    Returns
    -------
    array, masked array or data frame
        What went in, with its dtypes, byte order, order of memory, names and index.

    Raises
    ------
    ArchiveError
        The file is missing, no archive, cut off, damaged, or from a newer version.
    """
    archive = Archive(path, compressor)
    return archive.read(n_jobs) if rows is None else archive[rows]


def write(
    source: AnySource,
    path: Path,
    demand: Demand,
    pool: Executor,
    progress: Callable[[int, int], None] | None,
) -> Compression:
    """Try codecs, and write the archive with the best."""
    began = time.perf_counter()
    packed = _Packed.of(source, demand, pool)
    with replacing(path) as temporary, temporary.open("wb") as file:
        packed.write(file, pool, told(progress, packed.content.n_rows))
    seconds = time.perf_counter() - began
    others = packed.others
    return Compression.of(
        Archive(path), source.n_bytes, packed.tried, packed.fills, seconds, others
    )


def to_bytes(data: Any, demand: Demand) -> bytes:
    """Give an archive as bytes, made by one thread."""
    file = BytesIO()
    with worker_threads(1) as pool:
        _Packed.of(source_of(data), demand, pool).write(file, pool, told(None, 0))
    return file.getvalue()


class _Packed(NamedTuple):
    """What will be written, with what was tried for it."""

    content: Content
    fills: dict[str, tuple[float, ...]]
    tried: list[list[Candidate]]
    others: list[Candidate]

    @classmethod
    def of(cls, source: AnySource, demand: Demand, pool: Executor) -> _Packed:
        check_model(demand.autoencoder, source)
        content, fills = source.to_content(demand.tolerance, demand.fill_values)
        joined = demand.autoencoder and with_columns_together(source, content, demand.autoencoder)
        tried, others = choose(content, demand, pool), []
        if joined:
            more = choose(joined, demand, pool)
            if estimate(joined, more) < estimate(content, tried):
                content, tried, more = joined, more, tried
            others = [candidate for own in more for candidate in own]
        if content.n_rows and not all(tried):
            raise DataError(
                f"{source.source} can be taken by none of the codecs "
                f"{', '.join(demand.codecs or ())}: let all be tried, or add 'stored'."
            )
        return cls(content, fills, tried, others)

    def write(self, file: BinaryIO, pool: Executor, done: Callable[[int], None]) -> None:
        content, tracks = self.content, chosen(self.content, self.tried)
        own = tuple(one.track for one in tracks)
        header = Header(content.about, content.n_rows, own, content.attached)
        write_archive(file, header, content, tracks, pool, done)


def told(progress: Callable[[int, int], None] | None, n_rows: int) -> Callable[[int], None]:
    """Give what takes the rows that are done and tells them with all there are."""

    def done(n_done: int) -> None:
        if progress is not None:
            # A terminal that is gone does not end the work.
            with suppress(OSError):
                progress(n_done, n_rows)

    return done
