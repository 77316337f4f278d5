"""Fine-tuning as a ladder network, and the plain predictor that it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import numpy as np

from isthmus.errors import IsthmusError
from isthmus.fitting.fine_tuning import FineTuningParameters
from isthmus.fitting.neighbourhood import spread_over
from isthmus.fitting.teaching import AUTO
from isthmus.models import LadderNetwork, Predictor
from isthmus.models.ladder import Groups
from isthmus.networks import DenseNetwork, glorot_uniform
from isthmus.objectives import Ladder, LadderSupervision, Outcome, PredictionTerm, Unlabelled
from isthmus.prepare import as_float
from isthmus.runs.computing import computing
from isthmus.training import Plan

# Rows whose means and deviations become part of the weights.
_MOST_ROWS = 10_000


def with_ladder(
    plan: Plan[Predictor],
    given: FineTuningParameters,
    outcome: Outcome,
    unlabelled: tuple[Unlabelled, ...],
    generator: np.random.Generator,
) -> Plan[Any]:
    """Give the plan of a ladder network, where one is among what unlabelled rows teach."""
    ladders = [way for way in unlabelled if isinstance(way, Ladder)]
    if not ladders:
        return plan
    if len(ladders) > 1:
        raise IsthmusError("unlabelled holds two ladders, but layers have one: leave one away.")
    _check(given, plan.model)
    terms = tuple(way for way in unlabelled if isinstance(way, PredictionTerm))
    network = LadderNetwork.around(plan.model, glorot_uniform(generator))
    rates = plan.relative_rates
    if rates is not None:
        rates = replace(jax.tree.map(np.ones_like, network), predictor=rates)
    return Plan(network, LadderSupervision(outcome, ladders[0], terms), plan.settings, rates)


def predictor_of(model: Predictor | LadderNetwork, matrix: np.ndarray) -> Predictor:
    """Give what predicting needs; a ladder network takes means and deviations from these rows."""
    if isinstance(model, LadderNetwork):
        rows = matrix[spread_over(len(matrix), _MOST_ROWS)]
        ones = np.ones(len(rows), np.float32)
        with computing():
            passed = jax.jit(LadderNetwork.encode)(model, as_float(rows), Groups(ones, ones))
        moments = jax.tree.map(lambda each: np.asarray(each[0]), (passed.means, passed.deviations))
        model = model.folded(*moments)
    return model.without_decoder()


def _check(given: FineTuningParameters, predictor: Predictor) -> None:
    """Refuse parameters of an estimator that a ladder network has no use for.

    Raises
    ------
    IsthmusError
        They ask for something else than the ladder's own noise and costs, or the network is none
        of fully connected layers.
    """
    network = predictor.autoencoder.network.without_shortcuts
    if not isinstance(network, DenseNetwork):
        raise IsthmusError(
            f"unlabelled=Ladder() needs fully connected layers, but the autoencoder has a "
            f"{type(network).__name__}: give one such as DenoisingAutoencoder(64), or another "
            "part to unlabelled, such as VirtualAdversarial()."
        )
    unused = {
        "corruption": (AUTO, None),
        "dropout": (AUTO, 0),
        "early_stopping": (False,),
        "frozen_encoder": (False,),
        "reconstruction": (0,),
    }
    for name, values in unused.items():
        value = getattr(given, name)
        if value not in values:
            raise IsthmusError(
                f"{name}={value!r} does not go with unlabelled=Ladder(), which has noise and "
                f"costs of its own and learns in all layers: leave {name} away."
            )
