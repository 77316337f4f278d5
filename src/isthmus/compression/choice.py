"""Which codec is best for a track: all that take it are tried on a sample."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from math import inf
from typing import final

import numpy as np

from isthmus.compression.autoencoder import AutoencoderCodes
from isthmus.compression.blocks import encode_block
from isthmus.compression.codec import Codec
from isthmus.compression.demand import Demand
from isthmus.compression.header import Packing, Track
from isthmus.compression.special_values import take_out


@final
@dataclass(frozen=True, eq=False)
class Candidate:
    """A codec that was tried on the sample of a track.

    Parameters
    ----------
    track : str
        Name of the track.
    codec : Codec
        What was tried.
    packing : Packing
        Its name, and its model for the sample.
    n_raw_bytes : int
        Of the sample as it was.
    fit_seconds, encode_seconds : float
        What it took; decoding, which is a part of encoding, included.
    coded : tuple of bytes and ndarray, or None
        The sample's block and what it decodes to; None if a promise of the same bits was broken.
    """

    track: str
    codec: Codec
    packing: Packing
    n_raw_bytes: int
    fit_seconds: float
    encode_seconds: float
    coded: tuple[bytes, np.ndarray] | None

    def estimate(self, n_samples: float) -> float:
        """Give the bytes of the model and of so many samples."""
        if self.coded is None:
            return inf
        return len(self.packing.model) + n_samples * len(self.coded[0])


def candidates(
    track: Track, sample: np.ndarray, n_rows: int, demand: Demand, pool: Executor
) -> list[Candidate]:
    """Try the codecs that are named, or all of the effort, on a sample of a track of so many rows.

    An autoencoder that was given is one of them.
    """
    clean = sample if track.promise.exact else take_out(sample, track.fills)[0]
    effort, names = demand.effort, demand.codecs
    codecs = [
        kind()
        for name, kind in Codec.members().items()
        if (effort in kind.efforts if names is None else name in names)
    ]
    if demand.autoencoder is not None:
        codecs = [
            AutoencoderCodes.of(demand.autoencoder, clean, n_rows)
            if isinstance(codec, AutoencoderCodes)
            else codec
            for codec in codecs
        ]
    taking = [codec for codec in codecs if codec.takes(clean, track.promise)]
    found: list[Candidate] = []
    for turn in sorted({codec.turn for codec in taking}):
        least = min((int(own.estimate(1)) for own in found if own.coded is not None), default=None)
        now = [
            codec
            for codec in taking
            if codec.turn == turn and (least is None or codec.may_win(clean, track.promise, least))
        ]
        found += _tried(track, now, clean, sample, effort, pool)
    return found


def _tried(
    track: Track,
    codecs: Sequence[Codec],
    clean: np.ndarray,
    sample: np.ndarray,
    effort: str,
    pool: Executor,
) -> list[Candidate]:
    began = [time.perf_counter()]
    models = []
    # Here and not in threads, so that Ctrl-C ends what takes long.
    for codec in codecs:
        models.append(codec.fit(clean, track.promise, effort))
        began.append(time.perf_counter())

    def tried(position: int) -> Candidate:
        codec, model = codecs[position], models[position]
        started = time.perf_counter()
        coded = encode_block(codec, model, sample, track.promise, track.fills)
        return Candidate(
            track.name,
            codec,
            Packing(codec.part_name, model),
            sample.nbytes,
            began[position + 1] - began[position],
            time.perf_counter() - started,
            coded,
        )

    return list(pool.map(tried, range(len(codecs))))


def best_of(tried: Sequence[Candidate], n_samples: float) -> Candidate:
    """Give the candidate of the smallest archive of so many samples."""
    return min(tried, key=lambda candidate: candidate.estimate(n_samples))
