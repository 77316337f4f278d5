"""Isthmus: the autoencoder that scikit-learn never had."""

import gc
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isthmus.errors import (
        CheckpointError,
        DataError,
        IsthmusError,
        ModelFileError,
    )
    from isthmus.estimators import (
        Autoencoder,
        AutoencoderClassifier,
        AutoencoderRegressor,
        BoltzmannMachine,
        ComponentSweep,
        ContractiveAutoencoder,
        ConvolutionalAutoencoder,
        DenoisingAutoencoder,
        LinearAutoencoder,
        SparseAutoencoder,
        StackedAutoencoder,
        VariationalAutoencoder,
    )
    from isthmus.fitting.persistence import load
    from isthmus.io import (
        Dataset,
        from_batches,
        limited_memory,
        read,
    )
    from isthmus.models import (
        Bernoulli,
        Deterministic,
        DiscretizedLogistic,
        Gaussian,
        GaussianCode,
        SquaredError,
        TopK,
    )
    from isthmus.networks import (
        Convolutional,
        Dense,
        Linear,
    )
    from isthmus.objectives import (
        L1,
        AuxiliaryTopK,
        Consistency,
        Contractive,
        GaussianNoise,
        Masking,
        PseudoLabels,
        SaltAndPepper,
        Swap,
        TargetActivation,
        VirtualAdversarial,
        WeightDecay,
    )
    from isthmus.report import (
        write_report,
    )
    from isthmus.training import (
        Checkpoint,
    )

__version__ = "0.1.0"

# Names are imported on first use: `isthmus --help` must not wait for JAX.
_HOMES = {
    "Autoencoder": "isthmus.estimators",
    "AutoencoderClassifier": "isthmus.estimators",
    "AutoencoderRegressor": "isthmus.estimators",
    "AuxiliaryTopK": "isthmus.objectives",
    "Bernoulli": "isthmus.models",
    "BoltzmannMachine": "isthmus.estimators",
    "ComponentSweep": "isthmus.estimators",
    "Checkpoint": "isthmus.training",
    "CheckpointError": "isthmus.errors",
    "Consistency": "isthmus.objectives",
    "Contractive": "isthmus.objectives",
    "ContractiveAutoencoder": "isthmus.estimators",
    "Convolutional": "isthmus.networks",
    "ConvolutionalAutoencoder": "isthmus.estimators",
    "DataError": "isthmus.errors",
    "Dataset": "isthmus.io",
    "DenoisingAutoencoder": "isthmus.estimators",
    "Dense": "isthmus.networks",
    "Deterministic": "isthmus.models",
    "DiscretizedLogistic": "isthmus.models",
    "Gaussian": "isthmus.models",
    "GaussianCode": "isthmus.models",
    "GaussianNoise": "isthmus.objectives",
    "IsthmusError": "isthmus.errors",
    "L1": "isthmus.objectives",
    "Linear": "isthmus.networks",
    "LinearAutoencoder": "isthmus.estimators",
    "Masking": "isthmus.objectives",
    "ModelFileError": "isthmus.errors",
    "PseudoLabels": "isthmus.objectives",
    "SaltAndPepper": "isthmus.objectives",
    "SparseAutoencoder": "isthmus.estimators",
    "SquaredError": "isthmus.models",
    "StackedAutoencoder": "isthmus.estimators",
    "Swap": "isthmus.objectives",
    "TargetActivation": "isthmus.objectives",
    "TopK": "isthmus.models",
    "VariationalAutoencoder": "isthmus.estimators",
    "VirtualAdversarial": "isthmus.objectives",
    "WeightDecay": "isthmus.objectives",
    "from_batches": "isthmus.io",
    "limited_memory": "isthmus.io",
    "load": "isthmus.fitting.persistence",
    "read": "isthmus.io",
    "write_report": "isthmus.report",
}

__all__ = [
    "L1",
    "Autoencoder",
    "AutoencoderClassifier",
    "AutoencoderRegressor",
    "AuxiliaryTopK",
    "Bernoulli",
    "BoltzmannMachine",
    "Checkpoint",
    "CheckpointError",
    "ComponentSweep",
    "Consistency",
    "Contractive",
    "ContractiveAutoencoder",
    "Convolutional",
    "ConvolutionalAutoencoder",
    "DataError",
    "Dataset",
    "DenoisingAutoencoder",
    "Dense",
    "Deterministic",
    "DiscretizedLogistic",
    "Gaussian",
    "GaussianCode",
    "GaussianNoise",
    "IsthmusError",
    "Linear",
    "LinearAutoencoder",
    "Masking",
    "ModelFileError",
    "PseudoLabels",
    "SaltAndPepper",
    "SparseAutoencoder",
    "SquaredError",
    "StackedAutoencoder",
    "Swap",
    "TargetActivation",
    "TopK",
    "VariationalAutoencoder",
    "VirtualAdversarial",
    "WeightDecay",
    "from_batches",
    "limited_memory",
    "load",
    "read",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(_import(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'isthmus' has no attribute {name!r}")


def _import(module: str) -> ModuleType:
    # JAX and scikit-learn bring in a million objects, through which Python would look for garbage
    # again and again: a fifth of the time that a first fit takes. Freezing and unfreezing counts
    # them as old, unless someone else keeps something frozen.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return import_module(module)
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        if collecting:
            gc.enable()


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
