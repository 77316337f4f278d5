"""Checks of the settings of parts, and the sentences for those that will not do.

Each check takes the part and the name of its setting, and leaves there what it stands for: a
number of NumPy's as Python's own, a list as a tuple. So parts stay equal and hashable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from math import inf
from numbers import Integral, Real
from typing import Any, TypeGuard

import numpy as np

from isthmus.errors import IsthmusError

MOST_LAYERS = 1_000


def check_asked(name: str, number: int) -> None:
    """Check that a method is asked for one thing or more."""
    if number < 1:
        raise IsthmusError(f"{name}={number} asks for nothing: choose 1 or more.")


def check_number(
    owner: object,
    name: str,
    *,
    least: float = -inf,
    most: float = inf,
    strictly: bool = False,
    whole: bool = False,
) -> None:
    """Check that a setting is a finite number from `least` to `most`, strictly between if asked."""
    value = getattr(owner, name)
    kind = "whole number" if whole else "number"
    if not is_number(value) or (whole and not isinstance(value, Integral)):
        fault = f"no {kind}"
    elif not least <= value <= most or (strictly and value in (least, most)):
        fault = "out of range"
    else:
        _keep(owner, name, plain(value))
        return
    if least == -inf:
        span = ""
    elif most == inf:
        span = f" above {least:g}" if strictly else f" of at least {least:g}"
    else:
        span = f" between {least:g} and {most:g}" if strictly else f" from {least:g} to {most:g}"
    finite = "" if whole or most < inf else "finite "
    raise IsthmusError(f"{_setting(owner, name)} is {fault}: choose a {finite}{kind}{span}.")


def check_flag(owner: object, name: str) -> None:
    """Check that a setting is True or False."""
    value = getattr(owner, name)
    if not isinstance(value, (bool, np.bool_)):
        raise IsthmusError(f"{_setting(owner, name)} is no truth value: choose True or False.")
    _keep(owner, name, bool(value))


def check_choice(owner: object, name: str, names: Collection[str]) -> None:
    """Check that a setting is one of these names."""
    value = getattr(owner, name)
    if not isinstance(value, str) or value not in names:
        raise IsthmusError(f"{_setting(owner, name)} is unknown: {advice(value, names)}.")


def check_kind(owner: object, name: str, kind: type, example: str) -> None:
    """Check that a setting is of this class."""
    if not isinstance(getattr(owner, name), kind):
        raise IsthmusError(
            f"{_setting(owner, name)} is no {kind.__name__}: give a part such as {example}."
        )


def check_whole_numbers(owner: object, name: str) -> None:
    """Check that a setting holds positive whole numbers, one for each layer."""
    value = getattr(owner, name)
    values = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else None
    if values is not None and len(values) > MOST_LAYERS:
        raise IsthmusError(
            f"{name} holds {len(values):,} numbers, one for each layer: give at most "
            f"{MOST_LAYERS:,}."
        )
    if values is None or not all(_counts(item) for item in values):
        raise IsthmusError(
            f"{name}={value if values is None else values!r} holds something else than positive "
            "whole numbers: give one for each layer, such as [256, 64]."
        )
    _keep(owner, name, tuple(int(item) for item in values))


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a finite number; True and False are none."""
    number: Any = value
    return isinstance(value, Real) and not isinstance(value, bool) and bool(-inf < number < inf)


def plain(value: Any) -> Any:
    """Give a number of NumPy's as Python's own, and everything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def advice(name: object, names: Collection[str]) -> str:
    """Say which names there are instead of one that there is not, and which is the nearest."""
    near = get_close_matches(str(name), names, 1)
    return f"choose one of {', '.join(names)}" + "".join(f"; {name!r} is nearest" for name in near)


def _counts(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1


def _setting(owner: object, name: str) -> str:
    return f"{type(owner).__name__}({name}={getattr(owner, name)!r})"


def _keep(owner: object, name: str, value: Any) -> None:
    # Parts are frozen: this is the one place that writes into them, while they are made.
    object.__setattr__(owner, name, value)
