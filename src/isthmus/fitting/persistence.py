"""Estimators to files and back; loading executes nothing.

This module knows no estimator: those that can be saved register themselves by their class names,
and each gives its state and takes it back.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from inspect import isabstract
from typing import Any, ClassVar, Self

import equinox as eqx
import jax
import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator

from isthmus.errors import IsthmusError, ModelFileError
from isthmus.family import is_member, is_part, part_class
from isthmus.io import read_model_file, write_model_file
from isthmus.version import __version__

# Read once: an upgrade while a model is trained must not take away the means to save it.
_VERSIONS = {
    "isthmus": __version__,
    "jax": jax.__version__,
    "numpy": np.__version__,
    "scikit-learn": sklearn.__version__,
}
_DAMAGES = (
    ArithmeticError,
    AttributeError,
    IsthmusError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)

Tensors = Mapping[str, np.ndarray]


class _UnknownError(LookupError):
    """A name of a part or an estimator that nothing has registered."""


class Persistent(BaseEstimator, ABC):
    """An estimator that can be saved, and loaded by the name of its class."""

    _registered: ClassVar[dict[str, type[Persistent]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        before = Persistent._registered.get(cls.__name__)
        if before is not None and before.__module__ != cls.__module__:
            raise IsthmusError(
                f"there is an estimator {cls.__name__} already, in {before.__module__}: give "
                "yours another name, since model files know estimators by their names."
            )
        Persistent._registered[cls.__name__] = cls

    @classmethod
    def subclasses(cls) -> dict[str, type[Self]]:
        """Give all estimators of this kind that there are, by the names of their classes."""
        found: Any = {
            name: registered
            for name, registered in sorted(Persistent._registered.items())
            if issubclass(registered, cls) and not isabstract(registered)
        }
        return found

    def check_parameters(self) -> None:
        """Raise ValueError where a parameter is none that any data could make right."""
        self._validate_params()

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""

    @classmethod
    @abstractmethod
    def from_state(cls, values: dict[str, Any], tensors: Tensors) -> Self:
        """Give the estimator that had this state; ValueError and the like where there is none."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.isthmus`` file, which `isthmus.load` reads without executing anything.

        Parameters
        ----------
        path : str or Path
            Its name ends in ``.isthmus``; a file that is there is replaced.

        Raises
        ------
        IsthmusError
            The file cannot be written, or a parameter is no part that a file could bring back.
        """
        header, tensors = describe(self)
        write_model_file(path, {**header, "versions": _VERSIONS}, tensors)


def describe(estimator: Persistent) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Give the header and the arrays that a model file holds of a fitted estimator."""
    values, tensors = estimator.state()
    return {"class": type(estimator).__name__, **values}, tensors


def restore(header: dict[str, Any], tensors: Tensors) -> Any:
    """Give the estimator that `describe` told of.

    Raises
    ------
    ValueError, LookupError, TypeError, and others
        The parts do not fit together.
    """
    return _registered(header["class"]).from_state(header, tensors)


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
        return restore(header, tensors)
    except _UnknownError as error:
        raise ModelFileError(
            f"{os.fspath(path)} holds parts that do not fit together: {error} is nothing that "
            "Isthmus knows; if it is of your own making, import the module that defines it first."
        ) from error
    except _DAMAGES as error:
        raise ModelFileError(
            f"{os.fspath(path)} holds parts that do not fit together: it was altered, "
            "or written by another version of Isthmus; save the model again."
        ) from error


def _registered(name: str) -> Any:
    kinds = Persistent.subclasses()
    if name not in kinds:
        raise _UnknownError(repr(name)[:80])
    return kinds[name]


def fill(skeleton: Any, tensors: Tensors) -> Any:
    """Put the file's arrays where a pytree has their shapes."""
    leaves = []
    for name, leaf in named_leaves(skeleton).items():
        tensor = tensors[name]
        if tensor.shape != leaf.shape or tensor.dtype != leaf.dtype:
            raise ValueError(f"{name} has the wrong shape")
        if not np.isfinite(tensor).all():
            raise ValueError(f"{name} holds something else than numbers")
        leaves.append(tensor)
    return jax.tree.unflatten(jax.tree.structure(skeleton), leaves)


def named_leaves(tree: Any) -> dict[str, Any]:
    """Give the arrays of a pytree by the paths that lead to them."""
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
    }


def encoded_parameters(estimator: Any) -> dict[str, Any]:
    """Give an estimator's parameters as JSON can hold them."""
    parameters = estimator.get_params(deep=False)
    return {name: encode(value) for name, value in parameters.items()}


def decoded_parameters(values: dict[str, Any]) -> dict[str, Any]:
    """Give the parameters that `encoded_parameters` told of."""
    return {name: decode(value) for name, value in values.items()}


def encode(value: Any) -> Any:
    """Give a parameter as JSON can hold it: a part or an estimator by its name and settings."""
    if is_part(value):
        return _encode_part(value)
    if isinstance(value, FrozenEstimator):
        return encode(value.estimator)
    if isinstance(value, Persistent):
        return {"estimator": type(value).__name__, "parameters": encoded_parameters(value)}
    if isinstance(value, np.random.RandomState):
        return None
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": encode(list(value))}
    if isinstance(value, Mapping):
        return {"mapping": {str(name): encode(item) for name, item in value.items()}}
    return value


def decode(value: Any) -> Any:
    """Give the parameter that `encode` told of."""
    if isinstance(value, dict) and "tuple" in value:
        return tuple(decode(item) for item in value["tuple"])
    if isinstance(value, dict) and "mapping" in value:
        return {name: decode(item) for name, item in value["mapping"].items()}
    if isinstance(value, dict) and "estimator" in value:
        estimator = _registered(value["estimator"])(**decoded_parameters(value["parameters"]))
        estimator.check_parameters()
        return estimator
    if isinstance(value, dict):
        try:
            part: Any = part_class(value["part"])
        except KeyError as error:
            raise _UnknownError(repr(value["part"])[:80]) from error
        left_out = ("part", *part.part_forgotten)
        return part(**{name: decode(value[name]) for name in value if name not in left_out})
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def _encode_part(part: Any) -> dict[str, Any]:
    name = type(part).__name__
    if not is_member(part):
        raise IsthmusError(
            f"{name} was defined anew or its name begins with an underscore, so a file could not "
            "bring it back: make the part again, or name its class without an underscore."
        )
    settings = {
        field.name: encode(getattr(part, field.name))
        for field in fields(part)
        if not isinstance(part, eqx.Module)
        or field.metadata.get("static", False)
        or _is_of_parts(getattr(part, field.name))
    }
    return {"part": name, **settings}


def _is_of_parts(value: Any) -> bool:
    """Tell parts from what a part has learned, which is stored with the model's arrays."""
    items = value if isinstance(value, (list, tuple)) and value else [value]
    return all(map(is_part, items))
