"""One image file: what it is, and its pixels as every viewer shows them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from PIL import Image

from isthmus.errors import DataError
from isthmus.io.failures import refusing

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

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")


class ImageKind(NamedTuple):
    """What must be the same of all images that are read together.

    Attributes
    ----------
    shape : tuple of int
        ``(height, width)`` or ``(height, width, channels)`` of the upright picture.
    dtype : str
        "uint8" or "uint16".
    name : str
        What messages call it: "grey", "RGB", …
    """

    shape: tuple[int, ...]
    dtype: str
    name: str


def image_kind(path: Path) -> ImageKind:
    """Find out what an image file holds, without its pixels.

    Raises
    ------
    DataError
        It is no image, or one that cannot be read as it is.
    """
    # A filter holds for all threads, so none is set where pixels are read, which a thread may do.
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _opened(path) as image:
            _refuse_what_would_be_lost(image, path)
            mode, channels, dtype = _read_as(image)
            width, height = image.size
            if _orientation(image, path) in _SIDEWAYS:
                width, height = height, width
    shape = (height, width) if channels == 1 else (height, width, channels)
    return ImageKind(shape, dtype, _KINDS.get(mode, mode))


def pixels_of(path: Path) -> np.ndarray:
    """Read an image upright: ``(height, width)`` or ``(height, width, channels)``."""
    with _opened(path) as image:
        turn = _TURNS.get(_orientation(image, path))
        mode = _read_as(image)[0] if image.mode in _READ_AS else image.mode
        converted = image if image.mode == mode else image.convert(mode)
        return np.asarray(converted if turn is None else converted.transpose(turn))


def _read_as(image: Image.Image) -> tuple[str, int, str]:
    found = _READ_AS[image.mode]
    # A palette, or a single colour, may be transparent too.
    return _READ_AS["RGBA"] if image.has_transparency_data and found[2] == "uint8" else found


def _refuse_what_would_be_lost(image: Image.Image, path: Path) -> None:
    if image.mode not in _READ_AS:
        raise DataError(
            f"{path} is an image of mode {image.mode!r}, expected grey, RGB or RGBA: convert it."
        )
    if image.format != "PNG":
        return  # what a camera puts behind the picture in a JPEG file is a preview of it
    n_frames = getattr(image, "n_frames", 1)
    if n_frames > 1:
        raise DataError(
            f"{path} is an animation of {n_frames} pictures, expected one: save the wanted ones as "
            "files of their own."
        )
    depth = _raw_mode(image)
    if "16" in depth and _READ_AS[image.mode][2] != "uint16":
        raise DataError(
            f"{path} has 16 bits in each of several channels, of which only 8 can be read: convert "
            "it to 8 bits, or save all images as one array (.npy)."
        )


def _raw_mode(image: Image.Image) -> str:
    """Give how Pillow unpacks the file: "RGB;16B" where an image of mode "RGB" has 16 bits."""
    tiles = getattr(image, "tile", None) or [("", None, 0, "")]
    arguments = tiles[0][3]
    return arguments if isinstance(arguments, str) else str(arguments[0])


def _orientation(image: Image.Image, path: Path) -> int:
    """Give how the camera was held, from 1 to 8 as EXIF counts."""
    if image.format == "PNG" and "exif" not in image.info and not _has_metadata(path):
        return 1  # Pillow would look for it behind the pixels, and unpack them for that
    try:
        found = image.getexif().get(_ORIENTATION)
    except Exception:  # damaged metadata, which every viewer ignores too
        return 1
    return found if isinstance(found, int) and found in _TURNS else 1


def _has_metadata(path: Path) -> bool:
    """Tell whether a PNG file has a chunk of metadata, before the pixels or after them."""
    with path.open("rb") as file:
        return any(name in _PNG_METADATA for name in _chunk_names(file))


def _chunk_names(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(len(_PNG_MAGIC))
    while len(head := file.read(8)) == 8:
        yield head[4:]
        file.seek(int.from_bytes(head[:4], "big") + 4, 1)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    with refusing(str(path), "a PNG or JPEG image", DataError):
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
