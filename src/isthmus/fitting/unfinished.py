"""Training that was stopped too early says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def still_improving(estimators: Sequence[Any]) -> str | None:
    """Say where the last epoch was the best on held-out rows; None where it was of none."""
    unfinished = [estimator for estimator in estimators if _ended_at_its_best(estimator)]
    if not unfinished:
        return None
    n_epochs = len(unfinished[0].history_["loss"])
    sizes = list(dict.fromkeys(str(estimator.n_components_) for estimator in unfinished))
    which = "" if len(estimators) == 1 else f" with {' and '.join(sizes)} components"
    return (
        f"Still improving{which}: of {n_epochs:,} epochs the last was the best; raise max_epochs."
    )


def _ended_at_its_best(estimator: Any) -> bool:
    history = estimator.history_
    if "validation_loss" not in history or getattr(estimator, "interrupted_", False):
        return False
    return 0 < estimator.best_epoch_ == len(history["loss"])
