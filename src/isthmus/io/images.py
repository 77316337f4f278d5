"""A folder of images, all of one size, read from disk as they are used."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from PIL import Image

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, RowGroup, Schema
from isthmus.io.failures import refusing

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")

_GROUP_IMAGES = 64

CHUNK_BYTES = 256 * 2**20
"""A chunk of images is kept below this many bytes, however many rows are asked for."""

# What each of Pillow's modes is read as: the mode to convert to, the channels, the dtype.
_READ_AS: dict[str, tuple[str, int, str]] = {
    "1": ("L", 1, "uint8"),
    "L": ("L", 1, "uint8"),
    "P": ("RGB", 3, "uint8"),
    "RGB": ("RGB", 3, "uint8"),
    "CMYK": ("RGB", 3, "uint8"),
    "YCbCr": ("RGB", 3, "uint8"),
    "LA": ("RGBA", 4, "uint8"),
    "PA": ("RGBA", 4, "uint8"),
    "RGBA": ("RGBA", 4, "uint8"),
    "I;16": ("I;16", 1, "uint16"),
    "I;16B": ("I;16B", 1, "uint16"),
}
_KINDS = {"L": "grey", "I;16": "16-bit grey", "I;16B": "16-bit grey"}


@final
class ImageFolder(Dataset):
    """Image files of one size and one kind, each a row ``(height, width[, channels])``.

    Parameters
    ----------
    path : Path
        The folder; files that are hidden or not images are passed over.
    paths : sequence of Path, optional
        The images themselves, in the order of the rows, if not all of the folder's.
    """

    def __init__(self, path: Path, paths: Sequence[Path] | None = None) -> None:
        self.source = str(path)
        if paths is None:
            with refusing(self.source, "a folder of images", DataError):
                paths = files_with_suffix(path, IMAGE_SUFFIXES)
        if not paths:
            raise DataError(
                f"{path} is a folder without images: put PNG or JPEG files into it, or name a file."
            )
        self.n_rows = len(paths)
        self._paths = tuple(paths)
        size, mode = self._look(paths[0])
        for path in paths[1:]:
            self._compare(path, size, mode)
        _, channels, dtype = _READ_AS[mode]
        shape = (size[1], size[0]) if channels == 1 else (size[1], size[0], channels)
        self.schema = Schema(None, (dtype,), shape)

    def chunks(self, n_rows: int = CHUNK_ROWS) -> Iterator[np.ndarray]:
        """Yield the rows in order, at most `n_rows` at a time, fewer if they are large."""
        return self._read(self._paths, n_rows)

    def row_groups(self) -> Sequence[RowGroup]:
        """Give a few images at a time."""
        return [
            RowGroup(start, len(paths), partial(self._read, paths))
            for start in range(0, self.n_rows, _GROUP_IMAGES)
            for paths in [self._paths[start : start + _GROUP_IMAGES]]
        ]

    def _read(self, paths: Sequence[Path], n_rows: int) -> Iterator[np.ndarray]:
        dtype = np.dtype(self.schema.dtypes[0])
        row_bytes = max(1, self.schema.n_features * dtype.itemsize)
        step = min(n_rows, max(1, CHUNK_BYTES // row_bytes))
        for start in range(0, len(paths), step):
            some = paths[start : start + step]
            chunk = np.empty((len(some), *self.schema.row_shape), dtype)
            for row, path in zip(chunk, some, strict=True):
                row[...] = self._pixels(path)
            yield chunk

    def _look(self, path: Path) -> tuple[tuple[int, int], str]:
        with _opened(path) as image:
            size, mode = image.size, image.mode
        if mode not in _READ_AS:
            raise DataError(
                f"{path} is an image of mode {mode!r}, expected grey, RGB or RGBA: convert it."
            )
        return size, mode

    def _compare(self, path: Path, size: tuple[int, int], mode: str) -> None:
        found_size, found_mode = self._look(path)
        if found_size != size:
            raise DataError(
                f"The images of {self.source} differ in size: {self._paths[0].name} has "
                f"{size[0]} × {size[1]} pixels and {path.name} {found_size[0]} × {found_size[1]}, "
                "so resize or crop them to one size first."
            )
        expected, found = _READ_AS[mode], _READ_AS[found_mode]
        if found[1:] != expected[1:]:
            raise DataError(
                f"The images of {self.source} differ in kind: {self._paths[0].name} is "
                f"{_KINDS.get(expected[0], expected[0])} and {path.name} is "
                f"{_KINDS.get(found[0], found[0])}, so convert them to one kind first."
            )

    def _pixels(self, path: Path) -> np.ndarray:
        with _opened(path) as image:
            mode = _READ_AS[image.mode][0] if image.mode in _READ_AS else image.mode
            pixels = np.asarray(image if image.mode == mode else image.convert(mode))
        if pixels.shape != self.schema.row_shape:
            raise DataError(
                f"{path} has changed since {self.source} was opened: open the folder again."
            )
        return pixels


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    with refusing(str(path), "a PNG or JPEG image", DataError), warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as image:
                yield image
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise DataError(
                f"{path} claims more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels, more than "
                "Isthmus unpacks: make the image smaller or leave it out."
            ) from error
        except Image.UnidentifiedImageError as error:
            raise DataError(
                f"{path} is not a PNG or JPEG image, or is cut off in its header: "
                "fetch it again, convert it, or leave it out."
            ) from error


def files_with_suffix(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """List the files of a folder that end so and are not hidden, in natural order."""
    found = (
        file
        for file in folder.iterdir()
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
    )
    return sorted(found, key=natural_order)


def natural_order(path: Path) -> list[tuple[int, int | str]]:
    """Give the sorting key that puts ``2.png`` before ``10.png``.

    Examples
    --------
    >>> sorted([Path("10.png"), Path("2.png"), Path("b.png")], key=natural_order)[0].name
    '2.png'
    """
    parts = re.split(r"(\d+)", str(path))
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts if part]
