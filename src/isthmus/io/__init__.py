"""Rows in and out: readers and the `Dataset` they give, writers, and the file of a saved model."""

from isthmus.io.atomic import replacing
from isthmus.io.dataset import CHUNK_ROWS, ArrayDataset, Dataset, Rows, Schema, TableDataset
from isthmus.io.formats import READABLE
from isthmus.io.joined import JoinedDataset
from isthmus.io.memory import Container, as_dataset, container_of, to_container
from isthmus.io.model_file import read_model_file, write_model_file
from isthmus.io.read import read
from isthmus.io.writable import WRITABLE, check_writable
from isthmus.io.write import write

__all__ = [
    "CHUNK_ROWS",
    "READABLE",
    "WRITABLE",
    "ArrayDataset",
    "Container",
    "Dataset",
    "JoinedDataset",
    "Rows",
    "Schema",
    "TableDataset",
    "as_dataset",
    "check_writable",
    "container_of",
    "read",
    "read_model_file",
    "replacing",
    "to_container",
    "write",
    "write_model_file",
]
