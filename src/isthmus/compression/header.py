"""What an archive says of itself before its blocks, as JSON that is written in one way only."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.compression.codec import Codec
from isthmus.compression.numbers import check_dtype, numbers_dtype
from isthmus.compression.promise import EXACT, Promise
from isthmus.errors import ArchiveError, DataError, IsthmusError

FORMAT_VERSION = 1
"""Of the archives that are written; all versions up to it can be read."""

_MOST_AXES = 32
_MOST_TRACKS = 100_000
_LARGEST = 2**62


@dataclass(frozen=True)
class Packing:
    """A codec that some blocks of a track use, with the model that it was fitted to.

    Parameters
    ----------
    codec : str
        Its name in the family.
    model : bytes
        What its `fit` gave.
    beside : bool
        Whether the model lies in another file, which `Compressor` keeps.
    """

    codec: str
    model: bytes = b""
    beside: bool = False


@dataclass(frozen=True)
class Track:
    """Numbers of one dtype for every row: an archive holds one track or more, side by side.

    Parameters
    ----------
    name : str
        Of what they are: "values", "mask", or a column of a table.
    dtype : dtype
        Of the numbers, in native byte order.
    row_shape : tuple of int
        Shape of the numbers of one row.
    promise : Promise
        What is promised of them.
    fills : tuple of float
        Values that stand for gaps, which come back bit for bit.
    packings : tuple of Packing
        What blocks are coded by.
    ragged : bool
        Whether rows have any number of numbers; which, other tracks say.
    """

    name: str
    dtype: np.dtype
    row_shape: tuple[int, ...]
    promise: Promise = EXACT
    fills: tuple[float, ...] = ()
    packings: tuple[Packing, ...] = ()
    ragged: bool = False

    @property
    def row_bytes(self) -> int:
        """Bytes of the numbers of one row."""
        return math.prod(self.row_shape) * self.dtype.itemsize


@dataclass(frozen=True)
class Header:
    """What an archive holds.

    Parameters
    ----------
    content : dict
        What the tracks mean: see `isthmus.compression.contents`.
    n_rows : int
        Rows of all tracks.
    tracks : tuple of Track
        The numbers.
    attached : bytes
        What belongs to the content and is no JSON.
    """

    content: dict[str, Any]
    n_rows: int
    tracks: tuple[Track, ...]
    attached: bytes = b""

    def to_bytes(self) -> bytes:
        """Give canonical JSON: names in order, no spaces, numbers as Python writes them."""
        found: dict[str, Any] = {
            "content": self.content,
            "n_rows": self.n_rows,
            "tracks": [_track_to_json(track) for track in self.tracks],
        }
        if self.attached:
            found["attached"] = len(self.attached)
        text = json.dumps(found, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return text.encode()

    @property
    def body(self) -> bytes:
        """What is attached, and the models of all codecs, one after another."""
        packings = [packing for track in self.tracks for packing in track.packings]
        models = [packing.model for packing in packings if not packing.beside]
        return b"".join([self.attached, *models])

    @classmethod
    def from_bytes(cls, data: bytes, body: bytes, source: str) -> Header:
        """Read a header, and what belongs to it of the bytes that follow.

        Raises
        ------
        ArchiveError
            It is damaged, or names codecs that this version lacks.
        """
        try:
            found = json.loads(data)
            at = _count(found.get("attached", 0))
            attached, tracks = body[:at], []
            for item in found["tracks"][:_MOST_TRACKS]:
                track, at = _track_from_json(item, body, at)
                tracks.append(track)
            n_rows = _count(found["n_rows"])
            if at != len(body) or not isinstance(found["content"], dict):
                raise ValueError("models of another length")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DataError):
            raise ArchiveError(
                f"{source} has a header that cannot be understood: fetch or write it again."
            ) from None
        for track in tracks:
            for packing in track.packings:
                if packing.codec not in Codec.members():
                    raise ArchiveError(
                        f"{source} was written with a codec {packing.codec[:40]!r}, which this "
                        "Isthmus lacks: upgrade with pip install --upgrade isthmus."
                    )
        return cls(found["content"], n_rows, tuple(tracks), attached)


def _track_to_json(track: Track) -> dict[str, Any]:
    found: dict[str, Any] = {
        "codecs": [_packing_to_json(packing) for packing in track.packings],
        "dtype": track.dtype.newbyteorder("<").str,
        "name": track.name,
    }
    # What most tracks lack takes no room.
    if track.row_shape:
        found["row_shape"] = list(track.row_shape)
    if not track.promise.exact:
        error = track.promise.max_error
        found["max_error"] = list(error) if isinstance(error, tuple) else error
    if track.ragged:
        found["ragged"] = True
    if track.fills:
        found["fills"] = list(track.fills)
    return found


def _packing_to_json(packing: Packing) -> list[Any]:
    model = packing.model.hex() if packing.beside else len(packing.model)
    return [packing.codec, model]


def _track_from_json(item: dict[str, Any], body: bytes, at: int) -> tuple[Track, int]:
    packings = []
    for codec, model in item["codecs"]:
        if isinstance(model, str):
            packings.append(Packing(codec, bytes.fromhex(model), beside=True))
            continue
        end = at + _count(model)
        if end > len(body):
            raise ValueError("a model is cut off")
        packings.append(Packing(codec, body[at:end]))
        at = end
    dtype = np.dtype(item["dtype"]).newbyteorder("=")
    check_dtype(dtype, "a track")
    row_shape = tuple(_count(size) for size in item.get("row_shape", ()))
    if numbers_dtype(dtype) != (dtype, ()) or len(row_shape) > _MOST_AXES:
        raise ValueError("no numbers")
    if math.prod(row_shape) * dtype.itemsize > _LARGEST:
        raise ValueError("too large")
    promise = _promise(item.get("max_error", 0), row_shape)
    fills = tuple(map(_number, item.get("fills", ())))
    if not isinstance(item["name"], str) or not all(isinstance(p.codec, str) for p in packings):
        raise ValueError("no name")
    ragged = item.get("ragged", False) is True
    return Track(item["name"], dtype, row_shape, promise, fills, tuple(packings), ragged), at


def _promise(error: Any, row_shape: tuple[int, ...]) -> Promise:
    if isinstance(error, list) and len(error) != math.prod(row_shape):
        raise ValueError("errors of other columns")
    errors = tuple(map(float, error)) if isinstance(error, list) else float(error)
    try:
        return Promise(errors)
    except IsthmusError:
        raise ValueError("no error that values may have") from None


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError("no count")
    return value


def _number(value: Any) -> float:
    # A whole number stays one: those of 64 bits are more than floats tell apart.
    if type(value) not in (int, float):
        raise ValueError("no number")
    return value
