"""A codec for Zarr, version 3: each chunk of an array is an archive.

Zarr finds it by its entry point once Isthmus is installed; Isthmus itself does not need Zarr.
"""

from __future__ import annotations

import asyncio
import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self, final

import numpy as np
from zarr.abc.codec import ArrayBytesCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer, NDBuffer

from isthmus.compression.archive import Archive
from isthmus.compression.compressing import to_bytes
from isthmus.compression.compressor import Compressor
from isthmus.compression.demand import Demand, Tolerance
from isthmus.errors import ArchiveError, IsthmusError

NAME = "isthmus"


@final
@dataclass(frozen=True)
class ZarrCodec(ArrayBytesCodec):
    """Chunks of a Zarr array as archives, exactly or within an error.

    Parameters
    ----------
    max_error : float, default=0.0
        How far a value that comes back may be from what went in, in the unit of the data. NaN,
        infinities, −0.0 and the array's fill value come back bit for bit.
    effort : {"fast", "default", "small"}, default="fast"
        How much time to take for smaller chunks.
    codecs : sequence of str, optional
        Which codecs to try on each chunk; all by default.
    compressor : str, optional
        A fitted `Compressor` instead of all these, as `of` gives it: it is kept with the metadata
        of the array, and its model is in no chunk.

    Examples
    --------
    >>> import zarr
    >>> waves = np.sin(np.linspace(0, 99, 64 * 100)).reshape(64, 100)
    >>> array = zarr.create_array(
    ...     {}, data=waves, chunks=(16, 100), serializer=ZarrCodec(max_error=1e-3), compressors=None
    ... )
    >>> bool(abs(array[:] - waves).max() <= 1e-3)
    True
    """

    is_fixed_size = False

    max_error: float = 0.0
    effort: str = "fast"
    codecs: Sequence[str] | None = None
    compressor: str | None = None
    _fitted: Compressor | None = field(default=None, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.max_error, str):
            raise IsthmusError(
                f"max_error={self.max_error!r} is a share of a range that no chunk knows: give a "
                "number, or fit a Compressor with it."
            )
        if self.compressor is not None:
            data = base64.b64decode(self.compressor)
            object.__setattr__(self, "_fitted", Compressor.from_bytes(data))
        self._demand(())

    @classmethod
    def of(cls, compressor: Compressor) -> Self:
        """Give the codec that uses a fitted compressor; all chunks must be of its rows' shape."""
        return cls(compressor=base64.b64encode(compressor.to_bytes()).decode())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        return cls(**data.get("configuration", {}))

    def to_dict(self) -> dict[str, Any]:
        """Give what Zarr writes into the metadata of the array."""
        if self.compressor is not None:
            return {"name": NAME, "configuration": {"compressor": self.compressor}}
        settings: dict[str, Any] = {"max_error": self.max_error, "effort": self.effort}
        if self.codecs is not None:
            settings["codecs"] = list(self.codecs)
        return {"name": NAME, "configuration": settings}

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Say that nobody knows."""
        raise NotImplementedError

    def _demand(self, fills: Sequence[float]) -> Demand:
        return Demand(Tolerance.read(self.max_error), self.effort, fills, self.codecs)

    async def _encode_single(self, chunk_data: NDBuffer, chunk_spec: ArraySpec) -> Buffer | None:
        array = np.atleast_1d(chunk_data.as_numpy_array())
        data = await asyncio.to_thread(self._encoded, array, chunk_spec.fill_value)
        return chunk_spec.prototype.buffer.from_bytes(data)

    def _encoded(self, array: np.ndarray, fill_value: Any) -> bytes:
        if self._fitted is not None:
            return self._fitted.encode(array)
        number = isinstance(fill_value, (float, int, np.floating, np.integer))
        known = number and math.isfinite(fill_value)
        return to_bytes(array, self._demand([np.asarray(fill_value).item()] if known else []))

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        array = await asyncio.to_thread(self._decoded, chunk_data.to_bytes())
        if array.size != math.prod(chunk_spec.shape):
            raise ArchiveError(
                f"a chunk holds {array.size:,} values, expected {math.prod(chunk_spec.shape):,}: "
                "it is another array's."
            )
        array = array.reshape(chunk_spec.shape)
        return chunk_spec.prototype.nd_buffer.from_numpy_array(array)

    def _decoded(self, data: bytes) -> np.ndarray:
        return Archive(data, self._fitted).read(1)
