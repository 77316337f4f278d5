"""What computes here: devices, their memory, how products are rounded, and versions."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import distributions
from pathlib import Path

import jax

from isthmus.io import memory_budget, readable_bytes
from isthmus.io.budget import machine_bytes
from isthmus.runs import VERSIONS
from isthmus.runs.compilation_cache import cache_folder
from isthmus.runs.computing import computing
from isthmus.runs.machine import describe_machine
from isthmus.training import device_memory_budget

_TRACES_OF_NVIDIA = (Path("/proc/driver/nvidia/version"), Path("/dev/nvidia0"))
# From this compute capability on the matrix units round float32.
_ROUNDING = 8.0


@computing()
def describe_devices() -> dict[str, str]:
    """Give the facts about what computes in this process, in words."""
    folder = cache_folder()
    versions = {**VERSIONS, "Python": platform.python_version()}
    facts = {
        "devices": _devices(),
        "memory": _memory(),
        "products": _products(),
        "versions": ", ".join(f"{name} {number}" for name, number in versions.items()),
        "compiled programs": "not kept" if folder is None else str(folder),
        "advice": _advice(),
    }
    return {name: fact for name, fact in facts.items() if fact}


def devices_in_a_line() -> str:
    """Give the devices, their memory and how they round products."""
    facts = describe_devices()
    return "; ".join(facts[name] for name in ("devices", "memory", "products"))


def _devices() -> str:
    facts = describe_machine()
    if "cores" not in facts:
        return facts["devices"]
    return f"{facts['devices']} ({facts['processor']}, cores: {facts['cores']})"


def _memory() -> str:
    stats = jax.local_devices()[0].memory_stats() or {}
    if jax.default_backend() == "cpu" or "bytes_limit" not in stats:
        of, rows = machine_bytes(), memory_budget()
    else:
        of, rows = stats["bytes_limit"], device_memory_budget()
    return f"{readable_bytes(of)}, of which rows may take {readable_bytes(rows)}"


def _products() -> str:
    chosen = jax.config.values["jax_default_matmul_precision"]
    if chosen is not None:
        return f"products of float32 in the precision {chosen!r} (jax_default_matmul_precision)"
    capability = getattr(jax.devices()[0], "compute_capability", None)
    if jax.default_backend() == "gpu" and capability and float(capability) >= _ROUNDING:
        return "products of float32 in TF32 (ten bits after the first)"
    return "products of float32 in float32"


def _advice() -> str:
    """Say what is missing where there is a GPU that JAX does not use."""
    there = any(path.exists() for path in _TRACES_OF_NVIDIA) or shutil.which("nvidia-smi")
    if jax.default_backend() != "cpu" or not there:
        return ""
    wanted = os.environ.get("JAX_PLATFORMS")
    if wanted:
        return f"an NVIDIA GPU is there, but JAX_PLATFORMS={wanted} keeps JAX from it: unset it"
    names = (each.metadata["Name"] or "" for each in distributions())
    if any(name.lower().startswith("jax-cuda") for name in names):
        return (
            "an NVIDIA GPU is there, but JAX cannot use it: "
            "python -c \"import jax; jax.devices('cuda')\" says why"
        )
    return "an NVIDIA GPU is there, but JAX has nothing for it: pip install 'isthmus[cuda]'"
