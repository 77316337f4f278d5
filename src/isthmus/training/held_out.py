"""The loss of held-out rows, which decides what parameters are kept."""

from __future__ import annotations

from typing import Any, TypeAlias, final

import jax
import numpy as np
from scipy.stats import wilcoxon

from isthmus.objectives import Loss
from isthmus.training.batches import Batches
from isthmus.training.compiled import held_out_losses
from isthmus.training.devices import Devices
from isthmus.training.layout import Layout, Parameters

Judging: TypeAlias = list[tuple[jax.Array, jax.Array]]

# Chosen on splits of small tables (docs/log.md, leaving the linear start).
_ONE_IN = 10  # fits that gain nothing, one is taken for a gain
_MANY_STANDARD_ERRORS = 3.0
_LARGE_SHARE = 0.25  # of the loss
_FEWEST = 4


@final
class HeldOut:
    """Held-out rows, placed on the devices once."""

    def __init__(
        self, layout: Layout, objective: Loss[Any], batches: Batches, devices: Devices
    ) -> None:
        self._layout, self._objective = layout, objective
        self._key = devices.key(0)
        self._devices = devices
        self._blocks = list(devices.blocks(batches))

    def begun(self, parameters: Parameters) -> Judging:
        """Let the devices begin with it, and do not wait."""
        parameters = self._devices.everywhere(parameters)
        return [
            held_out_losses(
                parameters,
                block,
                self._key,
                layout=self._layout,
                objective=self._objective,
                replicated=self._devices.replicated,
            )
            for block in self._blocks
        ]

    def finished(self, judging: Judging) -> np.ndarray:
        """Wait for what was begun, and give each row's loss and what follows it, in columns."""
        found = [(np.asarray(losses), np.asarray(counts)) for losses, counts in judging]
        losses = np.concatenate([losses[counts > 0] for losses, counts in found])
        return losses.reshape(len(losses), -1)

    def losses(self, parameters: Parameters) -> np.ndarray:
        """Give each row's loss, without its terms: ``(rows, models)``."""
        losses: Any = self.finished(self.begun(parameters))
        own: Any = self._objective.without_terms(losses)
        return own.reshape(len(losses), -1)


def mean_losses(losses: np.ndarray) -> np.ndarray:
    """Give the mean loss of rows, and of what follows it."""
    return losses.mean(axis=0, dtype=np.float64)


@final
class Fallback:
    """Parameters that are kept unless others do better on held-out rows, and not by chance.

    They may be those of several models, each of which has a column of losses. With a floor,
    others must do no worse in the mean of that loss too.
    """

    def __init__(
        self, parameters: Parameters, held_out: HeldOut, floor: HeldOut | None = None
    ) -> None:
        self.parameters, self._held_out, self._floor = parameters, held_out, floor
        self._losses = held_out.losses(parameters)
        self._most = None if floor is None else mean_losses(floor.losses(parameters))

    @property
    def means(self) -> np.ndarray:
        """The mean losses of rows."""
        return mean_losses(self._losses)

    def admits(self, parameters: Parameters, better: np.ndarray) -> np.ndarray:
        """Tell which of the models that are better keep to the floor."""
        if self._floor is None or not better.any():
            return better
        return better & (mean_losses(self._floor.losses(parameters)) <= self._most)

    def gives_way(self, parameters: Parameters) -> np.ndarray:
        """Tell which of the models do better by more than chance."""
        pairs = zip(self._losses.T, self._held_out.losses(parameters).T, strict=True)
        return np.array([beyond_chance(before, after) for before, after in pairs])


def beyond_chance(before: np.ndarray, after: np.ndarray) -> bool:
    """Tell whether what rows gain is more than chance, so that others may be expected to gain.

    A few rows that are far off do not sway the ranks of all, and make the mean uncertain. Where
    it is certain nevertheless, few may gain what most do not; and that much of all there is to
    gain is not gained by choosing among epochs.

    References
    ----------
    Wilcoxon (1945), Individual comparisons by ranking methods.
    """
    gains = before - after
    if len(gains) < _FEWEST or not gains.any():
        return False
    mean, error = gains.mean(), gains.std(ddof=1) / np.sqrt(len(gains))
    if mean > _MANY_STANDARD_ERRORS * error or mean > _LARGE_SHARE * before.mean() > 0:
        return True
    test: Any = wilcoxon(gains, alternative="greater")
    return bool(test.pvalue < 1 / _ONE_IN)
