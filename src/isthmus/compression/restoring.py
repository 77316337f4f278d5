"""Write the rows of an archive to a file, as they came where the file is of that kind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.compression.archive import ALL, Archive
from isthmus.compression.array_content import ArrayContent
from isthmus.compression.table.text_content import TextContent
from isthmus.io import in_memory, replacing
from isthmus.io import write as write_rows

_DELIMITERS = {".csv": ",;|", ".tsv": "\t"}


def restore(
    archive: Archive,
    path: str | os.PathLike[str],
    *,
    rows: slice = ALL,
    n_jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write rows to a file whose suffix tells the format, and give how many they are.

    A table that was text comes back byte for byte in a file of the same kind; an array comes back
    with its byte order and order of memory in a ``.npy`` file.

    Parameters
    ----------
    archive : Archive
        Where the rows are.
    path : str or Path
        The file to write.
    rows : slice, optional
        Which rows; all by default.
    n_jobs : int, optional
        Threads; by default one for each processor.
    progress : callable, optional
        Gets the rows that are done, after every block.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    content = archive.content
    told = progress or (lambda n_done: None)
    delimiters = _DELIMITERS.get(suffix, "")
    if (
        isinstance(content, TextContent)
        and content.layout is not None
        and content.layout.delimiter in delimiters
    ):
        return _text(archive, content, target, rows, n_jobs, told)
    if isinstance(content, ArrayContent) and suffix == ".npy" and content.fill_value is None:
        return _npy(archive, content, target, rows, n_jobs, told)
    return write_rows(target, _chunks(archive, rows, n_jobs, told))


def _chunks(
    archive: Archive, rows: slice, n_jobs: int | None, told: Callable[[int], None]
) -> Iterator[Any]:
    n_done, chunk = 0, None
    for chunk in archive.chunks(rows, n_jobs=n_jobs):
        yield in_memory(chunk)
        n_done += len(chunk)
        told(n_done)
    if chunk is None:
        yield in_memory(archive[:0])


def _text(
    archive: Archive,
    content: TextContent,
    target: Path,
    rows: slice,
    n_jobs: int | None,
    told: Callable[[int], None],
) -> int:
    layout, n_done = content.layout, 0
    assert layout is not None
    with replacing(target) as temporary, temporary.open("wb") as file:
        file.write(layout.header(content.inner.schema.names))
        last = b""
        for block in archive.blocks(rows, n_jobs=n_jobs):
            cells = content.cells(block.rows).slice(block.start, block.stop - block.start)
            for text in layout.rows(cells):
                file.write(last)
                last = text
            n_done += cells.num_rows
            told(n_done)
        if not layout.last_newline:
            last = last.removesuffix(layout.newline.encode())
        file.write(last)
    return n_done


def _npy(
    archive: Archive,
    content: ArrayContent,
    target: Path,
    rows: slice,
    n_jobs: int | None,
    told: Callable[[int], None],
) -> int:
    start, stop, _ = rows.indices(archive.n_rows)
    n_rows = max(stop - start, 0)
    with replacing(target) as temporary:
        if content.fortran_order:
            # Its first axis is the quickest, so that every row is everywhere.
            chunks = list(archive.chunks(rows, n_jobs=n_jobs))
            whole = np.concatenate(chunks, dtype=content.dtype) if chunks else archive[:0]
            with temporary.open("wb") as file:
                np.lib.format.write_array(file, np.asfortranarray(whole), allow_pickle=False)
            return n_rows
        n_done = 0
        with temporary.open("wb") as file:
            about = {
                "descr": np.lib.format.dtype_to_descr(content.dtype),
                "fortran_order": False,
                "shape": (n_rows, *content.row_shape),
            }
            np.lib.format.write_array_header_1_0(file, about)
            for chunk in archive.chunks(rows, n_jobs=n_jobs):
                file.write(np.ascontiguousarray(chunk).data)
                n_done += len(chunk)
                told(n_done)
    return n_rows
