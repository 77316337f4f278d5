"""The widths of hidden layers."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from isthmus.checks import check_number, check_whole_numbers

_FUNNEL_LAYERS = 3


def funnel(hidden: int | Sequence[int] | None, n_features: int, n_components: int) -> list[int]:
    """Give the widths of the encoder's hidden layers, from the data to the code.

    One number tapers: each of three layers is half as wide as the one before and no narrower
    than the code. None starts the taper at four times the number of features, between 128 and
    1,024.

    Examples
    --------
    >>> funnel(1000, n_features=784, n_components=30)
    [1000, 500, 250]
    >>> funnel([64, 32], n_features=784, n_components=30)
    [64, 32]
    """
    if hidden is None:
        hidden = min(max(4 * n_features, 128), 1024)
    if isinstance(hidden, Sequence):
        return [int(width) for width in hidden]
    return [max(int(hidden) >> layer, n_components, 1) for layer in range(_FUNNEL_LAYERS)]


def check_hidden(architecture: Any) -> None:
    """Check the setting `hidden` of an architecture, as `funnel` takes it."""
    if isinstance(architecture.hidden, Integral):
        check_number(architecture, "hidden", least=1, whole=True)
    elif architecture.hidden is not None:
        check_whole_numbers(architecture, "hidden")
