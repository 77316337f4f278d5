"""Images: folders and files of them, read and written."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus import DataError, DataWarning
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


ARROW = np.array([[9, 9, 9, 9], [9, 1, 1, 1], [9, 5, 5, 5]], np.uint8)
# How the arrow lies in a file that says so, as the standard of EXIF counts.
LYING = {
    1: ARROW,
    2: ARROW[:, ::-1],
    3: ARROW[::-1, ::-1],
    4: ARROW[::-1],
    5: ARROW.T,
    6: np.rot90(ARROW),
    7: ARROW[::-1, ::-1].T,
    8: np.rot90(ARROW, -1),
}


def turned(orientation):
    tag = Image.Exif()
    tag[0x0112] = orientation
    return tag


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("orientation", LYING)
def test_pictures_are_read_upright(tmp_path: Path, orientation, suffix):
    lying = np.kron(LYING[orientation], np.ones((8, 8), np.uint8)) * 25
    Image.fromarray(lying).save(
        tmp_path / f"a.{suffix}", exif=turned(orientation), **{"quality": 100}
    )
    dataset = read(tmp_path)
    assert dataset.schema.row_shape == (24, 32)
    middles = dataset.to_memory()[0, 4::8, 4::8]
    np.testing.assert_allclose(middles, ARROW * 25.0, atol=3)


def test_pictures_of_one_upright_size_go_together(tmp_path: Path):
    Image.fromarray(ARROW).save(tmp_path / "0.png")
    Image.fromarray(np.rot90(ARROW).copy()).save(tmp_path / "1.png", exif=turned(6))
    first, second = rows_of(tmp_path)
    np.testing.assert_array_equal(first, second)


def test_metadata_behind_the_pixels_count_and_damaged_ones_do_not(tmp_path: Path):
    Image.fromarray(ARROW).save(tmp_path / "a.png")
    content, tag = (tmp_path / "a.png").read_bytes(), turned(6).tobytes()[6:]
    body = b"eXIf" + tag
    chunk = struct.pack(">I", len(tag)) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "a.png").write_bytes(content[:-12] + chunk + content[-12:])
    assert read(tmp_path / "a.png").schema.row_shape == (4, 3)
    Image.fromarray(ARROW).save(tmp_path / "b.jpg", exif=b"Exif\0\0nonsense")
    assert read(tmp_path / "b.jpg").schema.row_shape == (3, 4)


def test_a_transparent_palette_keeps_what_is_transparent(tmp_path: Path):
    Image.fromarray(ARROW).convert("P").save(tmp_path / "a.png", transparency=9)
    (pixels,) = rows_of(tmp_path)
    np.testing.assert_array_equal(pixels[..., 3] == 0, ARROW == 9)


def sixteen_bit_colour(path: Path):
    def chunk(name, body):
        checksum = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(26)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))


def animation(path: Path):
    other = Image.fromarray(ARROW[::-1].copy())
    Image.fromarray(ARROW).save(path, save_all=True, append_images=[other])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (sixteen_bit_colour, r"a\.png has 16 bits in each of several channels, of which only 8"),
        (animation, r"a\.png is an animation of 2 pictures, expected one"),
    ],
)
def test_what_would_lose_something_is_refused(tmp_path: Path, make, sentence):
    make(tmp_path / "a.png")
    with pytest.raises(DataError, match=sentence):
        read(tmp_path)


def test_what_a_folder_is_read_without_is_named(tmp_path: Path):
    for name in ("0.png", "sub/0.png", "other/deep/0.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(ARROW).save(tmp_path / name)
    for name in ("a.tif", "b.TIF", "c.webp", "labels", ".hidden", "Thumbs.db", ".DS_Store"):
        (tmp_path / name).write_text("something")
    (tmp_path / "empty").mkdir()
    with pytest.warns(DataWarning) as told:
        assert read(tmp_path).n_rows == 1
    assert len(told) == 1
    assert (
        "was read without 2 .tif files, 1 .webp file, 1 file without a suffix and 2 subfolders "
        "with files of such a kind ('other', …): of a folder only its own .png, .jpg, .jpeg files"
    ) in str(told[0].message)
    assert read(tmp_path / "**" / "*.png").n_rows == 3


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.tif", "has only 1 .tif file: convert them, or name those of subfolders"),
        ("cat/0.png", r"has only the subfolder 'cat' with files of such a kind: .*\*/\*\.png'"),
    ],
)
def test_a_folder_without_images_of_its_own_tells_what_it_holds(tmp_path: Path, name, sentence):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("something")
    with pytest.raises(DataError, match=sentence):
        read(tmp_path)
