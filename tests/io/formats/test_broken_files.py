from __future__ import annotations

import gzip
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import feather, parquet

from isthmus.errors import DataError
from isthmus.io import read
from isthmus.io.formats.idx import idx_header

NOISE = np.random.default_rng(0).integers(0, 256, (30, 30), np.uint8)

Maker = Callable[[Path], Path]


def content(name: str, data: bytes) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def text(name: str, lines: str) -> Maker:
    return content(name, lines.encode())


def cut(name: str, keep: int = -9) -> Maker:
    def make(folder: Path) -> Path:
        make_valid(folder / name)
        (folder / name).write_bytes((folder / name).read_bytes()[:keep])
        return folder / name

    return make


def make_valid(path: Path) -> None:
    table = pa.table({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"]})
    array = np.arange(12, dtype=np.float32).reshape(4, 3)
    idx = idx_header(array.shape, array.dtype) + array.astype(">f4").tobytes()
    makers: dict[str, Callable[[], object]] = {
        ".parquet": lambda: parquet.write_table(table, path),
        ".feather": lambda: feather.write_feather(table, str(path)),
        ".npy": lambda: np.save(path, array),
        ".npz": lambda: np.savez(path, array),
        ".idx": lambda: path.write_bytes(idx),
        ".gz": lambda: path.write_bytes(gzip.compress(idx)),
        ".png": lambda: Image.fromarray(NOISE).save(path),
    }
    makers[path.suffix]()


def arrays(name: str, **named: np.ndarray) -> Maker:
    def make(folder: Path) -> Path:
        np.savez(folder / name, **named)  # pyright: ignore[reportArgumentType]
        return folder / name

    return make


def array(values: np.ndarray) -> Maker:
    def make(folder: Path) -> Path:
        np.save(folder / "a.npy", values, allow_pickle=True)
        return folder / "a.npy"

    return make


def huge_npy(folder: Path) -> Path:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**9)}
    )
    (folder / "a.npy").write_bytes(header.getvalue())
    return folder / "a.npy"


def huge_npz(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        archive.write(huge_npy(folder), "X.npy")
    data = (folder / "a.npz").read_bytes()
    size = struct.pack("<I", (folder / "a.npy").stat().st_size)
    (folder / "a.npz").write_bytes(data.replace(size, struct.pack("<I", 4 * 10**9)))
    return folder / "a.npz"


def images(**made: tuple[str, tuple[int, int]]) -> Maker:
    def make(folder: Path) -> Path:
        for name, (mode, size) in made.items():
            Image.new(mode, size).save(folder / f"{name}.png")
        return folder

    return make


def bomb(folder: Path) -> Path:
    Image.new("L", (2, 2)).save(folder / "a.png")
    data = (folder / "a.png").read_bytes()
    header = b"IHDR" + struct.pack(">II", 10**5, 10**5) + data[24:29]
    checksum = struct.pack(">I", zlib.crc32(header))
    (folder / "a.png").write_bytes(data[:12] + header + checksum + data[33:])
    return folder


def cut_image_in_folder(folder: Path) -> Path:
    cut("a.png", -300)(folder)
    return folder


def tables(**made: pa.Table) -> Maker:
    def make(folder: Path) -> Path:
        for name, table in made.items():
            parquet.write_table(table, folder / f"{name}.parquet")
        return folder / "*.parquet"

    return make


def repeated_parquet(folder: Path) -> Path:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    parquet.write_table(table, folder / "a.parquet")
    return folder / "a.parquet"


def npz_of_objects(folder: Path) -> Path:
    np.savez(folder / "a.npz", X=np.array([{}, None], object), allow_pickle=True)
    return folder / "a.npz"


IDX = idx_header((4, 3), np.dtype("uint8"))
CASES: dict[str, tuple[Maker, str]] = {
    "missing file": (lambda f: f / "no.csv", r"no\.csv does not exist: check the spelling"),
    "missing folder": (lambda f: f / "no" / "a.csv", "does not exist"),
    "pattern without a match": (lambda f: f / "*.csv", r"\*\.csv matches no file: check"),
    "empty file": (content("a.csv", b""), r"a\.csv is empty \(0 bytes\): fetch or write it again"),
    "empty parquet": (content("a.parquet", b""), r"is empty \(0 bytes\)"),
    "empty png": (content("a.png", b""), r"is empty \(0 bytes\)"),
    "header only": (text("a.csv", "x,y\n"), "has a header but no rows: give a file with rows"),
    "parquet without rows": (tables(a=pa.table({"a": pa.array([], "int64")})), "but no rows"),
    "npy without rows": (array(np.empty((0, 3))), "but no rows"),
    "unknown suffix": (
        text("a.docx", "hello"),
        r"suffix '\.docx' .* one of \.arrow, \.csv, \.csv\.gz, .* or a folder of images or",
    ),
    "no suffix": (text("a", "hello there"), "has no suffix and a content that is not recognised"),
    "gz of something": (content("a.gz", gzip.compress(b"hello")), "suffix '.gz' .* not recogn"),
    "ragged csv": (
        text("a.csv", "x,y,z\n1,2,3\n4,5\n"),
        r"has 2 cells in row 2, expected 3 as in its header: mend that row",
    ),
    "long row in tsv": (text("a.tsv", "x\ty\n1\t2\t3\n"), "has 3 cells in row 1, expected 2"),
    "repeated columns": (text("a.csv", "x,y,x\n1,2,3\n"), "more than one column named 'x'"),
    "repeated columns in parquet": (repeated_parquet, "more than one column named 'a'"),
    "blank csv": (text("a.csv", "\n\n"), "has no header: put the column names"),
    "csv without header": (
        text("a.csv", "5.1,3.5\n4.9,3.0\n"),
        "has numbers such as 5.1, 3.5 in its",
    ),
    "latin-1 csv": (content("a.csv", b"x,y\n1,caf\xe9\n"), "not UTF-8 text in line 2: save"),
    "latin-1 header": (content("a.csv", b"caf\xe9,y\n1,2\n"), "not UTF-8 text in line 1: save"),
    "utf-16 csv": (content("a.csv", "x,y\n1,2\n".encode("utf-16")), "is UTF-16 text: save it"),
    "cut csv.gz": (
        content("a.csv.gz", gzip.compress(b"x,y\n" + b"1,2\n" * 99)[:-12]),
        "could not be read as comma-separated text .truncated compressed stream",
    ),
    "cut parquet": (cut("a.parquet"), r"a\.parquet is cut off: it does not end as"),
    "cut feather": (cut("a.feather"), r"a\.feather is cut off: it does not end as"),
    "cut npy": (
        cut("a.npy"),
        "is cut off: its header promises 4 × 3 numbers of type float32 in 48 bytes, "
        "but 39 bytes follow",
    ),
    "cut npy header": (cut("a.npy", 20), "could not be read as a .npy file"),
    "long npy": (
        lambda f: content("a.npy", array(np.eye(2))(f).read_bytes() + b"more")(f),
        "is longer than its header says: its header promises 2 × 2 numbers",
    ),
    "cut npz": (cut("a.npz"), r"is not a complete \.npz file"),
    "cut idx": (cut("a.idx"), "is cut off: its header promises 4 × 3 numbers"),
    "cut idx header": (content("a.idx", IDX[:9]), "is cut off inside its header"),
    "long idx": (content("a.idx", IDX + b"x" * 20), "is longer than its header says"),
    "cut idx.gz": (cut("a.idx.gz"), "is cut off or damaged inside its gzip packing"),
    "short idx.gz": (content("a.idx.gz", gzip.compress(IDX + b"x")), "is cut off: its header"),
    "long idx.gz": (content("a.idx.gz", gzip.compress(IDX + b"x" * 13)), "longer than its header"),
    "huge idx": (content("a.idx", b"\0\0\x0e\x03" + b"\xff" * 12), "is cut off: its header"),
    "huge idx.gz": (
        content("a.idx.gz", gzip.compress(b"\0\0\x0e\x03" + b"\xff" * 12)),
        "more than a file of 26 bytes can hold",
    ),
    "huge npy": (huge_npy, "is cut off: its header promises 1000000000 × 1000000000 numbers"),
    "huge npz": (huge_npz, "array 'X' claims 4,000,000,000 bytes, more than a file of"),
    "no parquet": (text("a.parquet", "hello there"), "is not a parquet file: it starts with b'he"),
    "no feather": (text("a.feather", "hello there"), "is not a feather .arrow. file: it starts"),
    "no npy": (text("a.npy", "hello there"), r"is not a \.npy file: it starts with b'hello '"),
    "no npz": (text("a.npz", "hello there"), r"is not a complete \.npz file"),
    "no idx": (text("a.idx", "hello there"), "is not an IDX file: it starts with b'hell'"),
    "no image": (
        text("a.png", "hello there"),
        r"a\.png is not a PNG or JPEG image, or is cut off in",
    ),
    "objects": (
        array(np.array([{}, None], object)),
        "holds Python objects, which only unpickling could read and Isthmus never unpickles: "
        "save it again as plain numbers",
    ),
    "objects in npz": (npz_of_objects, "array 'X' holds Python objects"),
    "text array": (array(np.array(["a"])), "holds text .<U1., not plain numbers"),
    "complex array": (array(np.array([1j])), "holds complex numbers .complex128., not plain"),
    "records": (array(np.zeros(2, [("a", "i4")])), "holds records with fields"),
    "dates": (array(np.zeros(2, "M8[s]")), "holds dates"),
    "single number": (array(np.array(3.0)), "holds a single number: give an array with rows"),
    "several arrays": (
        arrays("a.npz", p=np.eye(2), q=np.eye(2)),
        "holds 2 arrays, 'p', 'q', expected one or one that is named 'X': save the wanted one",
    ),
    "npz without arrays": (arrays("a.npz"), "holds no array: save one"),
    "image sizes": (
        images(**{"1": ("L", (2, 3)), "2": ("L", (2, 3)), "3": ("L", (4, 3))}),
        r"differ in size: 1\.png has 2 × 3 pixels and 3\.png 4 × 3, so resize or crop",
    ),
    "image kinds": (
        images(a=("L", (2, 2)), b=("RGB", (2, 2))),
        r"differ in kind: a\.png is grey and b\.png is RGB, so convert them",
    ),
    "cut image": (cut_image_in_folder, r"a\.png could not be read as a PNG or JPEG image \(image"),
    "too many pixels": (bomb, "claims more than .* pixels"),
    "folder without images": (
        lambda f: f,
        "is a folder without images or parquet files: put some into",
    ),
    "parts with other columns": (
        tables(a=pa.table({"x": [1], "y": [1]}), b=pa.table({"x": [1]})),
        r"b\.parquet has no column 'y', unlike .*a\.parquet: files that are read together",
    ),
    "parts with more columns": (
        tables(a=pa.table({"x": [1]}), b=pa.table({"x": [1], "y": [1]})),
        r"b\.parquet has a column 'y', unlike",
    ),
    "parts in another order": (
        tables(a=pa.table({"x": [1], "y": [1]}), b=pa.table({"y": [1], "x": [1]})),
        r"b\.parquet has the same columns in another order than",
    ),
    "parts with other types": (
        tables(a=pa.table({"x": [1]}), b=pa.table({"x": ["1"]})),
        r"b\.parquet has string in column 'x', not int64 like .*a\.parquet",
    ),
}


def sentence_of(make: Maker, folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        list(read(make(folder)).chunks())
    return str(caught.value)


@pytest.mark.parametrize(("make", "sentence"), CASES.values(), ids=CASES)
def test_every_broken_file_has_its_sentence(make: Maker, sentence: str, tmp_path: Path):
    found = sentence_of(make, tmp_path)
    assert re.search(sentence, found)
    assert str(tmp_path) in found
    assert "\n" not in found
    assert found.endswith(".")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_an_unreadable_file_has_its_sentence(tmp_path: Path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "a.csv").chmod(0)
    with pytest.raises(DataError, match="permission is denied"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("method", ["open", "iterdir"])
def test_a_refusal_of_the_system_has_its_sentence(tmp_path, monkeypatch, method):
    def refuse(*_: object, **__: object):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.npy").write_text("x")
    monkeypatch.setattr(Path, method, refuse)
    path = tmp_path / "a.npy" if method == "open" else tmp_path
    with pytest.raises(DataError, match="could not be read, because permission is denied"):
        read(path)


def test_no_file_at_all_has_its_sentence():
    with pytest.raises(DataError, match="No file is named"):
        read([])
