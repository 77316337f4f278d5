"""Models that lie in another file than the archives that need them, told by their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from isthmus.compression.header import Packing, Track
from isthmus.errors import ArchiveError

# A smaller model is not worth a digest.
_LEAST_BYTES = 32


class HasModels(Protocol):
    """What knows models."""

    @property
    def models(self) -> Mapping[bytes, bytes]:
        """The models, by their digests."""
        ...


def digest_of(model: bytes) -> bytes:
    """Give what a model is known by."""
    return hashlib.blake2b(model, digest_size=8).digest()


def without_models(track: Track) -> Track:
    """Give a track with the digests of its models in their place."""
    packings = [
        Packing(own.codec, digest_of(own.model), beside=True)
        if len(own.model) >= _LEAST_BYTES
        else own
        for own in track.packings
    ]
    return replace(track, packings=tuple(packings))


def with_models(
    tracks: Sequence[Track], compressor: HasModels | None, source: str
) -> tuple[Track, ...]:
    """Give tracks their models.

    Raises
    ------
    ArchiveError
        One is not there.
    """
    models = {} if compressor is None else compressor.models

    def found(packing: Packing) -> Packing:
        if not packing.beside:
            return packing
        if packing.model not in models:
            state = "another one" if models else "none"
            raise ArchiveError(
                f"{source} needs the model {packing.model.hex()} of the Compressor that wrote it, "
                f"and {state} is given: load that one and give compressor=."
            )
        return Packing(packing.codec, models[packing.model])

    return tuple(replace(track, packings=tuple(map(found, track.packings))) for track in tracks)
