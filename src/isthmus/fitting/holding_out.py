"""Which labelled rows early stopping holds out."""

from __future__ import annotations

import numpy as np


def hold_out(
    labelled: np.ndarray, targets: np.ndarray, fraction: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the labelled rows to train on, and those to hold out, at least one of either.

    Where enough are labelled, a row of each class is left to train on.
    """
    drawn = generator.permutation(labelled)
    kept = np.array([len(drawn) - 1])
    if targets.dtype.kind == "i":
        kept = len(drawn) - 1 - np.unique(targets[drawn[::-1]], return_index=True)[1]
    drawn = np.concatenate([np.delete(drawn, kept), drawn[kept]])
    n_held_out = max(round(len(drawn) * fraction), 1)
    n_held_out = min(n_held_out, max(len(drawn) - len(kept), 1))
    return np.sort(drawn[n_held_out:]), drawn[:n_held_out]
