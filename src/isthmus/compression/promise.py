"""What an archive promises of the values that come back."""

from __future__ import annotations

from dataclasses import dataclass

from isthmus.checks import check_number


@dataclass(frozen=True)
class Promise:
    """How far any value that comes back may be from the one that went in.

    Parameters
    ----------
    max_error : float, default 0.0
        The largest difference, in the unit of the data; 0 promises the same bits.
    """

    max_error: float = 0.0

    def __post_init__(self) -> None:
        check_number(self, "max_error", least=0)

    @property
    def exact(self) -> bool:
        """Whether the same bits come back."""
        return self.max_error == 0


EXACT = Promise()
"""The same bits."""
