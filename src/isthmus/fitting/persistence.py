"""Estimators to files and back; loading executes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib.metadata import version
from typing import Any

import equinox as eqx
import jax
import numpy as np
from sklearn.frozen import FrozenEstimator

from isthmus.errors import IsthmusError, ModelFileError
from isthmus.estimators.autoencoder import Autoencoder
from isthmus.estimators.boltzmann import BoltzmannMachine
from isthmus.estimators.classifier import AutoencoderClassifier
from isthmus.estimators.contractive import ContractiveAutoencoder
from isthmus.estimators.convolutional import ConvolutionalAutoencoder
from isthmus.estimators.denoising import DenoisingAutoencoder
from isthmus.estimators.linear import LinearAutoencoder
from isthmus.estimators.regressor import AutoencoderRegressor
from isthmus.estimators.sparse import SparseAutoencoder
from isthmus.estimators.stacked import StackedAutoencoder
from isthmus.estimators.variational import VariationalAutoencoder
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.supervised import SupervisedAutoencoder, n_head_inputs
from isthmus.io import read_model_file, write_model_file
from isthmus.models import CODES, LIKELIHOODS, Code, Likelihood, Model, Predictor
from isthmus.networks import ARCHITECTURES, Affine, Architecture, shapes_only
from isthmus.objectives import CORRUPTIONS, PENALTIES, UNLABELLED, Corruption, Penalty, Unlabelled
from isthmus.prepare import Preparation

ESTIMATORS: dict[str, type[BaseAutoencoder]] = {
    estimator.__name__: estimator
    for estimator in (
        Autoencoder,
        BoltzmannMachine,
        ContractiveAutoencoder,
        ConvolutionalAutoencoder,
        DenoisingAutoencoder,
        LinearAutoencoder,
        SparseAutoencoder,
        StackedAutoencoder,
        VariationalAutoencoder,
    )
}

PREDICTORS: dict[str, type[SupervisedAutoencoder]] = {
    predictor.__name__: predictor for predictor in (AutoencoderClassifier, AutoencoderRegressor)
}

_PARTS: dict[str, type] = {
    part.__name__: part
    for family in (ARCHITECTURES, CODES, CORRUPTIONS, LIKELIHOODS, PENALTIES, UNLABELLED)
    for part in family.values()
}
_PART = (Architecture, Code, Corruption, Likelihood, Penalty, Unlabelled)
_LIBRARIES = ("isthmus", "jax", "numpy", "scikit-learn")
_CONTAINERS = ("array", "pandas", "polars", "arrow")


def save(estimator: BaseAutoencoder, path: str | os.PathLike[str]) -> None:
    """Write a fitted autoencoder."""
    header = {**_describe(estimator), "versions": _versions()}
    write_model_file(path, header, _tensors(estimator, estimator.model_))


def save_predictor(estimator: SupervisedAutoencoder, path: str | os.PathLike[str]) -> None:
    """Write a fitted classifier or regressor, the autoencoder's preparation included."""
    names = getattr(estimator, "feature_names_in_", None)
    header = {
        "class": type(estimator).__name__,
        "parameters": _encode_parameters(estimator),
        "autoencoder": _describe(estimator._autoencoder),
        "fitted": {
            "best_epoch": estimator.best_epoch_,
            "feature_names_in": None if names is None else [str(name) for name in names],
            "frozen": estimator.model_.frozen,
            "history": estimator.history_,
            "interrupted": estimator.interrupted_,
            "layer": estimator.model_.layer,
            "n_features_in": estimator.n_features_in_,
            "outcome": estimator._outcome_state(),
        },
        "versions": _versions(),
    }
    write_model_file(path, header, _tensors(estimator._autoencoder, estimator.model_))


def _versions() -> dict[str, str]:
    return {library: version(library) for library in _LIBRARIES}


def _tensors(estimator: BaseAutoencoder, model: Model | Predictor) -> dict[str, np.ndarray]:
    _, arrays = estimator.preparation_.state()
    tensors = {f"preparation.{name}": array for name, array in arrays.items()}
    return tensors | {name: np.asarray(leaf) for name, leaf in _named_leaves(model)}


def _describe(estimator: BaseAutoencoder) -> dict[str, Any]:
    """Give all of a fitted autoencoder but its arrays."""
    values, _ = estimator.preparation_.state()
    names = getattr(estimator, "feature_names_in_", None)
    return {
        "class": type(estimator).__name__,
        "parameters": _encode_parameters(estimator),
        "fitted": {
            "attributes": {
                name: np.asarray(getattr(estimator, name)).tolist()
                for name in estimator._saved
                if hasattr(estimator, name)
            },
            "container": estimator._container,
            "feature_names_in": None if names is None else [str(name) for name in names],
            "history": estimator.history_,
            "likelihood": _encode_parameter(estimator.model_.likelihood),
            "n_components": estimator.n_components_,
            "n_features_in": estimator.n_features_in_,
            "preparation": values,
        },
    }


def load(path: str | os.PathLike[str]) -> Any:
    """Read a fitted estimator from a ``.isthmus`` file; nothing is unpickled or executed.

    Parameters
    ----------
    path : str or Path
        A file that an estimator's `save` or the command ``isthmus fit`` wrote.

    Returns
    -------
    estimator
        Of the class that was saved, ready to transform.

    Raises
    ------
    ModelFileError
        The file is missing, no model file, damaged, altered, or from a newer version.
    """
    header, tensors = read_model_file(path)
    try:
        if header["class"] in PREDICTORS:
            return _restore_predictor(header, tensors)
        estimator, skeleton = _restore(header, tensors)
        estimator.model_ = _fill(skeleton, tensors)
        return estimator
    except (
        ArithmeticError,
        AttributeError,
        IsthmusError,
        LookupError,
        MemoryError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ModelFileError(
            f"{os.fspath(path)} holds parts that do not fit together: it was altered, "
            "or written by another version of Isthmus; save the model again."
        ) from error


def _restore(
    header: dict[str, Any], tensors: Mapping[str, np.ndarray]
) -> tuple[BaseAutoencoder, Model]:
    """Give an autoencoder without its model, and the model's skeleton."""
    parameters = {name: _decode_parameter(value) for name, value in header["parameters"].items()}
    estimator = ESTIMATORS[header["class"]](**parameters)
    estimator._validate_params()
    fitted = header["fitted"]
    arrays = {name: tensors[f"preparation.{name}"] for name in ("offset", "scale")}
    estimator.preparation_ = Preparation.from_state(fitted["preparation"], arrays)
    estimator.n_components_ = int(fitted["n_components"])
    estimator.n_features_in_ = int(fitted["n_features_in"])
    if estimator.n_features_in_ != estimator.preparation_.n_features:
        raise ValueError("the number of features contradicts the preparation")
    if fitted["container"] not in _CONTAINERS:
        raise ValueError("unknown container")
    estimator._container = fitted["container"]
    if fitted["feature_names_in"] is not None:
        estimator.feature_names_in_ = np.array(fitted["feature_names_in"], dtype=object)
    estimator.history_ = _history(fitted["history"])
    for name in estimator._saved:
        if name in fitted["attributes"]:
            value = np.array(fitted["attributes"][name])
            setattr(estimator, name, value if value.ndim else value.item())
    likelihood = _decode_parameter(fitted["likelihood"])
    if not isinstance(likelihood, Likelihood):
        raise ValueError("unknown likelihood")
    estimator._training_state, estimator._training_seed = None, estimator._seed()
    estimator._warmed_up = True
    estimator.validation_rows_ = np.empty(0, int)
    row_shape = estimator.preparation_.schema.row_shape
    return estimator, estimator._build(row_shape, likelihood, shapes_only)


def _restore_predictor(
    header: dict[str, Any], tensors: Mapping[str, np.ndarray]
) -> SupervisedAutoencoder:
    parameters = {name: _decode_parameter(value) for name, value in header["parameters"].items()}
    estimator = PREDICTORS[header["class"]](**parameters)
    estimator._validate_params()
    fitted = header["fitted"]
    estimator._autoencoder, skeleton = _restore(header["autoencoder"], tensors)
    estimator._set_outcome_state(fitted["outcome"])
    estimator.n_features_in_ = estimator._autoencoder.n_features_in_
    if fitted["n_features_in"] != estimator.n_features_in_:
        raise ValueError("the number of features contradicts the preparation")
    if fitted["feature_names_in"] is not None:
        estimator.feature_names_in_ = np.array(fitted["feature_names_in"], dtype=object)
    estimator.history_ = _history(fitted["history"])
    estimator.best_epoch_ = int(fitted["best_epoch"])
    estimator.interrupted_ = bool(fitted["interrupted"])
    layer = None if fitted["layer"] is None else int(fitted["layer"])
    if layer is not None and not 1 <= layer < skeleton.network.n_layers:
        raise ValueError("unknown layer")
    predictor = Predictor(skeleton, Affine(None, None), layer, bool(fitted["frozen"]))
    n_units = n_head_inputs(predictor, estimator.n_features_in_)
    bias = np.zeros(estimator._n_outputs, np.float32)
    head = Affine(shapes_only(n_units, estimator._n_outputs, "identity"), bias)
    estimator.model_ = _fill(replace(predictor, head=head).without_decoder(), tensors)
    return estimator


def _history(history: dict[str, Any]) -> dict[str, list[float]]:
    return {str(name): [float(value) for value in values] for name, values in history.items()}


def _fill(skeleton: Any, tensors: Mapping[str, np.ndarray]) -> Any:
    """Put the file's arrays where the skeleton has their shapes."""
    leaves = []
    for name, leaf in _named_leaves(skeleton):
        tensor = tensors[name]
        if tensor.shape != leaf.shape or tensor.dtype != leaf.dtype:
            raise ValueError(f"{name} has the wrong shape")
        leaves.append(tensor)
    return jax.tree.unflatten(jax.tree.structure(skeleton), leaves)


def _named_leaves(model: Any) -> list[tuple[str, Any]]:
    leaves = jax.tree_util.tree_leaves_with_path(model)
    return [(jax.tree_util.keystr(path, simple=True, separator="."), leaf) for path, leaf in leaves]


def _encode_parameters(estimator: Any) -> dict[str, Any]:
    parameters = estimator.get_params(deep=False)
    return {name: _encode_parameter(value) for name, value in parameters.items()}


def _encode_parameter(value: Any) -> Any:
    if isinstance(value, _PART):
        return _encode_part(value)
    if isinstance(value, FrozenEstimator):
        return _encode_parameter(value.estimator)
    if isinstance(value, BaseAutoencoder):
        return {"estimator": type(value).__name__, "parameters": _encode_parameters(value)}
    if isinstance(value, np.random.RandomState):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [_encode_parameter(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": _encode_parameter(list(value))}
    return value


def _encode_part(part: Any) -> dict[str, Any]:
    name = type(part).__name__
    if _PARTS.get(name) is not type(part):
        raise IsthmusError(
            f"{name} is not a part of Isthmus itself, so a file could not bring it back: "
            "save with one of its own parts, or keep the estimator in memory."
        )
    settings = {
        field.name: _encode_parameter(getattr(part, field.name))
        for field in fields(part)
        # What a part has learned is stored with the model's arrays.
        if not isinstance(part, eqx.Module) or field.metadata.get("static", False)
    }
    return {"part": name, **settings}


def _decode_parameter(value: Any) -> Any:
    if isinstance(value, dict) and "tuple" in value:
        return tuple(_decode_parameter(item) for item in value["tuple"])
    if isinstance(value, dict) and "estimator" in value:
        parameters = {name: _decode_parameter(v) for name, v in value["parameters"].items()}
        return ESTIMATORS[value["estimator"]](**parameters)
    if isinstance(value, dict):
        part = _PARTS[value["part"]]
        return part(**{name: _decode_parameter(value[name]) for name in value if name != "part"})
    if isinstance(value, list):
        return [_decode_parameter(item) for item in value]
    return value
