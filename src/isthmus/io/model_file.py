"""The container of a saved model: safetensors for the arrays, JSON for the rest.

It knows nothing of models. ``docs/model-file.md`` describes the format.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from isthmus.errors import ModelFileError, first_line
from isthmus.io.atomic import replacing

FORMAT_VERSION = 1

_DAMAGED = "it is damaged, cut short or was altered: save the model again"


def write_model_file(
    path: str | os.PathLike[str], header: dict[str, Any], tensors: dict[str, np.ndarray]
) -> None:
    """Write a header of plain values and named arrays.

    Raises
    ------
    IsthmusError
        The file cannot be written.
    """
    text = json.dumps({**header, "format_version": FORMAT_VERSION}, sort_keys=True)
    # safetensors writes the memory as it lies, so the values must lie in order.
    tensors = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    metadata = {"isthmus": text, "sha256": _digest(text, tensors)}
    content = safetensors.numpy.save(tensors, metadata)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_model_file(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read back what `write_model_file` wrote; nothing is unpickled or executed.

    Raises
    ------
    ModelFileError
        The file is missing, no model file, damaged, altered, or from a newer version.
    """
    file = Path(path)
    if file.is_dir():
        raise ModelFileError(f"{file} is a folder, expected a .isthmus file: name the file in it.")
    try:
        with safetensors.safe_open(file, framework="numpy") as opened:
            metadata = opened.metadata() or {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise ModelFileError(f"{file} does not exist: check the path.") from error
    except OSError as error:
        reason = first_line(error)
        raise ModelFileError(f"{file} cannot be read ({reason}): check the file.") from error
    except Exception as error:
        # safetensors raises several kinds; whatever it is, the file is not one of ours.
        raise ModelFileError(
            f"{file} is not a .isthmus file, or {_DAMAGED} ({first_line(error)})."
        ) from error
    text = metadata.get("isthmus")
    if text is None:
        raise ModelFileError(
            f"{file} is a safetensors file that Isthmus did not write: "
            "give a file that save() or `isthmus fit` made."
        )
    return _checked_header(file, text, metadata.get("sha256", ""), tensors), tensors


def _checked_header(
    file: Path, text: str, digest: str, tensors: dict[str, np.ndarray]
) -> dict[str, Any]:
    try:
        header = json.loads(text)
        version = header["format_version"]
        newer = version > FORMAT_VERSION
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{file} has an unreadable header; {_DAMAGED}.") from error
    if newer:
        raise ModelFileError(
            f"{file} was written by a newer Isthmus (format {version}, this one reads up to "
            f"{FORMAT_VERSION}): upgrade with `pip install --upgrade isthmus`."
        )
    if digest != _digest(text, tensors):
        raise ModelFileError(f"{file} does not match its own checksum; {_DAMAGED}.")
    return header


def _digest(text: str, tensors: dict[str, np.ndarray]) -> str:
    """Hash the header and, in order of their names, the arrays."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode("utf-8", "replace"))
        digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return digest.hexdigest()
