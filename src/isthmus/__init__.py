"""Isthmus: the autoencoder that scikit-learn never had."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isthmus.errors import DataError, IsthmusError, ModelFileError
    from isthmus.estimators import Autoencoder, LinearAutoencoder, load
    from isthmus.io import Dataset, read
    from isthmus.networks import Dense, Linear
    from isthmus.objectives import Bernoulli, SquaredError
    from isthmus.report import write_report

__version__ = "0.1.0"

# Names are imported on first use: `isthmus --help` must not wait for JAX.
_HOMES = {
    "Autoencoder": "isthmus.estimators",
    "Bernoulli": "isthmus.objectives",
    "DataError": "isthmus.errors",
    "Dataset": "isthmus.io",
    "Dense": "isthmus.networks",
    "IsthmusError": "isthmus.errors",
    "Linear": "isthmus.networks",
    "LinearAutoencoder": "isthmus.estimators",
    "ModelFileError": "isthmus.errors",
    "SquaredError": "isthmus.objectives",
    "load": "isthmus.estimators",
    "read": "isthmus.io",
    "write_report": "isthmus.report",
}

__all__ = [
    "Autoencoder",
    "Bernoulli",
    "DataError",
    "Dataset",
    "Dense",
    "IsthmusError",
    "Linear",
    "LinearAutoencoder",
    "ModelFileError",
    "SquaredError",
    "load",
    "read",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'isthmus' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
