"""Files of kinds that Isthmus does not read, told by their content, and what to do with them."""

from __future__ import annotations

import zipfile
from pathlib import Path

_AS_TABLE = "save the sheet as .csv or .parquet"
_AS_IMAGE = "convert it to PNG"
_AS_TABLE_OR_ARRAY = "save what is wanted as .parquet, .csv or .npy"
_AS_VARIABLE = "open it with xarray in Python and give one variable, or save what is wanted as .npy"

# What files begin with, what they are, and what to do; first those that no table begins with.
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"<!doctype html", "a web page, not the data", "fetch the file itself again"),
    (b"<html", "a web page, not the data", "fetch the file itself again"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the data", "run git lfs pull"),
    (b"%pdf-", "a PDF document", _AS_TABLE_OR_ARRAY),
    (b"sqlite format 3\0", "an SQLite database", _AS_TABLE_OR_ARRAY),
    (b"matlab 5.0 mat-file", "a MATLAB file", _AS_TABLE_OR_ARRAY),
    (b"\x89hdf\r\n\x1a\n", "an HDF5 file, as netCDF 4 is", _AS_VARIABLE),
    (b"cdf\x01", "a netCDF 3 file", _AS_VARIABLE),
    (b"cdf\x02", "a netCDF 3 file", _AS_VARIABLE),
    (b"cdf\x05", "a netCDF 3 file", _AS_VARIABLE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Excel or Office file", _AS_TABLE),
    (b"\x80\x04\x95", "a Python pickle", _AS_TABLE_OR_ARRAY),
    (b"\x80\x05\x95", "a Python pickle", _AS_TABLE_OR_ARRAY),
    (b"\x28\xb5\x2f\xfd", "a file packed with zstd", "unpack it"),
    (b"\xfd7zxz\0", "a file packed with xz", "unpack it"),
    (b"fea1", "a feather file of version 1", "write it again as version 2"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"ii*\0", "a TIFF image", _AS_IMAGE),
    (b"mm\0*", "a TIFF image", _AS_IMAGE),
)
# A header of a table may begin so too, but holds no zero byte.
_SHORT_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"gif8", "a GIF image", _AS_IMAGE),
    (b"bm", "a BMP image", _AS_IMAGE),
    (b"orc", "an ORC file", _AS_TABLE_OR_ARRAY),
    (b"obj\x01", "an Avro file", _AS_TABLE_OR_ARRAY),
    (b"bzh", "a file packed with bzip2", "unpack it"),
)
_NEVER_GZIPPED = (".csv", ".tsv", ".npy", ".npz", ".parquet", ".feather", ".arrow")
_WORKBOOKS = (".xlsx", ".xlsm", ".ods")
_ZIP_MAGIC = b"PK\x03\x04"
_GZIP_MAGIC = b"\x1f\x8b"


def foreign_kind(path: Path, start: bytes) -> tuple[str, str] | None:
    """Tell what a file is that is not for Isthmus, and what to do; None if that is not known.

    Parameters
    ----------
    path : Path
        The file.
    start : bytes
        Its first bytes, some dozens of them.
    """
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "a WebP image", _AS_IMAGE
    if start[4:12] in (b"ftypheic", b"ftypmif1", b"ftypavif"):
        return "an HEIC or AVIF image", _AS_IMAGE
    if start.startswith(_GZIP_MAGIC) and path.suffix.lower() in _NEVER_GZIPPED:
        return "a file packed with gzip", "unpack it, or add .gz to the name of a table"
    if start.startswith(_ZIP_MAGIC):
        return _inside_zip(path)
    small = start.lower()
    known = _BEGINNINGS + _SHORT_BEGINNINGS * (not _is_text(start))
    return next(((kind, remedy) for magic, kind, remedy in known if small.startswith(magic)), None)


def _is_text(start: bytes) -> bool:
    return start.isascii() and b"\0" not in start


def _inside_zip(path: Path) -> tuple[str, str] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        is_workbook = path.suffix.lower() in _WORKBOOKS
        return ("a damaged workbook", f"fetch it again, and {_AS_TABLE}") if is_workbook else None
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook", _AS_TABLE
    if {"mimetype", "content.xml"} <= set(names):
        return "a LibreOffice workbook or document", _AS_TABLE
    if "[Content_Types].xml" in names:
        return "an Office document, not a workbook", _AS_TABLE_OR_ARRAY
    if names and not any(name.endswith(".npy") for name in names):
        return f"a zip archive that holds {names[0]!r}", "unpack it and name the file inside"
    return None
