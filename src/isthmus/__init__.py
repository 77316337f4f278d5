"""Isthmus: the autoencoder that scikit-learn never had."""

import gc
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from isthmus.version import __version__ as __version__

if TYPE_CHECKING:
    from isthmus.compression import *
    from isthmus.errors import *
    from isthmus.estimators import *
    from isthmus.explorer import Session as Session
    from isthmus.explorer import explore as explore
    from isthmus.io import Dataset as Dataset
    from isthmus.io import from_batches as from_batches
    from isthmus.io import limited_memory as limited_memory
    from isthmus.io import read as read
    from isthmus.loading import load as load
    from isthmus.maps import *
    from isthmus.models.codes import *
    from isthmus.models.likelihoods import *
    from isthmus.models.model import Model as Model
    from isthmus.networks.architectures import *
    from isthmus.objectives.corruptions import *
    from isthmus.objectives.penalties import *
    from isthmus.objectives.unlabelled import *
    from isthmus.report import write_map as write_map
    from isthmus.report import write_report as write_report
    from isthmus.runs import Checkpoint as Checkpoint

# Names are imported on first use: `isthmus --help` must not wait for JAX. All that these rooms
# export is public, and all of it classes. The estimators need all rooms and import them in the
# quickest order: JAX before scikit-learn takes a tenth longer.
_ROOMS = (
    "isthmus.errors",
    "isthmus.estimators",
    "isthmus.maps",
    "isthmus.networks.architectures",
    "isthmus.models.codes",
    "isthmus.models.likelihoods",
    "isthmus.objectives.corruptions",
    "isthmus.objectives.penalties",
    "isthmus.objectives.unlabelled",
    "isthmus.compression",
)
# What is public of the others, or is wanted without waiting for all of the rooms above.
_HOMES = {
    "Archive": "isthmus.compression",
    "Checkpoint": "isthmus.runs",
    "Compression": "isthmus.compression",
    "Compressor": "isthmus.compression",
    "Dataset": "isthmus.io",
    "Model": "isthmus.models.model",
    "Session": "isthmus.explorer",
    "compress": "isthmus.compression",
    "decompress": "isthmus.compression",
    "explore": "isthmus.explorer",
    "from_batches": "isthmus.io",
    "limited_memory": "isthmus.io",
    "load": "isthmus.loading",
    "read": "isthmus.io",
    "write_map": "isthmus.report",
    "write_report": "isthmus.report",
}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        value = sorted({*_HOMES, *(n for room in _ROOMS for n in _import(room).__all__)})
    elif name in _HOMES:
        value = getattr(_import(_HOMES[name]), name)
    else:
        # No class has a small letter first, so modules are not looked for in vain.
        modules = map(_import, _ROOMS if name[0].isupper() else ())
        home = next((module for module in modules if name in module.__all__), None)
        if home is None:
            raise AttributeError(f"module 'isthmus' has no attribute {name!r}")
        value = getattr(home, name)
    globals()[name] = value
    return value


def _import(room: str) -> ModuleType:
    # JAX and scikit-learn bring in a million objects that stay. Looking through them for garbage
    # again and again meanwhile, and twice more before they count as old, would take a fifth of a
    # first fit. So they count as old at once, and the collector is left as it was found.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return import_module(room)
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        if collecting:
            gc.enable()


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
