"""Where training starts that has linear shortcuts: at the principal components."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np

from isthmus.fitting.rows import TrainingRows
from isthmus.models import Model
from isthmus.networks import ShortcutNetwork
from isthmus.runs import Processes


def linear_start(model: Model, rows: TrainingRows) -> Model | None:
    """Let a model start as principal component analysis; None if its network has no shortcuts.

    The components keep their proportions in the code, whose units have a mean variance of 1: the
    layers beside the shortcuts start best with numbers of that size.

    References
    ----------
    Baldi & Hornik (1989), Neural networks and principal component analysis.
    """
    network = model.network
    if not isinstance(network, ShortcutNetwork):
        return None
    processes = Processes()
    content = BytesIO()
    if processes.first:
        found = rows.principal_components(network.n_components)
        variance = float(np.mean(found.explained_variance))
        scale = np.sqrt(variance) if variance > 0 else 1.0
        np.savez(content, components=found.components, mean=found.mean, scale=scale)
    # Other processors may round otherwise, and all processes of a job must start alike.
    content = BytesIO(processes.from_first(content.getvalue()))
    with np.load(content) as start:
        mean = start["mean"].astype(float)
        network = network.starting_linear(
            start["components"], float(start["scale"]), mean, model.likelihood.parameters_at(mean)
        )
    return replace(model, network=network)
