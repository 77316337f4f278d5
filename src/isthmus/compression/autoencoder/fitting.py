"""How fine a decoder and its codes are, so that decoder, codes and rest are the fewest bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil, log2
from typing import final

import numpy as np

from isthmus.compression.autoencoder.encoder import INPUT_BITS, Encoder
from isthmus.compression.autoencoder.fixed_point import MOST_INPUT, FixedPoint
from isthmus.compression.autoencoder.floats import FloatAutoencoder
from isthmus.compression.autoencoder.grid import Grid
from isthmus.compression.autoencoder.histograms import fit_histograms
from isthmus.compression.autoencoder.model import CodesModel
from isthmus.compression.autoencoder.network_bytes import n_weight_bits
from isthmus.compression.autoencoder.rounding import Curves, fine_bits, in_fixed_point
from isthmus.compression.autoencoder.scales import Scales, column_bits
from isthmus.compression.fields.predictor import UNITS_PER_BIN

_ENCODER_BITS, _FINEST_BITS, _CODE_BITS = 15, 13, 20
# Numbers of the rows by which is judged, and by which distributions are fitted.
_N_JUDGED = {"fast": 1 << 17, "default": 1 << 18, "small": 1 << 20}
_N_FITTED, _N_MOVED = 1 << 21, 256
_MOST_JUDGED, _LEAST_JUDGED = 4_096, 64
# Steps of codes that are tried, in shares of what is left over; from the middle on.
_STEPS = 2.0 ** np.arange(-5, 5.5, 0.5)
_FIRST_STEP = 8
# Steps of the histograms by which codes are judged.
_JUDGED_BY = (16,)
_N_ROUNDS, _WORTH_IT = 2, 0.999
# By how much of its deviation a code is moved, to see what it does.
_NUDGE = 0.05
# Of what is less than a bin off, that much is left over.
_LEAST_REST = 0.3


def fit_encoder(autoencoder: FloatAutoencoder, rows: np.ndarray) -> Encoder:
    """Round an encoder as finely as it goes: no archive holds it."""
    x = (_some(rows, _N_JUDGED["default"]) - autoencoder.offset) / autoencoder.scale
    encoder = autoencoder.encoder
    layers = [*encoder.layers, *([] if encoder.shortcut is None else [encoder.shortcut])]
    bits = [fine_bits(layer, _ENCODER_BITS) for layer in layers]
    # The largest code leaves room for larger ones.
    most = float(np.abs(encoder(x)).max(initial=0))
    code_bits = _CODE_BITS - (ceil(log2(most)) if most > 0 else 0)
    curves = Curves.suiting(encoder, x, code_bits)
    network = in_fixed_point(encoder, curves, INPUT_BITS, bits)
    return Encoder(network, autoencoder.offset, autoencoder.scale, code_bits)


def fit_model(
    autoencoder: FloatAutoencoder,
    encoder: Encoder,
    grid: Grid,
    rows: np.ndarray,
    n_rows: int,
    effort: str,
) -> CodesModel:
    """Find how to round an autoencoder, and fit distributions to what comes of it.

    Parameters
    ----------
    autoencoder : FloatAutoencoder
        What is rounded.
    encoder : Encoder
        Its other side, rounded.
    grid : Grid
        On which rows lie.
    rows : ndarray, shape (n, n_columns)
        The sample.
    n_rows : int
        Rows of the whole.
    effort : str
        How many rows to judge by.
    """
    judged = _some(rows, _N_JUDGED[effort])
    search = Search(autoencoder, encoder, grid, judged, n_rows / len(judged))
    search.run()
    some = _some(rows, _N_FITTED)
    counts = grid.count(some)
    low, high = int(np.floor(counts.min())), int(np.ceil(counts.max()))
    steps, decoder = search.steps(search.place), search.decoder(search.bits)
    numbers = _numbers(encoder(some), search.centres, steps)
    histograms = fit_histograms(numbers)
    nothing = Scales.none(decoder.n_outputs)
    model = CodesModel(grid, decoder, search.centres, steps, histograms, nothing, low, high)
    expected = model.predictions(numbers)
    rest = np.rint((counts - expected) / UNITS_PER_BIN).astype(np.int64)
    return replace(model, scales=Scales.fit(rest, expected))


@final
class Search:
    """Looks for the bits of a decoder's weights and the steps of its codes.

    Parameters
    ----------
    autoencoder, encoder, grid
        As of `fit_model`.
    rows : ndarray, shape (n, n_columns)
        By which to judge.
    share : float
        How many such rows there are, for which the decoder is stored once.

    Attributes
    ----------
    bits : list of int
        Weights of each layer, and of the shortcut last, are in units of 2 to minus that.
    place : int
        Of the steps of codes, among those that are tried.
    centres : ndarray of int64
        From where codes are counted.
    """

    def __init__(
        self,
        autoencoder: FloatAutoencoder,
        encoder: Encoder,
        grid: Grid,
        rows: np.ndarray,
        share: float,
    ) -> None:
        self._grid, self._share = grid, share
        self._counts, self._codes = grid.count(rows), encoder(rows)
        self._code_bits = encoder.code_bits
        # What is rounded down is half a unit too low.
        more = (autoencoder.offset - grid.origins) / grid.sizes + 0.5
        self._floats = autoencoder.decoder.scaled(autoencoder.scale / grid.sizes, more)
        z = np.ldexp(self._codes, -self._code_bits)
        self._curves = Curves.suiting(self._floats, z)
        self._coarser = np.zeros(autoencoder.n_columns, np.int64)
        self.bits = self._fine_bits()
        rest = np.abs(self._rest(self.decoder(self.bits), self._codes)).mean(axis=0)
        left = np.maximum(rest, _LEAST_REST) * UNITS_PER_BIN
        if self._floats.last_curve is None:
            # Where much is left over anyway, weights need not be fine.
            self._coarser = np.floor(np.log2(left)).astype(np.int64)
            self.bits = self._fine_bits()
        self.centres = np.rint(self._codes.mean(axis=0)).astype(np.int64)
        self._slopes = self._slopes_of_codes(self.decoder(self.bits), left)
        self.place = _FIRST_STEP
        self._known: dict[int, tuple[np.ndarray, float]] = {}

    def decoder(self, bits: Sequence[int]) -> FixedPoint:
        """Give the decoder with weights of these bits."""
        return in_fixed_point(self._floats, self._curves, self._code_bits, bits, self._coarser)

    def steps(self, place: int) -> np.ndarray:
        """Give the steps of codes that are at a place of those that are tried."""
        steps = np.rint(_STEPS[place] / np.maximum(self._slopes, 1 / MOST_INPUT))
        return np.clip(steps, 1, MOST_INPUT).astype(np.int64)

    def run(self) -> None:
        """Look for the fewest bytes: codes, then layer by layer, then codes again."""
        self._find_steps()
        best = self._n_bits(self.bits)
        for _ in range(_N_ROUNDS):
            before = best
            for layer in reversed(range(len(self.bits))):
                best = self._find_bits(layer, best)
            if best > _WORTH_IT * before:
                break
        self._find_steps()

    def _fine_bits(self) -> list[int]:
        *first, (weights, biases) = self._floats.layers
        wide = -self._coarser[:, None]
        layers = [*first, (np.ldexp(weights, wide), biases)]
        if self._floats.shortcut is not None:
            layers.append((np.ldexp(self._floats.shortcut[0], wide), biases))
        return [fine_bits(layer, _FINEST_BITS) for layer in layers]

    def _find_steps(self) -> None:
        decoder = self.decoder(self.bits)
        self.place = _downhill(lambda at: self._row_bits(decoder, at), self.place, len(_STEPS))

    def _find_bits(self, layer: int, best: float) -> float:
        while True:
            bits = [own - (i == layer) for i, own in enumerate(self.bits)]
            found = self._n_bits(bits)
            if found >= best:
                return best
            self.bits, best = bits, found

    def _n_bits(self, bits: Sequence[int]) -> float:
        """Give the bits of all rows and of the decoder."""
        decoder = self.decoder(bits)
        return self._row_bits(decoder, self.place) + n_weight_bits(decoder)

    def _row_bits(self, decoder: FixedPoint, place: int) -> float:
        """Give the bits of all rows, about."""
        if place not in self._known:
            self._known[place] = self._rounded_codes(place)
        codes, n_bits = self._known[place]
        return self._share * (n_bits + float(column_bits(self._rest(decoder, codes)).sum()))

    def _rounded_codes(self, place: int) -> tuple[np.ndarray, float]:
        """Give codes in steps, and the bits that they take."""
        steps = self.steps(place)
        numbers = _numbers(self._codes, self.centres, steps)
        histograms = fit_histograms(numbers, _JUDGED_BY)
        columns = zip(histograms, numbers.T, strict=True)
        n_bits = sum(own.n_bits(column) for own, column in columns)
        return numbers * steps + self.centres, n_bits

    def _rest(self, decoder: FixedPoint, codes: np.ndarray) -> np.ndarray:
        """Give what a decoder leaves over of rows, in bins."""
        expected = self._grid.nearest(decoder(codes))
        return np.rint((self._counts - expected) / UNITS_PER_BIN).astype(np.int64)

    def _slopes_of_codes(self, decoder: FixedPoint, left: np.ndarray) -> np.ndarray:
        """Give how much each code moves rows, in shares of what is left over of each column."""
        codes = self._codes[:_N_MOVED]
        slopes = np.zeros(codes.shape[1])
        for place, deviation in enumerate(self._codes.std(axis=0)):
            moved = codes.copy()
            step = max(np.rint(_NUDGE * deviation), 1.0)
            moved[:, place] += step
            change = (decoder(moved) - decoder(codes)) / (left * step)
            slopes[place] = np.sqrt((change**2).sum(axis=1).mean())
        return slopes


def _some(rows: np.ndarray, n_numbers: int) -> np.ndarray:
    """Give some of the rows, evenly spread, that have about so many numbers."""
    most = _MOST_JUDGED if n_numbers < _N_FITTED else len(rows)
    wanted = min(max(n_numbers // max(rows.shape[1], 1), _LEAST_JUDGED), most, len(rows))
    return rows[np.linspace(0, len(rows) - 1, wanted).astype(int)].astype(np.float64)


def _numbers(codes: np.ndarray, centres: np.ndarray, steps: np.ndarray) -> np.ndarray:
    return np.rint((codes - centres) / steps).astype(np.int64)


def _downhill(cost: Callable[[int], float], start: int, n: int) -> int:
    """Give the place of the least cost of `n`, downhill from a start."""
    place, least = start, cost(start)
    for step in (-1, 1):
        while 0 <= place + step < n:
            found = cost(place + step)
            if found >= least:
                break
            place, least = place + step, found
    return place
