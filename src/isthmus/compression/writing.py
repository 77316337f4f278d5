"""Writes an archive: tries codecs on a sample, then codes block after block."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from math import inf
from typing import Any, BinaryIO, NamedTuple, final

import numpy as np

from isthmus.compression.array_content import VALUES
from isthmus.compression.blocks import encode_block
from isthmus.compression.choice import Candidate, best_of, candidates
from isthmus.compression.codec import Codec
from isthmus.compression.demand import Demand
from isthmus.compression.frame import INDEX, coded_checksum, decoded_checksum, end_of, start_of
from isthmus.compression.header import Header, Packing, Track
from isthmus.compression.rows import Rows
from isthmus.compression.table.columns import TOGETHER_NUMBERS
from isthmus.compression.varint import varint
from isthmus.io.ahead import in_order

_STORED = Packing("stored")
# An autoencoder knows neither masks nor single columns of a table.
_MODELLED = (VALUES, TOGETHER_NUMBERS)


class Block(NamedTuple):
    """A block that was coded."""

    n_rows: int
    packing: int
    data: bytes
    decoded: int


@final
@dataclass(frozen=True)
class Content:
    """What goes into an archive.

    Parameters
    ----------
    about : dict
        What the tracks mean, as the header has it.
    attached : bytes
        What belongs to that and is no JSON.
    tracks : tuple of Track
        The tracks, with what is promised of them.
    n_rows : int
        Rows of each.
    block_rows : int
        Rows of a block.
    blocks : callable
        Gives the rows of one block after another.
    """

    about: dict[str, Any]
    attached: bytes
    tracks: tuple[Track, ...]
    n_rows: int
    block_rows: int
    blocks: Callable[[], Iterator[Rows]]


def choose(content: Content, demand: Demand, pool: Executor) -> list[list[Candidate]]:
    """Try codecs on the first block of each track; nothing where there is none."""
    sample = next(iter(content.blocks()), None)
    if sample is None:
        return [[] for _ in content.tracks]
    without = replace(demand, autoencoder=None)
    found = []
    for track, numbers in zip(content.tracks, sample.numbers, strict=True):
        own = demand if track.name in _MODELLED else without
        found.append(candidates(track, numbers, content.n_rows, own, pool))
    return found


def estimate(content: Content, tried: Sequence[Sequence[Candidate]]) -> float:
    """Give the bytes that an archive would take, about."""
    if not all(tried):
        return inf if content.n_rows else 0.0
    n_samples = content.n_rows / min(content.block_rows, content.n_rows)
    packed = sum(best_of(own, n_samples).estimate(n_samples) for own in tried)
    return len(content.attached) + packed


class Chosen(NamedTuple):
    """A track with the codecs that its blocks may be coded by, best first."""

    track: Track
    first: Block | None  # if it is coded already, as it was the sample
    best: Codec | None = None  # if that needs more for encoding than its model


def chosen(content: Content, tried: Sequence[Sequence[Candidate]]) -> list[Chosen]:
    """Give each track the best codec of those that were tried."""
    found = []
    for track, own in zip(content.tracks, tried, strict=True):
        if not own:
            found.append(Chosen(track, None))
            continue
        n_samples = content.n_rows / min(content.block_rows, content.n_rows)
        best = best_of(own, n_samples)
        assert best.coded is not None, track
        packed = with_packings(track, best.packing, more=n_samples > 1)
        n_rows = min(content.block_rows, content.n_rows)
        found.append(Chosen(packed, _block(track, n_rows, 0, *best.coded), best.codec))
    return found


def with_packings(track: Track, best: Packing, *, more: bool) -> Track:
    """Give a track its codec; where more blocks may come, nothing may make those smaller."""
    packings = (best, _STORED) if more and best.codec != _STORED.codec else (best,)
    return replace(track, packings=packings)


def write_archive(
    file: BinaryIO,
    header: Header,
    content: Content,
    tracks: Sequence[Chosen],
    pool: Executor,
    progress: Callable[[int], None],
) -> None:
    """Write an archive; `progress` gets the rows that are done."""

    def coded(task: _Task) -> Block:
        chosen = tracks[task.track]
        known = chosen.first if task.n_before == 0 else None
        return known or _coded(chosen, task.n_rows, task.numbers)

    start = start_of(header)
    digest = hashlib.sha256(start)
    file.write(start)
    blocks = in_order(coded, _tasks(content), 2 * len(tracks) + 2, pool)
    index = _write_blocks(file, blocks, digest, len(tracks), progress)
    file.write(end_of(start, index, digest))


class _Task(NamedTuple):
    n_before: int  # blocks
    track: int
    n_rows: int
    numbers: np.ndarray


def _tasks(content: Content) -> Iterator[_Task]:
    for n_before, rows in enumerate(content.blocks()):
        for track, numbers in enumerate(rows.numbers):
            yield _Task(n_before, track, rows.n_rows, numbers)


def _coded(chosen: Chosen, n_rows: int, numbers: np.ndarray) -> Block:
    track = chosen.track
    for position, packing in enumerate(track.packings):
        codec = None if position else chosen.best
        codec = Codec.named(packing.codec) if codec is None else codec
        coded = encode_block(codec, packing.model, numbers, track.promise, track.fills)
        if coded is None:
            continue
        # Special values and exceptions may make a few bytes more than the numbers are.
        if len(coded[0]) <= numbers.nbytes or position == len(track.packings) - 1:
            return _block(track, n_rows, position, *coded)
    raise AssertionError(f"no codec keeps the promise for {track.name}")


def _block(track: Track, n_rows: int, packing: int, data: bytes, found: np.ndarray) -> Block:
    if track.ragged:
        data = varint(len(found)) + data
    return Block(n_rows, packing, data, decoded_checksum(found))


def _write_blocks(
    file: BinaryIO,
    blocks: Iterable[Block],
    digest: Any,
    n_tracks: int,
    progress: Callable[[int], None],
) -> np.ndarray:
    entries, n_rows = [], 0
    for position, block in enumerate(blocks):
        file.write(block.data)
        digest.update(block.data)
        checksum = coded_checksum(block.data)
        entries.append((block.n_rows, block.packing, len(block.data), checksum, block.decoded))
        if position % n_tracks == n_tracks - 1:
            n_rows += block.n_rows
            progress(n_rows)
    return np.array(entries, INDEX)
