"""What a user asks of an archive, checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, final

from isthmus.checks import advice, is_number
from isthmus.compression.autoencoder import AutoencoderCodes
from isthmus.compression.codec import Codec
from isthmus.errors import IsthmusError

if TYPE_CHECKING:  # JAX takes half a second to import, and most need none of it.
    from isthmus.compression.autoencoder.floats import FloatAutoencoder

EFFORTS = ("fast", "default", "small")

_RELATIVE = re.compile(r"\s*([0-9.eE+-]+)\s*x\s*")


@final
@dataclass(frozen=True)
class Tolerance:
    """The error that a user allows.

    Parameters
    ----------
    size : float
        How large it may be; 0 allows none.
    relative : bool
        Whether that is a share of the range of all values.
    """

    size: float = 0.0
    relative: bool = False

    @classmethod
    def read(cls, value: float | str) -> Tolerance:
        """Read a number, or a text such as ``"1e-3x"`` for a share of the range.

        Examples
        --------
        >>> Tolerance.read("1e-3x")
        Tolerance(size=0.001, relative=True)
        """
        relative = _RELATIVE.fullmatch(value) if isinstance(value, str) else None
        text = relative[1] if relative else value
        try:
            size = float(text) if isinstance(text, str) or is_number(text) else -1.0
        except ValueError:
            size = -1.0
        if not 0 <= size < inf:
            raise IsthmusError(
                f"max_error={value!r} is no error that values may have: give a number of at least "
                'zero, such as 0.05, or a share of their range, such as "1e-3x".'
            )
        return cls(size, relative is not None)

    def __str__(self) -> str:
        return f"{self.size:g}x" if self.relative else f"{self.size:g}"


def opened(model: Any, codecs: Collection[str] | None) -> FloatAutoencoder | None:
    """Give a fitted autoencoder as its codec takes it; None where none is given.

    Raises
    ------
    IsthmusError
        It is none, or of a kind that no archive can hold, or the codec is named without it.
    """
    if model is None:
        if codecs is not None and AutoencoderCodes.part_name in codecs:
            raise IsthmusError(
                f"codecs names {AutoencoderCodes.part_name!r}, which needs a fitted autoencoder: "
                "give model=."
            )
        return None
    from isthmus.compression.autoencoder.floats import as_floats

    return as_floats(model)


@final
@dataclass(frozen=True)
class Demand:
    """What `compress` was asked for.

    Parameters
    ----------
    tolerance : Tolerance
        The error that values may have.
    effort : str
        How much time to take.
    fill_values : sequence of float or None
        What stands for gaps; None looks for it.
    codecs : collection of str or None
        Which to try; None tries those of the effort.
    autoencoder : FloatAutoencoder or None
        What may give codes.
    """

    tolerance: Tolerance
    effort: str
    fill_values: Sequence[float] | None
    codecs: Collection[str] | None
    autoencoder: FloatAutoencoder | None = None

    def __post_init__(self) -> None:
        if self.effort not in EFFORTS:
            raise IsthmusError(
                f"effort={self.effort!r} is unknown: {advice(self.effort, EFFORTS)}."
            )
        members = Codec.members()
        unknown = next((name for name in self.codecs or () if name not in members), None)
        if unknown is not None:
            raise IsthmusError(f"codecs names {unknown!r}: {advice(unknown, members)}.")
        for value in self.fill_values or ():
            if not is_number(value):
                raise IsthmusError(f"fill_values holds {value!r}: give finite numbers.")
