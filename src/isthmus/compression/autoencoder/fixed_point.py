"""Dense networks in fixed point: whole numbers in float64, the same bits on every machine.

Each sum of products is a whole number under 2⁵³, which float64 carries exactly in whatever order,
and with whatever instructions, it is added up. Sums are cut to other units by powers of two, which
are exact too, and rounded down; what bends is read from a table.

References
----------
Ballé, Johnston and Minnen (2019), Integer networks for data compression with latent-variable
models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import final

import numpy as np

from isthmus.errors import ArchiveError

MOST_INPUT = 1 << 22
"""What goes in is clipped to that."""

_MOST_SUM = 1 << 52
# Numbers of the widest layer that are in memory at once.
_CHUNK = 1 << 18
_MOST_SHIFT = 256

# A curve is looked up by 16 bits, and kept by fewer places, between which it is straight.
PLACES = 1 << 16
_KNOT_EVERY = 1 << 6
N_KNOTS = PLACES // _KNOT_EVERY + 1
_MOST_KNOT = 1 << 22


@final
@dataclass(frozen=True, eq=False)
class Layer:
    """Sums of products, cut down to other units: ``⌊(W x + b) · 2^−shift⌋``.

    Parameters
    ----------
    weights : ndarray of int64, shape (n_outputs, n_inputs)
        Whole numbers.
    biases : ndarray of int64, shape (n_outputs,)
        In the units of the sums.
    shifts : ndarray of int64, shape (n_outputs,)
        By how many bits each sum is cut; fewer than none lengthen it.
    """

    weights: np.ndarray
    biases: np.ndarray
    shifts: np.ndarray
    _transposed: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        n_outputs = len(self.weights)
        if self.weights.ndim != 2 or {self.biases.shape, self.shifts.shape} != {(n_outputs,)}:
            raise ArchiveError("a layer of a decoder does not fit together.")
        if np.abs(self.shifts.astype(float)).max(initial=0) > _MOST_SHIFT:
            raise ArchiveError("a layer of a decoder shifts by more bits than it may.")
        transposed = np.ascontiguousarray(self.weights.T, np.float64)
        object.__setattr__(self, "_transposed", transposed)

    def check(self, most_input: float, most_output: float) -> None:
        """Raise `ArchiveError` unless all sums of such inputs are carried exactly.

        Parameters
        ----------
        most_input : float
            The largest input, without its sign.
        most_output : float
            What outputs must not exceed, where they are not clipped.
        """
        sums = np.abs(self._transposed).sum(0) * most_input + np.abs(self.biases.astype(float))
        if not (sums < _MOST_SUM).all() or not (sums * self._factors <= most_output).all():
            raise ArchiveError("a layer of a decoder has sums that float64 cannot carry.")

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Give the outputs, ``(n, n_outputs)``, of whole numbers, ``(n, n_inputs)`` float64."""
        h = x @ self._transposed
        h += self.biases
        h *= self._factors
        return np.floor(h, out=h)

    @property
    def _factors(self) -> np.ndarray:
        return np.ldexp(1.0, -self.shifts)


@final
@dataclass(frozen=True, eq=False)
class Curve:
    """A function of whole numbers from −2¹⁵ to 2¹⁵, straight between its knots.

    Parameters
    ----------
    knots : ndarray of int64, shape (1025,)
        Its values at every 64th place, from the first on.
    """

    knots: np.ndarray
    _values: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        if self.knots.shape != (N_KNOTS,) or np.abs(self.knots.astype(float)).max() > _MOST_KNOT:
            raise ArchiveError("a curve of a decoder is damaged.")
        place, between = np.divmod(np.arange(PLACES), _KNOT_EVERY)
        left, right = self.knots[place], self.knots[place + 1]
        values = (left * (_KNOT_EVERY - between) + right * between) // _KNOT_EVERY
        object.__setattr__(self, "_values", values.astype(np.float64))

    @property
    def most(self) -> int:
        """The largest value, without its sign."""
        return int(np.abs(self.knots).max()) + 1

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Give the values at whole numbers, beyond either end those at the end."""
        x += PLACES // 2
        np.clip(x, 0, PLACES - 1, out=x)
        return self._values[x.astype(np.int32)]


@final
@dataclass(frozen=True, eq=False)
class FixedPoint:
    """Layers with a curve after each but the last, and what may lie around and behind them.

    Parameters
    ----------
    layers : tuple of Layer
        At least one.
    curve : Curve or None
        Between the layers; None where there is one.
    shortcut : Layer or None
        From the inputs to the outputs, added to what the layers give.
    last_curve : Curve or None
        What outputs go through.
    """

    layers: tuple[Layer, ...]
    curve: Curve | None = None
    shortcut: Layer | None = None
    last_curve: Curve | None = None

    def __post_init__(self) -> None:
        sizes = [layer.weights.shape for layer in self.layers]
        around = [] if self.shortcut is None else [self.shortcut.weights.shape]
        fits = all(a[0] == b[1] for a, b in pairwise(sizes))
        if not sizes or not fits or around not in ([], [(sizes[-1][0], sizes[0][1])]):
            raise ArchiveError("the layers of a decoder do not fit each other.")
        if len(sizes) > 1 and self.curve is None:
            raise ArchiveError("a decoder has layers with no curve between them.")
        most: float = MOST_INPUT
        for layer in self.layers[:-1]:
            layer.check(most, np.inf)
            most = self.curve.most if self.curve is not None else most
        self.layers[-1].check(most, _MOST_SUM)
        if self.shortcut is not None:
            self.shortcut.check(MOST_INPUT, _MOST_SUM)

    @property
    def n_inputs(self) -> int:
        """How many numbers go in."""
        return self.layers[0].weights.shape[1]

    @property
    def n_outputs(self) -> int:
        """How many come out."""
        return len(self.layers[-1].weights)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Give the outputs, ``(n, n_outputs)`` float64, of whole numbers, ``(n, n_inputs)``.

        Rows hang on nothing but themselves, and on no batch size, machine or library.
        """
        size = max(_CHUNK // max(max(own.weights.shape) for own in self.layers), 1)
        starts = range(0, max(len(x), 1), size)
        return np.concatenate([self._outputs(x[start : start + size]) for start in starts])

    def _outputs(self, x: np.ndarray) -> np.ndarray:
        x = np.clip(np.asarray(x, np.float64), -MOST_INPUT, MOST_INPUT)
        h = x
        for layer in self.layers[:-1]:
            assert self.curve is not None
            h = self.curve(layer(h))
        h = self.layers[-1](h)
        if self.shortcut is not None:
            h += self.shortcut(x)
        return h if self.last_curve is None else self.last_curve(h)
