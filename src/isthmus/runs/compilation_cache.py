"""Keep compiled programs between runs: compiling takes a second, reading one back a tenth."""

from __future__ import annotations

import os
from pathlib import Path

import jax
import platformdirs

VARIABLE = "ISTHMUS_CACHE"


def cache_folder() -> Path | None:
    """Give the folder for compiled programs, or None where the cache is turned off.

    It is the user's cache folder, or what the environment variable ``ISTHMUS_CACHE`` names;
    ``ISTHMUS_CACHE=off`` turns the cache off.
    """
    chosen = os.environ.get(VARIABLE, "")
    if chosen.lower() in {"off", "0", "no", "false"}:
        return None
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_cache_dir("isthmus", appauthor=False)) / "compiled"


def use_compilation_cache() -> None:
    """Turn JAX's persistent compilation cache on, unless the program has chosen one itself.

    This is the one global setting that Isthmus touches.
    """
    if jax.config.values["jax_compilation_cache_dir"] is not None:
        return
    folder = cache_folder()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # A GPU's driver takes part of a second for the smallest program, not all of it counted.
    quick = 0.05 if jax.default_backend() == "cpu" else 0.0
    jax.config.update("jax_persistent_cache_min_compile_time_secs", quick)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
