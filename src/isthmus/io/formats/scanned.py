"""Tables that pyarrow scans: partitioned folders, and whatever else it makes a dataset of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, final

import pyarrow as pa
from pyarrow import dataset as scanning

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, RowGroup, Rows
from isthmus.io.failures import refusing
from isthmus.io.formats.row_groups import checked_tables, joined_row_groups, schema_of
from isthmus.io.index import feature_columns, index_columns
from isthmus.io.joined import regrouped
from isthmus.io.paths import natural_order

# Pages of a parquet row group are read through a buffer for each column, not all at once.
BUFFER_BYTES = 64 * 2**10

_KIND = "a dataset of pyarrow"


@final
class ScannedDataset(Dataset):
    """A `pyarrow.dataset.Dataset`, whose fragments are read as they are used."""

    def __init__(
        self, scanned: scanning.Dataset, source: str, names: Sequence[str] | None = None
    ) -> None:
        self.source, self._scanned = source, scanned
        with refusing(source, _KIND, DataError):
            self.schema = schema_of(scanned.schema, source, names)
            self.index_names = index_columns(scanned.schema)
            self.n_rows = scanned.count_rows()

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[pa.Table]:
        """Yield the rows in order, at most `n_rows` at a time."""
        batches = self._batches([self._scanned], n_rows)
        yield from regrouped(checked_tables(self, batches, self.n_rows), n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give the fragments, by row groups where they have such, small neighbours together."""
        with refusing(self.source, _KIND, DataError):
            try:
                fragments = list(self._scanned.get_fragments())
            except ValueError:
                # What is filtered has no fragments of its own.
                return super().row_groups()
            pieces = [piece for fragment in fragments for piece in _pieces(fragment)]
        sizes = [n_rows for _, n_rows in pieces]
        return joined_row_groups(sizes, partial(self._read, [fragment for fragment, _ in pieces]))

    def select(self, names: Sequence[str]) -> ScannedDataset:
        """Give the same rows with these columns only, in this order."""
        self._require(names)
        return ScannedDataset(self._scanned, self.source, names)

    def _read(
        self, fragments: Sequence[Any], chosen: range, n_promised: int, n_rows: int
    ) -> Iterator[Rows]:
        return checked_tables(
            self, self._batches([fragments[i] for i in chosen], n_rows), n_promised
        )

    def _batches(self, scannables: Sequence[Any], n_rows: int) -> Iterator[pa.RecordBatch]:
        options: dict[str, Any] = {
            "columns": list(self.schema.names or ()),
            "batch_size": n_rows,
            "batch_readahead": 1,
            "fragment_readahead": 1,
        }
        if isinstance(getattr(self._scanned, "format", None), scanning.ParquetFileFormat):
            options["fragment_scan_options"] = scanning.ParquetFragmentScanOptions(
                use_buffered_stream=True,
                buffer_size=BUFFER_BYTES,
                pre_buffer=False,
                page_checksum_verification=True,
            )
        with refusing(self.source, _KIND, DataError):
            for scannable in scannables:
                if scannable is self._scanned:
                    yield from scannable.to_batches(**options)
                else:
                    yield from scannable.to_batches(schema=self._scanned.schema, **options)


def read_partitioned(folder: Path, files: Sequence[Path]) -> ScannedDataset:
    """Open the parquet files of a folder and its subfolders, whose names may hold columns."""
    source = str(folder)
    with refusing(source, "a folder of parquet files", DataError):
        scanned = scanning.dataset(
            [str(file) for file in sorted(files, key=natural_order)],
            format="parquet",
            partitioning="hive",
            partition_base_dir=source,
        )
        first, *others = scanned.get_fragments()
        for other in others:
            # Parts that were filtered may hold an index where others need none.
            if feature_columns(other.physical_schema) != feature_columns(first.physical_schema):
                raise DataError(
                    f"{other.path} has other columns than {first.path}: files that are read "
                    "together must agree, so mend it or leave it out."
                )
        return ScannedDataset(scanned, source)


def _pieces(fragment: Any) -> list[tuple[Any, int]]:
    if not isinstance(fragment, scanning.ParquetFileFragment):
        return [(fragment, fragment.count_rows())]
    # A fragment of one row group counts the rows of its whole file.
    groups = fragment.split_by_row_group()
    return [(group, sum(found.num_rows for found in group.row_groups)) for group in groups]
