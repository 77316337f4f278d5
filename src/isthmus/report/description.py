"""What a model file holds, in a few lines."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from isthmus.estimators import AutoencoderImputer, OutlierDetector
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.supervised import SupervisedAutoencoder
from isthmus.prepare import Preparation, TablePreparation

_AT_ENDS = {
    "Bernoulli": ", more than half of them 0 or 1",
    "SquaredError": ", at most half of them 0 or 1",
}


def describe(
    estimator: BaseAutoencoder | SupervisedAutoencoder | OutlierDetector | AutoencoderImputer,
) -> dict[str, Any]:
    """Give the facts about a fitted estimator, as plain values."""
    if isinstance(estimator, OutlierDetector):
        return _describe_detector(estimator)
    if isinstance(estimator, AutoencoderImputer):
        return _describe_imputer(estimator)
    if isinstance(estimator, SupervisedAutoencoder):
        return _describe_predictor(estimator)
    schema = estimator.preparation_.schema
    description: dict[str, Any] = {
        "model": type(estimator).__name__,
        "data": str(schema),
        "columns": list(schema.names) if schema.names else None,
        "code": f"{estimator.n_components_} numbers for {schema.n_features}",
        "layers": _layers(estimator.preparation_.n_features, estimator.model_.network.encoder),
        "parameters": _size(estimator.model_),
        **_scaling(estimator.preparation_),
        "likelihood": likelihood_of(estimator),
        "epochs": len(estimator.history_["seconds"]),
    }
    held_out, kept = estimator.history_.get("validation_loss"), getattr(estimator, "best_epoch_", 0)
    if held_out and kept:
        description["held-out loss"] = held_out[kept - 1]
    description["made with"] = " ".join(repr(estimator).split())
    return {name: value for name, value in description.items() if value is not None}


def likelihood_of(estimator: BaseAutoencoder) -> str:
    """Name the likelihood, with the reason why it was chosen where nobody asked for it."""
    likelihood = type(estimator.model_.likelihood).__name__
    chosen = any(estimator.get_params().get(name) == "auto" for name in ("likelihood", "visible"))
    reason = estimator.preparation_.support_reason if chosen else ""
    if reason and estimator.preparation_.support == "unit":
        reason += _AT_ENDS.get(likelihood, "")
    return since(likelihood, reason)


def since(choice: str, reason: str) -> str:
    """Add the reason of a choice, if there is one."""
    return f"{choice}, since {reason}" if reason else choice


def _describe_predictor(estimator: SupervisedAutoencoder) -> dict[str, Any]:
    preparation = estimator.autoencoder_.preparation_
    schema, model = preparation.schema, estimator.model_
    classes = getattr(estimator, "classes_", None)
    description: dict[str, Any] = {
        "model": type(estimator).__name__,
        "data": str(schema),
        "columns": list(schema.names) if schema.names else None,
        "classes": None if classes is None else classes.tolist(),
        "layers": _layers(preparation.n_features, (model.autoencoder.network.encoder, model.head)),
        "parameters": _size(model),
        **_scaling(preparation),
        "learned by": _teaching(estimator),
        "epochs": len(estimator.history_["seconds"]),
        "made with": " ".join(repr(estimator).split()),
    }
    return {name: value for name, value in description.items() if value is not None}


def _teaching(estimator: SupervisedAutoencoder) -> str:
    """Tell what fine-tuning learned by, chosen or given."""
    teaching = estimator.teaching_
    told = [f"learning rate {teaching.learning_rate:g}"]
    if teaching.dropout:
        told.append(f"dropout {teaching.dropout:g}")
    told += [repr(part) for part in (teaching.corruption, *teaching.unlabelled) if part is not None]
    if teaching.propagated:
        told.append(f"labels spread to the surest {teaching.propagated:.0%} of the other rows")
    return ", ".join(told)


def _describe_imputer(estimator: AutoencoderImputer) -> dict[str, Any]:
    schema, network = estimator.preparation_.schema, estimator.models_[0].network
    description: dict[str, Any] = {
        "model": type(estimator).__name__,
        "data": str(schema),
        "columns": list(schema.names) if schema.names else None,
        "networks": len(estimator.models_),
        "layers": _layers(estimator.preparation_.n_features, (network.encoder, network.decoder)),
        "parameters": _size(estimator.models_),
        **_scaling(estimator.preparation_),
        "epochs": len(estimator.history_["seconds"]),
        "made with": " ".join(repr(estimator).split()),
    }
    return {name: value for name, value in description.items() if value is not None}


def _scaling(preparation: Preparation) -> dict[str, Any]:
    if isinstance(preparation, TablePreparation):
        return {"kinds": preparation.describe()}
    return {"scaling": since(preparation.scaling, preparation.reason)}


def _describe_detector(estimator: OutlierDetector) -> dict[str, Any]:
    schema = estimator.preparation_.schema
    description: dict[str, Any] = {
        "model": type(estimator).__name__,
        "data": str(schema),
        "columns": list(schema.names) if schema.names else None,
        "judged by": estimator.method_,
        "outliers score below": estimator.offset_,
        "made with": " ".join(repr(estimator).split()),
    }
    return {name: value for name, value in description.items() if value is not None}


def _layers(n_features: int, layers: Any) -> str:
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(layers)]
    widths = [shape[1] for shape in shapes if len(shape) == 2]
    return " → ".join(map(str, [n_features, *widths]))


def _size(model: Any) -> int:
    return sum(int(np.size(leaf)) for leaf in jax.tree.leaves(model))
