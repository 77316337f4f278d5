"""What compressing came to: what was tried, what is used, where the bytes are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NamedTuple, final

from isthmus.compression.archive import Archive
from isthmus.compression.choice import Candidate


class Trial(NamedTuple):
    """A codec that was tried on the sample of a track."""

    track: str
    codec: str
    n_bytes: int | None  # of the sample's block and the model; None if the promise was broken
    n_model_bytes: int
    n_raw_bytes: int
    seconds: float
    chosen: bool


@final
@dataclass(frozen=True)
class Compression:
    """What `compress` did.

    Parameters
    ----------
    path : Path
        The archive.
    n_rows : int
        Its rows.
    n_raw_bytes : int
        What the data take in memory, or in their files.
    n_bytes : int
        What the archive takes, with everything in it.
    seconds : float
        How long it took.
    max_errors : dict of str to float
        What was promised of each track that need not be exact.
    fill_values : dict of str to tuple of float
        The values of each track that stand for gaps.
    trials : tuple of Trial
        The codecs that were tried.
    parts : dict of str to int
        Where the bytes are.
    """

    path: Path
    n_rows: int
    n_raw_bytes: int
    n_bytes: int
    seconds: float
    max_errors: Mapping[str, float]
    fill_values: Mapping[str, tuple[float, ...]]
    trials: tuple[Trial, ...]
    parts: Mapping[str, int]

    @classmethod
    def of(
        cls,
        archive: Archive,
        n_raw_bytes: int,
        tried: Sequence[Sequence[Candidate]],
        fill_values: Mapping[str, tuple[float, ...]],
        seconds: float,
        others: Sequence[Candidate] = (),
    ) -> Compression:
        """Put together what is known after writing."""
        layout = archive.layout
        tracks = layout.header.tracks
        return cls(
            archive.path,
            archive.n_rows,
            n_raw_bytes,
            layout.n_bytes,
            seconds,
            {t.name: t.promise.largest for t in tracks if not t.promise.exact},
            dict(fill_values),
            tuple(
                _trial(candidate, track.packings[0].codec)
                for track, own in zip(tracks, tried, strict=True)
                for candidate in own
            )
            + tuple(_trial(candidate, "") for candidate in others),
            parts_of(archive),
        )

    @property
    def ratio(self) -> float:
        """How many times smaller the archive is."""
        return self.n_raw_bytes / self.n_bytes

    def lines(self) -> Iterator[str]:
        """Give a table of what was tried."""
        yield f"{'track':<24} {'codec':<20} {'bytes':>12} {'model':>9} {'ratio':>7} {'seconds':>8}"
        for trial in sorted(self.trials, key=lambda t: (t.track, t.n_bytes or 0)):
            size = "no" if trial.n_bytes is None else f"{trial.n_bytes:,}"
            ratio = f"{trial.n_raw_bytes / trial.n_bytes:.2f}" if trial.n_bytes else ""
            mark = "  <- used" if trial.chosen else ""
            yield (
                f"{trial.track:<24.24} {trial.codec:<20} {size:>12} {trial.n_model_bytes:>9,} "
                f"{ratio:>7} {trial.seconds:>8.2f}{mark}"
            )


def parts_of(archive: Archive) -> dict[str, int]:
    """Give the bytes of each part of an archive, which are all there are."""
    layout, header = archive.layout, archive.layout.header
    parts = {
        track.name: int(layout.index["length"][i :: len(header.tracks)].sum(dtype="int64"))
        for i, track in enumerate(header.tracks)
    }
    parts |= {
        "models": sum(len(p.model) for t in header.tracks for p in t.packings if not p.beside)
    }
    parts |= {"dictionaries": len(header.attached), "header": layout.n_header_bytes}
    parts["index and checksums"] = layout.n_bytes - sum(parts.values())
    return {name: size for name, size in parts.items() if size}


def _trial(candidate: Candidate, chosen: str) -> Trial:
    n_bytes = candidate.estimate(1)
    return Trial(
        candidate.track,
        candidate.packing.codec,
        int(n_bytes) if isfinite(n_bytes) else None,
        len(candidate.packing.model),
        candidate.n_raw_bytes,
        candidate.fit_seconds + candidate.encode_seconds,
        candidate.packing.codec == chosen,
    )
