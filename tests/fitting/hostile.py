"""Model files from strangers: valid checksums around whatever content."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from isthmus.io import model_file, read_model_file

MODELS = Path(__file__).parent / "models"
Change = Callable[[dict[str, Any], dict[str, np.ndarray]], Any]


def forge(path: Path, text: str, tensors: dict[str, np.ndarray]) -> Path:
    """Write a file around any header, past all that `write_model_file` refuses."""
    stored = {name: np.array(array, order="C") for name, array in tensors.items()}
    metadata = {"isthmus": text, "sha256": model_file._digest(text, stored)}
    path.write_bytes(safetensors.numpy.save(stored, metadata))
    return path


def altered(path: Path, model: str, *changes: Change) -> Path:
    """Write a kept model of another content."""
    header, tensors = read_model_file(MODELS / f"{model}.isthmus")
    header["format_version"] = 1
    for change in changes:
        change(header, tensors)
    return forge(path, json.dumps(header), tensors)


def put(*place: str, value: Any) -> Change:
    def change(header: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        inside = header
        for key in place[:-1]:
            inside = inside[key]
        inside[place[-1]] = value

    return change


def arrays(**given: np.ndarray) -> Change:
    return lambda header, tensors: tensors.update(
        {name.replace("__", "."): array for name, array in given.items()}
    )
