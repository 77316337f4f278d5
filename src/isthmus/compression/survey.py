"""What has to be known of all numbers before any is coded within an error: range and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import final

import numpy as np

from isthmus.compression.special_values import is_special

# As CF conventions, netCDF's defaults and habit have them.
_KNOWN = (
    *(-9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, -32767.0, -32768.0),
    *(32767.0, 65535.0, -2147483647.0, -2147483648.0, 2147483647.0, -1e10, 1e10, 1e15, 1e20),
    *(-1e20, 1e30, -1e30, 1e34, -1e34, 1e35, 1e36, 1e37, -1e37, 9.969209968386869e36),
)
_KNOWN_DISTANCE, _ANY_DISTANCE = 0.5, 10.0
_LEAST_COUNT = 3
_KEPT = 4


@final
@dataclass
class Survey:
    """The smallest and largest values of a track, and what stands for gaps.

    The values nearest to either end are kept with how often they occur.
    """

    lows: dict[float, int] = field(default_factory=dict)
    highs: dict[float, int] = field(default_factory=dict)

    def see(self, block: np.ndarray, fills: Sequence[float]) -> None:
        """Take a block into account."""
        values = block[~is_special(block, fills)]
        for found, sign in ((self.lows, 1), (self.highs, -1)):
            left = values
            for _ in range(_KEPT):
                if not left.size:
                    break
                end = left.min() if sign > 0 else left.max()
                is_end = left == end
                found[end.item()] = found.get(end.item(), 0) + int(np.count_nonzero(is_end))
                left = left[~is_end]
            kept = sorted(found, key=lambda value: sign * value)[:_KEPT]
            for value in found.keys() - set(kept):
                del found[value]

    def fills(self) -> tuple[float, ...]:
        """Give the values at either end that stand for gaps: far off, and often the same."""
        lows, highs, found = sorted(self.lows), sorted(self.highs, reverse=True), []
        while len(lows) > 1 and len(highs) > 1:
            at_low = _is_fill(lows, highs, self.lows)
            if not at_low and not _is_fill(highs, lows, self.highs):
                break
            found.append((lows if at_low else highs).pop(0))
        return tuple(found)

    def span(self, fills: Iterable[float]) -> float:
        """Give the difference of the largest and the smallest value that is no fill value."""
        without = set(fills)
        lows = [value for value in self.lows if value not in without]
        highs = [value for value in self.highs if value not in without]
        span = float(max(highs)) - float(min(lows)) if lows and highs else 0.0
        return span if isfinite(span) else 0.0


def _is_fill(own: Sequence[float], others: Sequence[float], counts: dict[float, int]) -> bool:
    end, following = own[0], own[1]
    distance = abs(float(following) - float(end))
    rest = abs(float(others[0]) - float(following))
    known = any(abs(end - value) <= 1e-6 * abs(value) for value in _KNOWN)
    if known:
        return counts[end] > 1 and distance > _KNOWN_DISTANCE * rest
    return counts[end] >= _LEAST_COUNT and distance > _ANY_DISTANCE * rest
