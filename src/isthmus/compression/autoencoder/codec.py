"""Rows as the codes of a fitted autoencoder, and what its decoder leaves over."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Self, final

import numpy as np

from isthmus.compression.autoencoder.encoder import Encoder
from isthmus.compression.autoencoder.grid import Grid
from isthmus.compression.autoencoder.model import model_from_bytes
from isthmus.compression.codec import Codec
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError, IsthmusError

if TYPE_CHECKING:  # JAX takes half a second to import, and whoever only decodes needs none of it.
    from isthmus.compression.autoencoder.floats import FloatAutoencoder


@final
@dataclass(frozen=True)
class AutoencoderCodes(Codec, part_name="autoencoder"):
    """A fitted autoencoder's codes in steps, and what its decoder leaves over in bins.

    Decoder and codes are rounded as coarsely as makes decoder, codes and rest the fewest bytes.
    Without an autoencoder it takes nothing, and only decodes.

    Parameters
    ----------
    autoencoder : FloatAutoencoder or None
        What rows are encoded by.
    encoder : Encoder or None
        The side of it that gives codes.
    n_rows : int
        Rows of the whole, for which the decoder is stored once.

    References
    ----------
    Ballé, Johnston and Minnen (2019), Integer networks for data compression with latent-variable
    models.
    """

    autoencoder: FloatAutoencoder | None = field(default=None, repr=False)
    encoder: Encoder | None = field(default=None, repr=False)
    n_rows: int = 0

    @classmethod
    def of(cls, autoencoder: FloatAutoencoder, sample: np.ndarray, n_rows: int) -> Self:
        """Give the codec that an autoencoder makes for rows like those of a sample.

        Of rows that it cannot take, that is one that takes none.
        """
        if sample.size == 0 or prod(sample.shape[1:]) != autoencoder.n_columns:
            return cls()
        from isthmus.compression.autoencoder.fitting import fit_encoder

        encoder = fit_encoder(autoencoder, _flat(sample))
        return cls(autoencoder, encoder, n_rows)

    def takes(self, block: np.ndarray, promise: Promise) -> bool:
        if self.autoencoder is None or block.size == 0 or block.dtype.kind not in "iuf":
            return False
        fits = prod(block.shape[1:]) == self.autoencoder.n_columns
        return fits and self._grid(block, promise) is not None

    def fit(self, sample: np.ndarray, promise: Promise, effort: str) -> bytes:
        from isthmus.compression.autoencoder.fitting import fit_model

        rows = _flat(sample)
        grid = self._grid(sample, promise)
        assert self.autoencoder is not None
        assert self.encoder is not None
        assert grid is not None
        model = fit_model(self.autoencoder, self.encoder, grid, rows, self.n_rows, effort)
        return model.to_bytes()

    def encode(self, model: bytes, block: np.ndarray, promise: Promise) -> bytes:
        if self.encoder is None:
            raise IsthmusError("codes of an autoencoder can only be made with its encoder.")
        fitted, rows = model_from_bytes(model), _flat(block)
        return fitted.encode(fitted.numbers_of(self.encoder(rows)), fitted.grid.count(rows))

    def _grid(self, block: np.ndarray, promise: Promise) -> Grid | None:
        # What a curve gives, such as shares of white, is in one unit for all columns.
        assert self.autoencoder is not None
        alike = self.autoencoder.decoder.last_curve is not None
        return Grid.suiting(_flat(block), promise, alike=alike)

    def decode(
        self,
        model: bytes,
        data: bytes,
        shape: tuple[int, ...],
        dtype: np.dtype,
        promise: Promise,
    ) -> np.ndarray:
        fitted = model_from_bytes(model)
        if prod(shape[1:]) != fitted.decoder.n_outputs:
            raise ArchiveError("rows have another width than the decoder of their archive.")
        return fitted.grid.values(fitted.decode(data, shape[0]), dtype).reshape(shape)


def _flat(block: np.ndarray) -> np.ndarray:
    return block.reshape(len(block), prod(block.shape[1:]))
