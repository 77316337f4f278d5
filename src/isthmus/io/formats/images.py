"""Images of one size, each a file, read from disk as they are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
from PIL import Image

from isthmus.errors import DataError
from isthmus.io.dataset import CHUNK_ROWS, Dataset, RowGroup, Schema
from isthmus.io.formats.base import Format
from isthmus.io.formats.chunks import uniform
from isthmus.io.formats.one_image import ImageKind, image_kind, pixels_of
from isthmus.io.formats.registry import register
from isthmus.io.paths import files_with_suffix

_GROUP_IMAGES = 64

CHUNK_BYTES = 256 * 2**20
"""A chunk of images is kept below this many bytes, however many rows are asked for."""


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
        kind = image_kind(paths[0])
        for path in paths[1:]:
            self._compare(path, kind)
        self.schema = Schema(None, (kind.dtype,), kind.shape)

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

    def _compare(self, path: Path, kind: ImageKind) -> None:
        found = image_kind(path)
        if found.shape[:2] != kind.shape[:2]:
            raise DataError(
                f"The images of {self.source} differ in size: {self._paths[0].name} has "
                f"{_size(kind)} pixels and {path.name} {_size(found)}, "
                "so resize or crop them to one size first."
            )
        if found != kind:
            raise DataError(
                f"The images of {self.source} differ in kind: {self._paths[0].name} is "
                f"{kind.name} and {path.name} is {found.name}, so convert them to one kind first."
            )

    def _pixels(self, path: Path) -> np.ndarray:
        pixels = pixels_of(path)
        if pixels.shape != self.schema.row_shape:
            raise DataError(
                f"{path} has changed since {self.source} was opened: open the folder again."
            )
        return pixels


def _size(kind: ImageKind) -> str:
    height, width = kind.shape[:2]
    return f"{width} × {height}"
