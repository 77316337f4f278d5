"""Readers and writers, and the Dataset between them; the model file."""

from isthmus.io.atomic import replacing
from isthmus.io.dataset import CHUNK_ROWS, ArrayDataset, Dataset, Rows, Schema, TableDataset
from isthmus.io.joined import JoinedDataset
from isthmus.io.memory import Container, as_dataset, container_of, to_container
from isthmus.io.model_file import read_model_file, write_model_file
from isthmus.io.read import READABLE, read
from isthmus.io.write import WRITABLE, check_writable, write

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
