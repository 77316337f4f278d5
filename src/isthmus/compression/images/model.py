"""The networks of a stack of images: one where there are few values, or two for nibbles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from isthmus.compression.images.context import Raster
from isthmus.compression.images.history import N_NIBBLE, N_OF_LOW
from isthmus.compression.integer_network import IntegerNetwork, n_bytes
from isthmus.errors import ArchiveError

MOST_VALUES_AT_ONCE = 32
_SIZE = np.dtype("<u2")


@dataclass(frozen=True)
class ImageModel:
    """What codes the pixels of a stack.

    Parameters
    ----------
    palette : ndarray of uint8
        The values that there are, in ascending order, where they are few; else empty.
    raster : Raster
        The shape of the images.
    networks : tuple of IntegerNetwork
        One that gives a value's place in the palette, or one for the high nibble and one for the
        low.
    """

    palette: np.ndarray
    raster: Raster
    networks: tuple[IntegerNetwork, ...]

    @property
    def most(self) -> int:
        """The largest number that is coded."""
        return max(len(self.palette) - 1, 1) if len(self.palette) else 255

    def values(self, places: np.ndarray) -> np.ndarray:
        """Give the values at places in the palette."""
        if not len(self.palette):
            return places
        return self.palette[np.minimum(places, len(self.palette) - 1)]

    def to_bytes(self) -> bytes:
        """Give the bytes from which `from_bytes` makes it."""
        raster, hidden = self.raster, self.networks[0].sizes[1:-1]
        head = np.array([raster.n_rows, raster.n_columns, raster.n_channels, *hidden], _SIZE)
        sizes = bytes([len(self.palette), len(hidden)])
        networks = b"".join(network.to_bytes() for network in self.networks)
        return sizes + self.palette.tobytes() + head.tobytes() + networks

    @classmethod
    def from_bytes(cls, data: bytes) -> ImageModel:
        """Make the model that `to_bytes` wrote.

        Raises
        ------
        ArchiveError
            The bytes make none.
        """
        n_palette, n_hidden = (*data[:2], 0, 0)[:2]
        palette = np.frombuffer(data[2 : 2 + n_palette], np.uint8)
        at, n_head = 2 + n_palette, 3 + n_hidden
        head = np.frombuffer(
            data[at : at + n_head * _SIZE.itemsize].ljust(n_head * 2, b"\0"), _SIZE
        )
        raster = Raster(*head[:3].tolist())
        if not (n_palette <= MOST_VALUES_AT_ONCE and 1 <= raster.n_channels <= 4 and head.all()):
            raise ArchiveError("a model of images is damaged.")
        at += n_head * _SIZE.itemsize
        networks = []
        for sizes in network_sizes(raster, n_palette, tuple(head[3:].tolist())):
            networks.append(IntegerNetwork.from_bytes(data[at : at + n_bytes(sizes)], sizes))
            at += n_bytes(sizes)
        if at != len(data):
            raise ArchiveError("a model of images is longer than it says.")
        return cls(palette, raster, tuple(networks))


def network_sizes(raster: Raster, n_palette: int, hidden: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Give the sizes of the networks of a model."""
    if n_palette:
        return [(raster.n_inputs, *hidden, max(n_palette, 2))]
    n_low_inputs = raster.n_inputs + N_OF_LOW
    return [(raster.n_inputs, *hidden, N_NIBBLE), (n_low_inputs, *hidden, N_NIBBLE)]
