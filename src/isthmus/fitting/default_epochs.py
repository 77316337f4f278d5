"""How long to train where nobody says."""

from __future__ import annotations


def default_epochs(n_rows: int, batch_size: int, n_updates: int, fewest: int, most: int) -> int:
    """Give the epochs that make about `n_updates` updates.

    Small data need more passes than large ones; what networks need is a number of updates.
    """
    steps = -(-n_rows // batch_size)
    return min(max(-(-n_updates // steps), fewest), most)
