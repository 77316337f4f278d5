"""Which rows an epoch takes, and in which order; gathering them is the business of batches."""

from __future__ import annotations

from typing import Protocol, final

import numpy as np


class Order(Protocol):
    """Draws the positions of the rows of an epoch."""

    def __len__(self) -> int:
        """Give how many rows an epoch takes."""
        ...

    def draw(self, generator: np.random.Generator | None) -> np.ndarray:
        """Draw the positions of an epoch's rows; without a generator they are always the same."""
        ...


@final
class AllOnce:
    """Every row once an epoch; without a generator as they are.

    Parameters
    ----------
    positions : ndarray of int
        Of the rows.
    """

    def __init__(self, positions: np.ndarray) -> None:
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def draw(self, generator: np.random.Generator | None) -> np.ndarray:
        return self._positions if generator is None else generator.permutation(self._positions)


@final
class LabelledInEveryMinibatch:
    """Labelled rows in every minibatch, over and over, beside the unlabelled ones.

    An epoch passes over the unlabelled rows once; what they leave of the last minibatch is
    filled with more of them.

    Parameters
    ----------
    labelled, unlabelled : ndarray of int
        Positions of the rows.
    batch_size : int
        Rows in a minibatch.
    least_share : float
        Share of a minibatch that is labelled; more is only where more of all rows are.
    """

    def __init__(
        self,
        labelled: np.ndarray,
        unlabelled: np.ndarray,
        batch_size: int,
        least_share: float,
    ) -> None:
        share = len(labelled) / (len(labelled) + len(unlabelled))
        n_labelled = round(batch_size * max(share, least_share))
        self._n_labelled = min(max(n_labelled, 1), batch_size - 1)
        self._labelled, self._unlabelled = labelled, unlabelled
        self._n_steps = -(-len(unlabelled) // (batch_size - self._n_labelled))
        self._batch_size = batch_size

    def __len__(self) -> int:
        return self._n_steps * self._batch_size

    def draw(self, generator: np.random.Generator | None) -> np.ndarray:
        generator = generator or np.random.default_rng(0)
        columns = []
        sizes = (self._n_labelled, self._batch_size - self._n_labelled)
        for rows, size in zip((self._labelled, self._unlabelled), sizes, strict=True):
            n_rounds = -(-self._n_steps * size // len(rows))
            drawn = np.concatenate([generator.permutation(rows) for _ in range(n_rounds)])
            columns.append(drawn[: self._n_steps * size].reshape(self._n_steps, size))
        return np.concatenate(columns, axis=1).ravel()
