"""The container of a saved model: a JSON header and named arrays, in one safetensors file.

It knows nothing of models. The safetensors metadata holds two entries: ``isthmus``, the header
as JSON, and ``sha256``, the digest over that text and every array. Reading executes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import safetensors
import safetensors.numpy

from isthmus.errors import ModelFileError
from isthmus.io.atomic import replacing
from isthmus.io.failures import first_line, refusing

FORMAT_VERSION = 1

_KIND = "an Isthmus model"


def write_model_file(
    path: str | os.PathLike[str], header: dict[str, Any], tensors: dict[str, np.ndarray]
) -> None:
    """Write a header and named arrays to one file, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where to; an existing file is replaced.
    header : dict
        What JSON can hold; tuples come back as lists. ``format_version`` is added.
    tensors : dict of str to ndarray
        Boolean, integer or floating-point arrays of any shape.

    Raises
    ------
    ModelFileError
        The header or an array cannot be stored.
    IsthmusError
        The place cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model.isthmus"
    >>> write_model_file(path, {"name": "small"}, {"weight": np.eye(2)})
    >>> header, tensors = read_model_file(path)
    >>> header["name"], tensors["weight"].shape
    ('small', (2, 2))
    """
    try:
        versioned = {**header, "format_version": FORMAT_VERSION}
        text = json.dumps(versioned, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{path} cannot store this header as JSON ({first_line(error)}): "
            "keep to text, finite numbers, lists and dictionaries."
        ) from error
    stored = {name: _storable(path, name, array) for name, array in tensors.items()}
    metadata = {"isthmus": text, "sha256": _digest(text, stored)}
    with replacing(path) as temporary:
        # save_file gives the file rights to its owner alone; the user's umask shall decide.
        temporary.write_bytes(_ordered(safetensors.numpy.save(stored, metadata)))


def read_model_file(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read what `write_model_file` wrote: the header, without ``format_version``, and the arrays.

    Raises
    ------
    ModelFileError
        The file is missing, not ours, cut off, altered, or from a newer Isthmus.
    """
    path = Path(path)
    source = str(path)
    with refusing(source, _KIND, ModelFileError):
        if path.is_dir():
            raise ModelFileError(f"{source} is a folder: give the model file inside it.")
        if not path.exists():
            raise ModelFileError(f"{source} does not exist: check the spelling and the folder.")
        if path.stat().st_size == 0:
            raise ModelFileError(f"{source} is empty (0 bytes): fetch or save the model again.")
        metadata, tensors = _read_tensors(path, source)
        header = _header(metadata, source)
        if metadata.get("sha256") != _digest(metadata["isthmus"], tensors):
            raise ModelFileError(
                f"{source} has been altered or damaged, as its checksum disagrees with its "
                "content: fetch or save the model again."
            )
    return header, tensors


def _storable(path: str | os.PathLike[str], name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ModelFileError(
            f"{path} cannot store the array {name!r} of type {array.dtype}: "
            "use booleans, integers or floats of at most 64 bits."
        )
    # safetensors writes the memory as it lies; ascontiguousarray alone would add an axis to a
    # single number.
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C").copy()


def _ordered(content: bytes) -> bytes:
    # safetensors writes its metadata in a random order; the same model shall give the same bytes.
    end = 8 + int.from_bytes(content[:8], "little")
    text = json.dumps(json.loads(content[8:end]), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[end:]


def _read_tensors(path: Path, source: str) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    try:
        # safetensors compares the sizes in its header with the size of the file first.
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if "isthmus" not in metadata:
                raise ModelFileError(
                    f"{source} is a safetensors file that Isthmus did not write: "
                    "give a file that was saved by Isthmus."
                )
            names = sorted(file.keys())
            return metadata, {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise ModelFileError(
            f"{source} is not {_KIND}, or it is cut off or damaged: fetch or save the model again."
        ) from error


def _header(metadata: dict[str, str], source: str) -> dict[str, Any]:
    try:
        header = json.loads(
            metadata["isthmus"], object_pairs_hook=_without_repeats, parse_constant=_refuse_constant
        )
        version = header.pop("format_version")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelFileError(
            f"{source} has a header that cannot be understood: fetch or save the model again."
        ) from error
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ModelFileError(
            f"{source} was written by a newer Isthmus (format {version}; this one reads up to "
            f"{FORMAT_VERSION}): upgrade with pip install --upgrade isthmus."
        )
    if type(version) is not int or version < 1:
        raise ModelFileError(
            f"{source} names the format {version!r}, expected a whole number from 1 to "
            f"{FORMAT_VERSION}: fetch or save the model again."
        )
    return header


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _digest(text: str, tensors: dict[str, np.ndarray]) -> str:
    """Give the sha256 over the header and, by name, each array's name, dtype, shape and bytes."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
