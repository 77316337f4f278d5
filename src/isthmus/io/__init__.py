"""Rows in and out: readers and the `Dataset` they give, writers, and the file of a saved model."""

from isthmus.io.ahead import read_ahead
from isthmus.io.atomic import replacing
from isthmus.io.budget import (
    affordable_rows,
    exact_bytes,
    limited_memory,
    memory_budget,
    readable_bytes,
)
from isthmus.io.containers import (
    Container,
    ContainerKind,
    as_dataset,
    container_of,
    in_memory,
    to_container,
)
from isthmus.io.dataset import (
    CHUNK_ROWS,
    ArrayDataset,
    Dataset,
    RowGroup,
    Rows,
    Schema,
    TableDataset,
)
from isthmus.io.gathered import from_batches
from isthmus.io.joined import JoinedDataset
from isthmus.io.model_file import read_model_file, write_model_file
from isthmus.io.plain_numbers import as_rows, refuse_other_than_numbers
from isthmus.io.read import read
from isthmus.io.write import check_writable, write

__all__ = [
    "CHUNK_ROWS",
    "ArrayDataset",
    "Container",
    "ContainerKind",
    "Dataset",
    "JoinedDataset",
    "RowGroup",
    "Rows",
    "Schema",
    "TableDataset",
    "affordable_rows",
    "as_dataset",
    "as_rows",
    "check_writable",
    "container_of",
    "exact_bytes",
    "from_batches",
    "in_memory",
    "limited_memory",
    "memory_budget",
    "read",
    "read_ahead",
    "read_model_file",
    "readable_bytes",
    "refuse_other_than_numbers",
    "replacing",
    "to_container",
    "write",
    "write_model_file",
]
