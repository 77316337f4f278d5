"""Seeds from what users call random_state."""

from __future__ import annotations

from typing import Any

from sklearn.utils import check_random_state


def drawn_seed(random_state: Any) -> int:
    """Give a seed: the same for the same number, another one each time for None."""
    return int(check_random_state(random_state).randint(2**31 - 1))
