"""What an archive holds, as people ask it."""

from __future__ import annotations

from typing import Any

from isthmus.compression.archive import Archive
from isthmus.compression.array_content import ArrayContent
from isthmus.compression.header import Track
from isthmus.compression.report import parts_of
from isthmus.compression.table.text_content import TextContent


def describe_archive(archive: Archive) -> dict[str, Any]:
    """Give the facts of an archive by their names, as JSON can hold them."""
    layout, content = archive.layout, archive.content
    shape = " × ".join(f"{size:,}" for size in archive.shape)
    facts: dict[str, Any] = {"archive": str(archive.path), "shape": shape}
    if isinstance(content, ArrayContent):
        facts["dtype"] = content.dtype.str
        if content.fortran_order:
            facts["order"] = "Fortran"
        if content.fill_value is not None:
            facts["masked"] = "yes"
    else:
        facts["comes back as"] = _whole(content)
    tracks = layout.header.tracks
    asked = layout.header.content.get("asked", "")
    inexact = [track for track in tracks if not track.promise.exact]
    facts["promise"] = "the same bits" if not inexact else f"within an error {asked}".strip()
    for name, told in (("largest errors", _errors(inexact)), ("gaps", _fills(tracks))):
        if told:
            facts[name] = told
    facts["codecs"] = {track.name: _codecs(track) for track in tracks}
    n_ranges = len(layout.index) // max(len(tracks), 1)
    facts["blocks"] = n_ranges
    facts["bytes"] = layout.n_bytes
    facts["where the bytes are"] = parts_of(archive)
    return facts


def _whole(content: Any) -> str:
    if isinstance(content, TextContent):
        return "a text file" + (", byte for byte" * (content.layout is not None))
    kind = content.container
    return "a table" if kind == "arrow" else f"a frame of {kind}"


def _errors(tracks: list[Track]) -> dict[str, str]:
    return {track.name: f"{track.promise.largest:.6g}" for track in tracks}


def _fills(tracks: tuple[Track, ...]) -> dict[str, str]:
    return {
        track.name: ", ".join(f"{fill:g}" for fill in track.fills)
        for track in tracks
        if track.fills
    }


def _codecs(track: Track) -> str:
    names = [
        packing.codec + (", its model in another file" if packing.beside else "")
        for packing in track.packings
    ]
    return ", else ".join(names) or "nothing, as there are no rows"
