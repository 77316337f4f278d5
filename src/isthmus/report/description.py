"""What a model file holds, in a few lines."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from isthmus.estimators import BaseAutoencoder


def describe(estimator: BaseAutoencoder) -> dict[str, Any]:
    """Give the facts about a fitted estimator, as plain values."""
    schema = estimator.preparation_.schema
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(estimator.model_.network.encoder)]
    widths = [shape[1] for shape in shapes if len(shape) == 2]
    description: dict[str, Any] = {
        "model": type(estimator).__name__,
        "data": str(schema),
        "columns": list(schema.names) if schema.names else None,
        "code": f"{estimator.n_components_} numbers for {schema.n_features}",
        "layers": " → ".join(map(str, [schema.n_features, *widths])),
        "parameters": sum(int(np.size(leaf)) for leaf in jax.tree.leaves(estimator.model_)),
        "scaling": estimator.preparation_.scaling,
        "likelihood": type(estimator.model_.likelihood).__name__,
        "epochs": len(estimator.history_["loss"]),
    }
    held_out = estimator.history_.get("validation_loss")
    if held_out:
        description["held-out loss"] = min(held_out)
    description["made with"] = repr(estimator)
    return {name: value for name, value in description.items() if value is not None}
