"""Where training stands, and how a checkpoint holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.training.compiled import Carry
from isthmus.training.layout import Parameters


@dataclass
class Snapshot:
    """Where training stands between two compiled calls."""

    carry: Carry
    epoch: int  # the one being run, counted from 1
    step: int = 0  # minibatches of that epoch that are done
    best: Parameters | None = None
    best_loss: float = np.inf
    best_epoch: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    finished: bool = False

    def header(self) -> dict[str, Any]:
        """Give the numbers that JSON holds."""
        return {
            "epoch": self.epoch,
            "step": self.step,
            "best_epoch": self.best_epoch,
            "finished": self.finished,
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Give all else, by name."""
        leaves = jax.tree.leaves(self.carry)
        arrays = {f"carry.{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
        # JSON has no infinity, arrays do.
        arrays |= {
            "best_loss": np.array(self.best_loss, np.float64),
            "seconds": np.array(self.seconds, np.float64),
        }
        for name, values in self.history.items():
            arrays[f"history.{name}"] = np.array(values, np.float64)
        if self.best is not None:
            arrays |= {f"best.{i}": np.asarray(array) for i, array in enumerate(self.best)}
        return arrays

    def restored(self, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Snapshot:
        """Give the one that was stored; its arrays must have the shapes of this one's.

        Raises
        ------
        LookupError or ValueError
            They have not.
        """
        leaves, structure = jax.tree.flatten(self.carry)
        saved = [_like(arrays[f"carry.{i}"], leaf) for i, leaf in enumerate(leaves)]
        best = None
        if "best.0" in arrays:
            best = tuple(
                _like(arrays[f"best.{i}"], array) for i, array in enumerate(self.carry.parameters)
            )
        return Snapshot(
            jax.tree.unflatten(structure, saved),
            int(header["epoch"]),
            int(header["step"]),
            best,
            float(arrays["best_loss"]),
            int(header["best_epoch"]),
            {name: arrays[f"history.{name}"].tolist() for name in self.history},
            float(arrays["seconds"]),
            bool(header["finished"]),
        )


def snapshot_bytes(model: Any) -> int:
    """Give about what a snapshot takes while this model is trained."""
    # With the moments and the best so far the parameters are there four times.
    return 4 * sum(leaf.nbytes for leaf in jax.tree.leaves(model))


def _like(array: np.ndarray, leaf: jax.Array) -> jax.Array:
    if array.shape != leaf.shape or array.dtype != leaf.dtype:
        raise ValueError("an array has the wrong shape")
    return jnp.asarray(array)
