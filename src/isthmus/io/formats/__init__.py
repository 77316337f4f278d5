"""One file for each format: its reader, its writer, what it can hold, its row in the table."""

from isthmus.io.formats import arrays, delimited, feather, idx, parquet

from isthmus.io.formats import images  # isort: skip  # the last is asked first what a folder holds
from isthmus.io.formats.base import ArrayFormat, Format, TableFormat
from isthmus.io.formats.registry import (
    format_to_read,
    format_to_write,
    open_folder,
    readable,
    register,
    suffixes_in_folders,
    writable,
)

__all__ = [
    "ArrayFormat",
    "Format",
    "TableFormat",
    "arrays",
    "delimited",
    "feather",
    "format_to_read",
    "format_to_write",
    "idx",
    "images",
    "open_folder",
    "parquet",
    "readable",
    "register",
    "suffixes_in_folders",
    "writable",
]
