"""Rows as the numbers of each track of an archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Rows(NamedTuple):
    """Some rows; those of a ragged track have any number of numbers."""

    n_rows: int
    numbers: Sequence[np.ndarray]
