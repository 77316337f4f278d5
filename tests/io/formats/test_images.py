"""Images: folders and files of them, read and written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus import DataError
from isthmus.io import Schema, read, write

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def rows_of(path: Path):
    return read(path).to_memory()


def test_images_come_in_natural_order(tmp_path: Path):
    for number in (10, 9, 1, 2):
        Image.fromarray(np.full((2, 2), number, np.uint8)).save(tmp_path / f"{number}.PNG")
    (tmp_path / ".hidden.png").write_text("not an image")
    assert rows_of(tmp_path)[:, 0, 0].tolist() == [1, 2, 9, 10]
    assert rows_of(tmp_path / "1*.PNG")[:, 0, 0].tolist() == [1, 10]


@pytest.mark.parametrize(
    ("mode", "shape", "dtype"),
    [
        ("1", (2, 3), "uint8"),
        ("L", (2, 3), "uint8"),
        ("P", (2, 3, 3), "uint8"),
        ("RGB", (2, 3, 3), "uint8"),
        ("LA", (2, 3, 4), "uint8"),
        ("RGBA", (2, 3, 4), "uint8"),
        ("I;16", (2, 3), "uint16"),
    ],
)
def test_every_kind_of_image_has_its_shape(tmp_path: Path, mode, shape, dtype):
    Image.new(mode, (3, 2), 1).save(tmp_path / "a.png")
    dataset = read(tmp_path)
    assert dataset.schema == Schema(None, (dtype,), shape)
    assert dataset.to_memory().shape == (1, *shape)
    assert dataset.to_memory().dtype == dtype


def test_jpeg_images_are_read(tmp_path: Path):
    Image.new("RGB", (8, 8), (255, 0, 0)).save(tmp_path / "a.jpeg")
    assert read(tmp_path).schema.row_shape == (8, 8, 3)


def test_a_large_image_chunk_is_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("isthmus.io.formats.images.CHUNK_BYTES", 10)
    for name in "abc":
        Image.new("L", (2, 2)).save(tmp_path / f"{name}.png")
    assert [len(chunk) for chunk in read(tmp_path).chunks()] == [2, 1]


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        IMAGES.astype(np.uint16) * 1000,
        np.repeat(IMAGES[..., None], 3, axis=3),
        np.repeat(IMAGES[..., None], 4, axis=3),
    ],
    ids=["grey", "16-bit", "RGB", "RGBA"],
)
def test_images_come_back_from_a_folder(tmp_path: Path, images: np.ndarray):
    assert write(tmp_path / "out", iter([images[:2], images[2:]])) == 3
    assert sorted(os.listdir(tmp_path / "out")) == ["00000.png", "00001.png", "00002.png"]
    found = rows_of(tmp_path / "out")
    assert found.dtype == images.dtype
    np.testing.assert_array_equal(found, images)


def test_a_folder_is_replaced_only_when_allowed(tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    write(out, IMAGES)
    with pytest.raises(DataError, match="is a folder with files in it: choose another name"):
        write(out, IMAGES)
    write(out, IMAGES[:1], overwrite=True)
    assert os.listdir(out) == ["00000.png"]
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds thesis\.txt, which is no PNG image"):
        write(out, IMAGES, overwrite=True)
    assert os.listdir(tmp_path) == ["out"]
