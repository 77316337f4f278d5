"""Files of kinds that Isthmus does not read, and files called by another suffix than theirs."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from isthmus import DataError
from isthmus.io import read


def zipped(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "<a/>")
    return file.getvalue()


WORKBOOK = zipped("[Content_Types].xml", "xl/workbook.xml")
FOREIGN = {
    "a.xlsx": (WORKBOOK, "is an Excel workbook, .* save the sheet as .csv or .parquet"),
    "b.xlsx": (WORKBOOK[:90], "is a damaged workbook, .* fetch it again"),
    "a.csv": (WORKBOOK, "is an Excel workbook"),
    "a.npz": (WORKBOOK, "is an Excel workbook"),
    "a": (WORKBOOK, "is an Excel workbook"),
    "a.ods": (zipped("mimetype", "content.xml"), "is a LibreOffice workbook"),
    "a.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), "is an old or encrypted Excel"),
    "a.zip": (zipped("rows.csv"), "is a zip archive that holds 'rows.csv', .* unpack it"),
    "a.tif": (b"II*\0" + bytes(9), "is a TIFF image, .* convert it to PNG"),
    "b.png": (b"GIF89a" + bytes(9), "is a GIF image"),
    "b.jpg": (b"RIFF\0\0\0\0WEBPVP8 ", "is a WebP image"),
    "b.h5": (b"\x89HDF\r\n\x1a\n" + bytes(9), "is an HDF5 file, .* give one variable"),
    "b.nc": (b"CDF\x02" + bytes(9), "is a netCDF 3 file, .* give one variable"),
    "b.pkl": (pickle.dumps(np.ones(3)), "is a Python pickle"),
    "b.csv": (b"<!DOCTYPE html><html>", "is a web page, not the data, .* fetch the file"),
    "b.npy": (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
    "b.tsv": (gzip.compress(b"a\tb\n1\t2\n"), "is a file packed with gzip"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_a_foreign_file_is_and_what_to_do_is_told(tmp_path: Path, name):
    content, sentence = FOREIGN[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["rows.csv", "rows.npy", "rows.feather"])
def test_a_file_with_the_suffix_of_another_format_is_told_by_its_content(tmp_path: Path, name):
    parquet.write_table(pa.table({"a": [1, 2]}), tmp_path / name)
    with pytest.raises(DataError, match=r"content is that of a \.parquet file: give it"):
        read(tmp_path / name)


@pytest.mark.parametrize("header", ["bmi,age", "orc,elf", "gif87,b", "obj,b"])
def test_a_header_of_like_letters_is_a_table(tmp_path: Path, header):
    (tmp_path / "a.csv").write_text(f"{header}\n1,2\n3,4\n")
    assert read(tmp_path / "a.csv").n_rows == 2
