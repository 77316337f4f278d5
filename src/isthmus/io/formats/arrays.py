"""NumPy's own files: one array (.npy), or several in an archive (.npz)."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, final

import numpy as np

from isthmus.errors import DataError
from isthmus.io.dataset import Dataset
from isthmus.io.failures import refusing
from isthmus.io.formats.array_file import ArrayHeader, check_byte_count, open_array
from isthmus.io.formats.base import ArrayFormat
from isthmus.io.formats.chunks import write_array
from isthmus.io.formats.registry import register
from isthmus.io.formats.unpacking import check_claim, unpacked_array

_NPY_MAGIC = b"\x93NUMPY"
_NPZ_MAGIC = b"PK\x03\x04"

_USUAL_NAMES = ("X", "data", "x", "images")
_REMEDY = "fetch or write it again"


@final
class NpyFormat(ArrayFormat):
    """One array."""

    def open(self, path: Path) -> Dataset:
        """Open a .npy file; its rows are read from disk when they are used."""
        source = str(path)
        with refusing(source, "a .npy file", DataError):
            with path.open("rb") as file:
                header = _read_header(file, source)
            check_byte_count(
                source, header.shape, header.dtype, path.stat().st_size - header.offset
            )
            return open_array(path, source, header)

    def write(self, path: Path, chunks: Iterator[np.ndarray]) -> int:
        """Write one array."""
        with path.open("wb") as file:
            return _write(file, chunks)


@final
class NpzFormat(ArrayFormat):
    """Arrays in a zip archive, of which one counts."""

    def open(self, path: Path) -> Dataset:
        """Unpack the one array of a .npz file, or the one with a usual name."""
        source = str(path)
        with refusing(source, "a .npz file", DataError):
            if not zipfile.is_zipfile(path):
                raise DataError(
                    f"{source} is not a complete .npz file: it may be cut off or damaged, "
                    f"so {_REMEDY}."
                )
            with zipfile.ZipFile(path) as archive:
                member = _choose(archive, source)
                named = f"{source}, array {member.filename.removesuffix('.npy')!r}"
                _check_packing(member, named, path)
                with archive.open(member) as file:
                    header = _read_header(file, named)
                    found = member.file_size - header.offset
                    check_byte_count(named, header.shape, header.dtype, found)
                    return unpacked_array(file, source, header)

    def write(self, path: Path, chunks: Iterator[np.ndarray]) -> int:
        """Write one array under the name X."""
        with tempfile.TemporaryFile(dir=path.parent) as plain:
            n_rows = _write(plain, chunks)
            plain.seek(0)
            # A ZipInfo of our own has no date in it: the same rows give the same file.
            with (
                zipfile.ZipFile(path, "w") as archive,
                archive.open(zipfile.ZipInfo("X.npy"), "w", force_zip64=True) as member,
            ):
                shutil.copyfileobj(plain, member)
        return n_rows


NPY = register(NpyFormat(name="npy", reads=(".npy",), writes=(".npy",), magic=_NPY_MAGIC))
register(NpzFormat(name="npz", reads=(".npz",), writes=(".npz",), magic=_NPZ_MAGIC))


def check_plain_numbers(dtype: np.dtype, source: str) -> None:
    """Raise `DataError` unless the dtype is boolean, integer or floating point."""
    if dtype.hasobject:
        raise DataError(
            f"{source} holds Python objects, which only unpickling could read and Isthmus never "
            "unpickles: save it again as plain numbers, e.g. with array.astype(float)."
        )
    if dtype.kind not in "biuf":
        kinds = {"c": "complex numbers", "V": "records with fields", "M": "dates", "m": "durations"}
        found = kinds.get(dtype.kind, "text")
        raise DataError(
            f"{source} holds {found} ({dtype}), not plain numbers: save it again as integers or "
            "floats."
        )


def _read_header(file: IO[bytes], source: str) -> ArrayHeader:
    start = file.read(len(_NPY_MAGIC))
    if start != _NPY_MAGIC:
        raise DataError(
            f"{source} is not a .npy file: it starts with {start!r} instead of {_NPY_MAGIC!r}, "
            "so check what it is and give it the right suffix."
        )
    version = file.read(2)
    readers = {
        b"\x01\x00": np.lib.format.read_array_header_1_0,
        b"\x02\x00": np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise DataError(
            f"{source} has a .npy header of version {'.'.join(map(str, version))}, expected 1.0 "
            "or 2.0: save it again with numpy.save as plain numbers."
        )
    shape, fortran_order, dtype = readers[version](file)
    check_plain_numbers(dtype, source)
    if any(size < 0 for size in shape):
        raise DataError(f"{source} claims a negative size, {shape}: {_REMEDY}.")
    return ArrayHeader(shape, dtype, file.tell(), fortran_order)


def _choose(archive: zipfile.ZipFile, source: str) -> zipfile.ZipInfo:
    members = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
    if "shape" in members and "format" in members:
        raise DataError(
            f"{source} holds a sparse matrix, as scipy.sparse.save_npz writes it, expected a dense "
            "array: load it with scipy.sparse.load_npz, and give or save its .toarray()."
        )
    if len(members) == 1:
        return next(iter(members.values()))
    usual = next((name for name in _USUAL_NAMES if name in members), None)
    if usual is not None:
        return members[usual]
    if not members:
        raise DataError(f"{source} holds no array: save one with numpy.savez(file, X=array).")
    names = ", ".join(map(repr, list(members)[:8])) + (", …" if len(members) > 8 else "")
    raise DataError(
        f"{source} holds {len(members)} arrays, {names}, expected one or one that is named 'X': "
        "save the wanted one alone, e.g. with numpy.savez(file, X=array)."
    )


def _check_packing(member: zipfile.ZipInfo, named: str, path: Path) -> None:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{named} is packed in a way that NumPy does not use: save it with numpy.savez."
        )
    check_claim(named, member.file_size, path)


def _write(file: IO[bytes], chunks: Iterable[np.ndarray]) -> int:
    return write_array(file, chunks, _write_header, "=")


def _write_header(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"shape": shape, "fortran_order": False, "descr": dtype.str}
    )
