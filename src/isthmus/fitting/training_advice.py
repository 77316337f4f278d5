"""Training that was stopped too early says so, and training that gained nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def training_advice(estimators: Sequence[Any]) -> list[str]:
    """Give a sentence on those whose last epoch was their best, and one on those of no epoch."""
    judged = [estimator for estimator in estimators if _was_judged(estimator)]
    unfinished = [one for one in judged if one.best_epoch_ == _n_epochs(one)]
    started_best = [one for one in judged if one.best_epoch_ == 0]
    sentences = []
    if unfinished:
        sentences.append(
            f"Still improving{_which(unfinished, estimators)}: of {_n_epochs(unfinished[0]):,} "
            "epochs the last was the best; raise max_epochs."
        )
    if started_best:
        streamed = any(len(estimator.validation_rows_) for estimator in started_best)
        anew = "" if streamed else ", and found anew from all rows"
        sentences.append(
            f"PCA was kept{_which(started_best, estimators)}, where training starts{anew}: no gain "
            f"of {_n_epochs(started_best[0]):,} epochs could be told from chance on held-out rows; "
            "more rows or epochs may show one."
        )
    return sentences


def _was_judged(estimator: Any) -> bool:
    interrupted = getattr(estimator, "interrupted_", False)
    return bool(estimator.history_.get("validation_loss")) and not interrupted


def _n_epochs(estimator: Any) -> int:
    return len(estimator.history_["validation_loss"])


def _which(some: Sequence[Any], all_: Sequence[Any]) -> str:
    if len(all_) == 1:
        return ""
    sizes = list(dict.fromkeys(str(estimator.n_components_) for estimator in some))
    return f" with {' and '.join(sizes)} components"
