"""One model for many archives of the same kind, kept beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Self, final

import numpy as np

from isthmus.compression.archive import Archive
from isthmus.compression.autoencoder import AutoencoderCodes
from isthmus.compression.autoencoder.encoder import Encoder
from isthmus.compression.choice import best_of
from isthmus.compression.codec import Codec
from isthmus.compression.compressing import told
from isthmus.compression.contents import COMPRESSOR
from isthmus.compression.demand import Demand, Tolerance, opened
from isthmus.compression.frame import read_layout
from isthmus.compression.header import Header, Track
from isthmus.compression.models_beside import digest_of, without_models
from isthmus.compression.sources import ArraySource, check_model, source_of
from isthmus.compression.threads import worker_threads
from isthmus.compression.writing import Chosen, Content, choose, with_packings, write_archive
from isthmus.errors import ArchiveError, DataError, IsthmusError
from isthmus.io import replacing
from isthmus.io.failures import refusing


@final
class Compressor:
    """Compress many arrays of one kind, with a model that is fitted once and stored once.

    Days of a simulation, for example: the first tells which codec is best and what it has to know,
    and the others do without trying and without that model in their files. Each needs the
    compressor to be read again, so it is to be saved beside them.

    Parameters
    ----------
    max_error : float or str, default=0.0
        As in `compress`; a share of the range is one of the range of what it is fitted to.
    effort : {"fast", "default", "small"}, default="default"
        How much time to take for a smaller file.
    fill_values : sequence of float, optional
        What stands for gaps; by default that is looked for in what it is fitted to.
    codecs : collection of str, optional
        Which codecs to try, by their names; all by default.
    model : fitted autoencoder, optional
        One whose codes are tried, as `compress` does. Where they are used, its encoder is kept
        with what was fitted.
    n_jobs : int, optional
        Threads; by default one for each processor.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> days = np.sin(np.linspace(0, 99, 6000)).reshape(3, 50, 40)
    >>> compressor = Compressor(max_error=0.01).fit(days[0])
    >>> compressor.save(folder / "days.iszm")
    >>> for number, day in enumerate(days):
    ...     _ = compressor.compress(day, folder / f"{number}.isz")
    >>> again = Compressor.load(folder / "days.iszm")
    >>> bool(abs(Archive(folder / "2.isz", again)[:] - days[2]).max() <= 0.01)
    True
    """

    def __init__(
        self,
        max_error: float | str = 0.0,
        *,
        effort: str = "default",
        fill_values: Sequence[float] | None = None,
        codecs: Collection[str] | None = None,
        model: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        tolerance = Tolerance.read(max_error)
        self._demand = Demand(tolerance, effort, fill_values, codecs, opened(model, codecs))
        self._n_jobs = n_jobs
        self._tracks: tuple[Track, ...] = ()
        self._encoder: Encoder | None = None
        self._about: dict[str, Any] = {}

    def fit(self, data: Any) -> Self:
        """Find the best codec for an array, or files of one, and fit it."""
        source = _array_of(data)
        if not source.n_rows:
            raise DataError(f"{source.source} has no rows to learn from: give some.")
        check_model(self._demand.autoencoder, source)
        content, _ = source.to_content(self._demand.tolerance, self._demand.fill_values)
        with worker_threads(self._n_jobs) as pool:
            tried = choose(content, self._demand, pool)
        if not all(tried):
            raise DataError(f"{source.source} can be taken by none of the codecs that are named.")
        self._about = content.about
        best = [best_of(own, content.n_rows) for own in tried]
        self._tracks = tuple(
            with_packings(track, own.packing, more=True)
            for track, own in zip(content.tracks, best, strict=True)
        )
        codecs = [own.codec for own in best if isinstance(own.codec, AutoencoderCodes)]
        self._encoder = codecs[0].encoder if codecs else None
        return self

    def compress(
        self,
        data: Any,
        path: str | os.PathLike[str],
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> int:
        """Write an array of the same dtype and shape of rows, and give the bytes of the file.

        Parameters
        ----------
        data : array, masked array, Dataset, path, or sequence of paths
            What to write.
        path : str or Path
            The archive; a file that is there is replaced.
        progress : callable, optional
            Gets the rows that are done and all there are, after every block.
        """
        content = self._content(data)
        with (
            worker_threads(self._n_jobs) as pool,
            replacing(path) as temporary,
            temporary.open("wb") as file,
        ):
            self._write(file, content, pool, told(progress, content.n_rows))
        return Path(path).stat().st_size

    def encode(self, data: Any) -> bytes:
        """Give an archive as bytes."""
        file = BytesIO()
        with worker_threads(self._n_jobs) as pool:
            self._write(file, self._content(data), pool, told(None, 0))
        return file.getvalue()

    def decode(self, data: bytes) -> np.ndarray:
        """Give back what `encode` took."""
        return Archive(data, self).read(self._n_jobs)

    @property
    def models(self) -> Mapping[bytes, bytes]:
        """The models, by their digests."""
        packings = [packing for track in self._tracks for packing in track.packings]
        return {digest_of(packing.model): packing.model for packing in packings}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what was fitted to a file, such as ``days.iszm``."""
        with replacing(path) as temporary:
            temporary.write_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Give what was fitted as bytes: an archive without rows."""
        self._check_fitted()
        settings = {"asked": str(self._demand.tolerance), "effort": self._demand.effort}
        about = {"kind": COMPRESSOR, "array": self._about, **settings}
        file, nothing = BytesIO(), Content({}, b"", self._tracks, 0, 1, lambda: iter(()))
        encoder = b"" if self._encoder is None else self._encoder.to_bytes()
        with worker_threads(1) as pool:
            header = Header(about, 0, self._tracks, encoder)
            write_archive(file, header, nothing, [], pool, told(None, 0))
        return file.getvalue()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ArchiveError
            The file is missing, no compressor, cut off, damaged, or from a newer version.
        """
        source = str(path)
        with refusing(source, "a compressor", ArchiveError):
            data = Path(path).read_bytes()
        return cls.from_bytes(data, source)

    @classmethod
    def from_bytes(cls, data: bytes, source: str = "the compressor") -> Self:
        """Read what `to_bytes` gave."""
        with refusing(source, "a compressor", ArchiveError):
            header = read_layout(BytesIO(data), source).header
            about = header.content
            if about.get("kind") != COMPRESSOR:
                raise ArchiveError(
                    f"{source} is no compressor but an archive: read it with isthmus.Archive."
                )
            found = cls(about["asked"], effort=about["effort"])
            found._about, found._tracks = about["array"], header.tracks
            found._encoder = Encoder.from_bytes(header.attached) if header.attached else None
            return found

    def _content(self, data: Any) -> Content:
        self._check_fitted()
        source = _array_of(data)
        content = source.content_within(self._tracks[0].promise, self._tracks[0].fills)
        ours = [(track.name, track.dtype, track.row_shape) for track in self._tracks]
        theirs = [(track.name, track.dtype, track.row_shape) for track in content.tracks]
        if ours != theirs:
            raise DataError(
                f"{source.source} holds rows of {_told_shape(theirs)}, but this Compressor was "
                f"fitted to rows of {_told_shape(ours)}: fit another one."
            )
        return content

    def _write(
        self, file: BinaryIO, content: Content, pool: Executor, done: Callable[[int], None]
    ) -> None:
        tracks = self._tracks if content.n_rows else content.tracks
        header = Header(content.about, content.n_rows, tuple(map(without_models, tracks)))
        best = None if self._encoder is None else AutoencoderCodes(encoder=self._encoder)
        chosen = [Chosen(own, None, best if _is_coded_by(best, own) else None) for own in tracks]
        write_archive(file, header, content, chosen, pool, done)

    def _check_fitted(self) -> None:
        if not self._tracks:
            raise IsthmusError("this Compressor is not fitted: call fit with some data first.")


def _array_of(data: Any) -> ArraySource:
    source = source_of(data)
    if not isinstance(source, ArraySource):
        raise DataError(
            f"{source.source} is a table, and a Compressor takes arrays: use isthmus.compress."
        )
    return source


def _is_coded_by(codec: Codec | None, track: Track) -> bool:
    return codec is not None and [own.codec for own in track.packings[:1]] == [codec.part_name]


def _told_shape(tracks: Sequence[tuple[str, np.dtype, tuple[int, ...]]]) -> str:
    _, dtype, row_shape = tracks[0]
    masked = ", masked" if len(tracks) > 1 else ""
    return f"{' × '.join(map(str, row_shape)) or 'one number'} ({dtype}{masked})"
