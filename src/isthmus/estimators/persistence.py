"""Estimators to files and back; loading executes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version
from typing import Any

import equinox as eqx
import jax
import numpy as np

from isthmus.errors import IsthmusError, ModelFileError
from isthmus.estimators.autoencoder import Autoencoder
from isthmus.estimators.base import BaseAutoencoder
from isthmus.estimators.contractive import ContractiveAutoencoder
from isthmus.estimators.convolutional import ConvolutionalAutoencoder
from isthmus.estimators.denoising import DenoisingAutoencoder
from isthmus.estimators.linear import LinearAutoencoder
from isthmus.estimators.sparse import SparseAutoencoder
from isthmus.estimators.variational import VariationalAutoencoder
from isthmus.io import read_model_file, write_model_file
from isthmus.networks import ARCHITECTURES, Architecture, shapes_only
from isthmus.objectives import (
    CODES,
    CORRUPTIONS,
    LIKELIHOODS,
    PENALTIES,
    Code,
    Corruption,
    Likelihood,
    Model,
    Penalty,
)
from isthmus.prepare import Preparation

ESTIMATORS: dict[str, type[BaseAutoencoder]] = {
    estimator.__name__: estimator
    for estimator in (
        Autoencoder,
        ContractiveAutoencoder,
        ConvolutionalAutoencoder,
        DenoisingAutoencoder,
        LinearAutoencoder,
        SparseAutoencoder,
        VariationalAutoencoder,
    )
}

_PARTS: dict[str, type] = {
    part.__name__: part
    for family in (ARCHITECTURES, CODES, CORRUPTIONS, LIKELIHOODS, PENALTIES)
    for part in family.values()
}
_PART = (Architecture, Code, Corruption, Likelihood, Penalty)
_LIBRARIES = ("isthmus", "jax", "numpy", "scikit-learn")
_CONTAINERS = ("array", "pandas", "polars", "arrow")


def save(estimator: BaseAutoencoder, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator."""
    values, arrays = estimator.preparation_.state()
    tensors = {f"preparation.{name}": array for name, array in arrays.items()}
    tensors |= {name: np.asarray(leaf) for name, leaf in _named_leaves(estimator.model_)}
    names = getattr(estimator, "feature_names_in_", None)
    header = {
        "class": type(estimator).__name__,
        "parameters": {
            name: _encode_parameter(value)
            for name, value in estimator.get_params(deep=False).items()
        },
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
        "versions": {library: version(library) for library in _LIBRARIES},
    }
    write_model_file(path, header, tensors)


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
        return _restore(header, tensors)
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


def _restore(header: dict[str, Any], tensors: Mapping[str, np.ndarray]) -> BaseAutoencoder:
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
    estimator.history_ = {
        str(name): [float(value) for value in values] for name, values in fitted["history"].items()
    }
    for name in estimator._saved:
        if name in fitted["attributes"]:
            value = np.array(fitted["attributes"][name])
            setattr(estimator, name, value if value.ndim else value.item())
    likelihood = _decode_parameter(fitted["likelihood"])
    if not isinstance(likelihood, Likelihood):
        raise ValueError("unknown likelihood")
    estimator.model_ = _restore_model(estimator, likelihood, tensors)
    estimator._training_state, estimator._training_seed = None, estimator._seed()
    estimator.validation_rows_ = np.empty(0, int)
    return estimator


def _restore_model(
    estimator: BaseAutoencoder, likelihood: Likelihood, tensors: Mapping[str, np.ndarray]
) -> Model:
    row_shape = estimator.preparation_.schema.row_shape
    skeleton = estimator._build(row_shape, likelihood, shapes_only)
    leaves = []
    for name, leaf in _named_leaves(skeleton):
        tensor = tensors[name]
        if tensor.shape != leaf.shape or tensor.dtype != leaf.dtype:
            raise ValueError(f"{name} has the wrong shape")
        leaves.append(tensor)
    return jax.tree.unflatten(jax.tree.structure(skeleton), leaves)


def _named_leaves(model: Model) -> list[tuple[str, Any]]:
    leaves = jax.tree_util.tree_leaves_with_path(model)
    return [(jax.tree_util.keystr(path, simple=True, separator="."), leaf) for path, leaf in leaves]


def _encode_parameter(value: Any) -> Any:
    if isinstance(value, _PART):
        return _encode_part(value)
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
    if isinstance(value, dict):
        part = _PARTS[value["part"]]
        return part(**{name: _decode_parameter(value[name]) for name in value if name != "part"})
    if isinstance(value, list):
        return [_decode_parameter(item) for item in value]
    return value
