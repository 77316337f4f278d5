"""Coding stacks of images, all at once, pixel by pixel in the order of reading."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from isthmus.compression.images.context import Canvas, Place
from isthmus.compression.images.history import History
from isthmus.compression.images.model import ImageModel
from isthmus.compression.integer_network import OUTPUT_UNIT
from isthmus.compression.rans import BITS, Decoder, encode, lanes_for
from isthmus.compression.softmax import slots_of
from isthmus.compression.threads import worker_threads

# Images of one chunk: few enough for a core's cache, enough for products of matrices. Where there
# are fewer than two chunks, halves serve two cores.
_CHUNK = 2_048
# Where fewer see nothing but zeros, all are treated alike.
_LEAST_BLANK = 0.1
_Choose = Callable[[np.ndarray, Place, slice, int], np.ndarray]


def encode_images(model: ImageModel, images: np.ndarray) -> bytes:
    """Encode images, ``(n, rows, columns, channels)`` uint8, places in the palette or values."""
    coded = np.ascontiguousarray(images.transpose(1, 2, 3, 0))
    starts = [np.zeros(0, np.uint16)]
    ends = [np.zeros(0, np.uint16)]

    def choose(slots: np.ndarray, at: Place, part: slice, number: int) -> np.ndarray:
        wanted = coded[at][part]
        if len(model.networks) > 1:
            wanted = wanted & 15 if number else wanted >> 4
        start, end = _ends(slots, wanted, np.arange(len(wanted)))
        starts.append(start)
        ends.append(end)
        return wanted

    _run(model, len(images), choose)
    first = np.concatenate(starts)
    counts = np.concatenate(ends) - first
    n_bytes = (BITS * len(first) - float(np.log2(counts, dtype=np.float64).sum())) / 8
    return encode(first, counts, lanes_for(int(n_bytes)))


def decode_images(model: ImageModel, data: bytes, n_images: int) -> np.ndarray:
    """Give the images back that `encode_images` encoded."""
    decoder = Decoder(data)

    def choose(slots: np.ndarray, *where: object) -> np.ndarray:
        own = np.arange(slots.shape[1])

        def find(looked_at: np.ndarray, part: slice) -> tuple[np.ndarray, ...]:
            past = slots[1:-1, part] <= looked_at.astype(np.uint16)
            symbol = past.view(np.uint8).sum(0, dtype=np.uint8)
            start, end = _ends(slots, symbol, own[part])
            return symbol, start, end - start

        return decoder.read(slots.shape[1], find).astype(np.uint8)

    images = _run(model, n_images, choose)
    decoder.finish()
    return images


def _ends(
    slots: np.ndarray, symbols: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give the first slots of symbols, one in each of these columns, and of those after them."""
    n = slots.shape[1]
    places = symbols * np.intp(n)
    places += columns
    flat = slots.reshape(-1)
    start = flat.take(places)
    places += n
    return start, flat.take(places)


class _Seen(NamedTuple):
    """What was seen from one place in some images."""

    order: np.ndarray  # the images: first those where not all is zero
    inputs: np.ndarray  # of these
    slots: np.ndarray  # of all


class _Networks:
    """The networks of a model, which need not be asked where nothing but zeros is seen."""

    def __init__(self, model: ImageModel, n_images: int) -> None:
        self._networks = model.networks
        self._of_nibbles = len(model.networks) > 1
        self.canvas = Canvas(model.raster, n_images, model.most)
        self.history = History(n_images if self._of_nibbles else 0)
        self._blank = lru_cache(4)(self._blank_from)

    def look(self, at: Place, part: slice) -> _Seen:
        """See which values may come at one place of some images."""
        seen = self.canvas.look(at, part)
        blank = self.canvas.is_blank(seen)
        n = len(blank)
        if np.count_nonzero(blank) < n * _LEAST_BLANK:
            inputs = self.canvas.inputs(at, seen)
            return _Seen(np.arange(n), inputs, slots_of(self._networks[0](inputs), OUTPUT_UNIT))
        order = np.concatenate([(~blank).nonzero()[0], blank.nonzero()[0]])
        n_lively = n - np.count_nonzero(blank)
        inputs = self.canvas.inputs(at, seen.take(order[:n_lively], axis=1))
        slots = slots_of(self._networks[0](inputs), OUTPUT_UNIT)
        column = np.full(n, n_lively)
        column[order[:n_lively]] = np.arange(n_lively)
        of_blank, _ = self._blank(at)
        return _Seen(order, inputs, np.concatenate([slots, of_blank], axis=1).take(column, axis=1))

    def look_closer(self, at: Place, part: slice, seen: _Seen, high: np.ndarray) -> np.ndarray:
        """See which low nibbles may follow the high ones."""
        expected = self.canvas.expected(at, part).take(seen.order, axis=1)
        more = self.history.inputs(seen.order + part.start, high.take(seen.order), expected)
        network = self._networks[1]
        n_lively = seen.inputs.shape[1]
        sums = network.sums_of(more, len(seen.inputs))
        sums[:, :n_lively] += network.sums_of(seen.inputs)
        if n_lively == sums.shape[1]:
            return slots_of(network.outputs_of(sums), OUTPUT_UNIT)
        _, of_blank = self._blank(at)
        sums[:, n_lively:] += of_blank
        column = np.empty(len(high), np.intp)
        column[seen.order] = np.arange(len(high))
        return slots_of(network.outputs_of(sums), OUTPUT_UNIT).take(column, axis=1)

    def note(self, at: Place, part: slice, values: np.ndarray) -> None:
        """Take note of the values at one place."""
        self.canvas.fill(at, part, values)
        if self._of_nibbles:
            self.history.add(np.arange(part.start, part.stop), values >> 4, values & 15)

    def _blank_from(self, at: Place) -> tuple[np.ndarray, np.ndarray]:
        """Give the slots where nothing but zeros is seen, and what low nibbles have of that."""
        inputs = self.canvas.inputs(at, self.canvas.blank())
        slots = slots_of(self._networks[0](inputs), OUTPUT_UNIT)
        return slots, self._networks[-1].sums_of(inputs)


def _run(model: ImageModel, n_images: int, choose: _Choose) -> np.ndarray:
    """Go over all pixels: what comes next is chosen by the slots of its values."""
    raster = model.raster
    networks = _Networks(model, n_images)
    size = min(_CHUNK, max((n_images + 1) // 2, _CHUNK // 4))
    parts = [slice(at, min(at + size, n_images)) for at in range(0, n_images, size)]
    places = list(product(range(raster.n_rows), range(raster.n_columns), range(raster.n_channels)))

    def filled(at: Place, part: slice, values: np.ndarray, following: Place | None) -> None:
        networks.note(at, part, values)
        if following:
            looking.append(pool.submit(networks.look, following, part))

    with worker_threads() as pool:
        looking = [pool.submit(networks.look, places[0], part) for part in parts]
        for at, following in zip(places, [*places[1:], None], strict=True):
            seen, looking, closer = looking, [], []
            for part, own in zip(parts, seen, strict=True):
                look = own.result()
                values = choose(look.slots, at, part, 0)
                if len(model.networks) == 1:
                    filled(at, part, values, following)
                else:
                    looked = pool.submit(networks.look_closer, at, part, look, values)
                    closer.append((part, values, looked))
            for part, high, looked in closer:
                low = choose(looked.result(), at, part, 1)
                filled(at, part, (high << 4) | low, following)
    return np.ascontiguousarray(networks.canvas.images.transpose(3, 0, 1, 2))
