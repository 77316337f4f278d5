"""What training gives, and what it goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar, final

from isthmus.training.compiled import Carry

M = TypeVar("M")


class TrainingState(NamedTuple):
    """What training goes on from: parameters, optimizer state and number of the epoch."""

    carry: Carry
    epoch: int


@final
@dataclass
class Training(Generic[M]):
    """What training gives.

    Attributes
    ----------
    model
        The best parameters seen: those with the least held-out loss, or the last ones where
        no rows were held out.
    history : dict of str to list
        Per epoch: "loss" (mean per row, penalties included, while the parameters moved),
        "validation_loss" (if rows were held out) and "seconds" since the start; a loss with
        terms has these beside it, as "reconstruction" and "validation_reconstruction".
    best_epoch : int
        The epoch, counted from 1, whose parameters were kept; 0 where the fallback was.
    interrupted : bool
        Whether Ctrl-C ended it.
    state : TrainingState or None
        What to go on from; None where no update was made.
    """

    model: M
    history: dict[str, list[float]]
    best_epoch: int
    interrupted: bool
    state: TrainingState | None = None

    @classmethod
    def untrained(cls, model: M, history: dict[str, list[float]]) -> Training[M]:
        """Give what a training is that was stopped before its first update."""
        return cls(model, {"loss": [], "seconds": [], **history}, best_epoch=0, interrupted=True)
