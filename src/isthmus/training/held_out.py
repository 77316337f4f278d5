"""The loss of held-out rows, which decides what parameters are kept."""

from __future__ import annotations

from typing import Any, final

import jax
import numpy as np

from isthmus.objectives import Loss
from isthmus.training.batches import Batches
from isthmus.training.compiled import held_out_loss
from isthmus.training.devices import Devices
from isthmus.training.layout import Layout, Parameters


@final
class HeldOut:
    """Held-out rows, placed on the devices once."""

    def __init__(
        self, layout: Layout, objective: Loss[Any], batches: Batches, devices: Devices
    ) -> None:
        self._layout, self._objective = layout, objective
        self._n_rows = batches.n_rows
        self._key = devices.key(0)
        self._devices = devices
        self._blocks = list(devices.blocks(batches))

    def loss(self, parameters: Parameters) -> float:
        """Give the mean loss per held-out row."""
        return float(self.losses(parameters)[0])

    def losses(self, parameters: Parameters) -> np.ndarray:
        """Give the mean loss per held-out row, and after it the means of its terms."""
        return self.finished(self.begun(parameters))

    def begun(self, parameters: Parameters) -> list[jax.Array]:
        """Let the devices begin with it, and do not wait."""
        parameters = self._devices.everywhere(parameters)
        return [
            held_out_loss(
                parameters, block, self._key, layout=self._layout, objective=self._objective
            )
            for block in self._blocks
        ]

    def finished(self, sums: list[jax.Array]) -> np.ndarray:
        """Wait for what was begun, and give the losses."""
        total = sum(np.asarray(each, np.float64) for each in sums)
        return np.atleast_1d(total) / self._n_rows


@final
class Floor:
    """How well, at least, held-out rows must do: as well as with some other parameters."""

    def __init__(self, held_out: HeldOut, fallback: Parameters) -> None:
        self._held_out = held_out
        self._most = held_out.loss(fallback)

    def holds(self, parameters: Parameters) -> bool:
        """Tell whether these parameters do no worse."""
        return self._held_out.loss(parameters) <= self._most
