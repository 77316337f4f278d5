"""What the last bits of a training depend on besides its data, parameters and versions."""

from __future__ import annotations

import os
import platform
from collections import Counter
from contextlib import suppress
from pathlib import Path

import jax


def describe_machine() -> dict[str, str]:
    """Give the devices, and where they are processors their model and the cores that are used."""
    kinds = Counter(device.device_kind for device in jax.devices())
    devices = ", ".join(f"{number} × {kind}" for kind, number in sorted(kinds.items()))
    if jax.default_backend() != "cpu":
        return {"devices": devices}
    return {"devices": devices, "cores": str(_n_cores()), "processor": _processor()}


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or platform.machine()
