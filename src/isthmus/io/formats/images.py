"""Images of one size, each a file, read from disk as they are used."""

from __future__ import annotations

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
from isthmus.io.formats.base import Format
from isthmus.io.formats.chunks import uniform
from isthmus.io.formats.registry import register
from isthmus.io.paths import files_with_suffix

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
class ImageFormat(Format):
    """Images of one size: PNG and JPEG are read, and a folder of PNG is written."""

    def open(self, path: Path) -> Dataset:
        return ImageFiles([path], str(path))

    def open_several(self, paths: Sequence[Path], source: str) -> Sequence[Dataset]:
        return [ImageFiles(paths, source)]

    def open_folder(self, path: Path) -> Dataset | None:
        paths = files_with_suffix(path, self.reads)
        return ImageFiles(paths, str(path)) if paths else None

    def check(self, target: Path, schema: Schema) -> None:
        channels = schema.row_shape[2:]
        grey = len(schema.row_shape) == 2 or channels == (1,)
        colour = channels in ((3,), (4,)) and schema.dtypes[0] == "uint8"
        if schema.names is not None or not (
            (grey and schema.dtypes[0] in ("uint8", "uint16")) or colour
        ):
            raise DataError(
                f"{target} would be a folder of PNG images, but the rows are {schema}, not uint8 "
                "or uint16 images: add a suffix such as .npy or .csv."
            )

    def check_place(self, target: Path, overwrite: bool) -> None:
        if not target.exists():
            return
        if not target.is_dir():
            raise DataError(
                f"{target} is a file, expected a folder for images: add a suffix or choose "
                "another name."
            )
        inside = [file.name for file in target.iterdir()]
        if inside and not overwrite:
            raise DataError(
                f"{target} is a folder with files in it: choose another name, or allow overwriting."
            )
        foreign = next((name for name in inside if not name.lower().endswith(".png")), None)
        if foreign is not None:
            raise DataError(
                f"{target} holds {foreign}, which is no PNG image, so it is not replaced: "
                "choose another folder."
            )

    def write(self, path: Path, chunks: Iterator[np.ndarray]) -> int:
        """Write ``00000.png`` and so on into a new folder."""
        path.mkdir()
        number = 0
        for chunk in uniform(chunks):
            for row in chunk:
                pixels = row[..., 0] if row.ndim == 3 and row.shape[2] == 1 else row
                Image.fromarray(np.ascontiguousarray(pixels)).save(path / f"{number:05}.png")
                number += 1
        return number


register(ImageFormat(name="images", reads=(".png", ".jpg", ".jpeg"), writes=("",), folder="images"))


@final
class ImageFiles(Dataset):
    """Image files of one size and one kind, each a row ``(height, width[, channels])``.

    Parameters
    ----------
    paths : sequence of Path
        The images, in the order of the rows.
    source : str
        What messages call them: their folder, or the pattern that found them.
    """

    def __init__(self, paths: Sequence[Path], source: str) -> None:
        self.source = source
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
