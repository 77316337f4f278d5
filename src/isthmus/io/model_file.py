"""The container of a saved model: a JSON header and named arrays, in one safetensors file.

It knows nothing of models. The safetensors metadata holds two entries: ``isthmus``, the header
as JSON, and ``sha256``, the digest over that text and every array. Reading executes nothing, and
takes memory and time in proportion to the size of the file, whoever made it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import safetensors
import safetensors.numpy

from isthmus.errors import ModelFileError
from isthmus.io.atomic import replacing
from isthmus.io.failures import first_line, refusing

FORMAT_VERSION = 1

MOST_TENSORS = 10_000
"""Arrays in one file."""

MOST_LEVELS = 100
"""Lists and dictionaries of a header that lie in one another."""

MOST_CONTAINERS = 100_000
"""Lists and dictionaries of a header: three bytes of it would take a hundred of memory."""

# As safetensors calls them.
_DTYPES = {
    "BOOL",
    "F16",
    "F32",
    "F64",
    *(f"{kind}{bits}" for kind in "IU" for bits in (8, 16, 32, 64)),
}
_MOST_AXES = 32

_KIND = "an Isthmus model"
# A column takes at least as much in the arrays as an eighth of what its names take in the header.
_HEADER_BYTES, _HEADER_BYTES_PER_BYTE = 8 * 2**20, 8
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


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
    content = _ordered(safetensors.numpy.save(stored, metadata))
    _check_readable(path, content, text, len(stored))
    with replacing(path) as temporary:
        # save_file gives the file rights to its owner alone; the user's umask shall decide.
        temporary.write_bytes(content)


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
        if not path.is_file():
            raise ModelFileError(f"{source} is neither a file nor a folder: give a model file.")
        if path.stat().st_size == 0:
            raise ModelFileError(f"{source} is empty (0 bytes): fetch or save the model again.")
        _check_header_size(path, source)
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


def _check_readable(
    path: str | os.PathLike[str], content: bytes, text: str, n_tensors: int
) -> None:
    """Refuse to write what would not be read again."""
    size = int.from_bytes(content[:8], "little")
    n_containers = _count_containers(text)
    if _is_out_of_proportion(size, len(content) - 8 - size) or n_containers > MOST_CONTAINERS:
        raise ModelFileError(
            f"{path} cannot store a header of {size:,} bytes and {n_containers:,} lists beside so "
            "few arrays: shorten the history."
        )
    if n_tensors > MOST_TENSORS:
        raise ModelFileError(
            f"{path} cannot store {n_tensors:,} arrays, expected at most {MOST_TENSORS:,}: "
            "put some of them together."
        )


def _check_header_size(path: Path, source: str) -> None:
    """Refuse a header that is out of proportion before anything reads it."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
    rest = path.stat().st_size - 8 - size
    # One that is longer than the file is told by who reads it.
    if rest >= 0 and _is_out_of_proportion(size, rest):
        raise ModelFileError(
            f"{source} has a header of {size:,} bytes beside {rest:,} bytes of arrays, which no "
            "model has: fetch or save the model again."
        )


def _is_out_of_proportion(header_bytes: int, array_bytes: int) -> bool:
    return header_bytes > _HEADER_BYTES + _HEADER_BYTES_PER_BYTE * array_bytes


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
            if len(names) > MOST_TENSORS:
                raise ModelFileError(
                    f"{source} holds {len(names):,} arrays, which no model has: fetch or save the "
                    "model again."
                )
            for name in names:
                array = file.get_slice(name)
                if array.get_dtype() not in _DTYPES or len(array.get_shape()) > _MOST_AXES:
                    raise ModelFileError(
                        f"{source} holds an array of type {array.get_dtype()} with "
                        f"{len(array.get_shape()):,} axes, which no model has: fetch or save the "
                        "model again."
                    )
            return metadata, {name: file.get_tensor(name) for name in names}
    except safetensors.SafetensorError as error:
        raise ModelFileError(
            f"{source} is not {_KIND}, or it is cut off or damaged: fetch or save the model again."
        ) from error


def _header(metadata: dict[str, str], source: str) -> dict[str, Any]:
    try:
        if _count_containers(metadata["isthmus"]) > MOST_CONTAINERS:
            raise ValueError("too many lists and dictionaries")
        header = json.loads(
            metadata["isthmus"],
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        _check_levels(header)
        version = header.pop("format_version")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelFileError(
            f"{source} has a header that cannot be understood: fetch or save the model again."
        ) from error
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise ModelFileError(
            f"{source} was written by a newer Isthmus (format {str(version)[:12]}; this one reads "
            f"up to {FORMAT_VERSION}): upgrade with pip install --upgrade isthmus."
        )
    if type(version) is not int or version < 1:
        raise ModelFileError(
            f"{source} names the format {repr(version)[:40]}, expected a whole number from 1 to "
            f"{FORMAT_VERSION}: fetch or save the model again."
        )
    return header


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _count_containers(text: str) -> int:
    count = text.count("[") + text.count("{")
    # Names may have brackets too; looking for that takes time, which few headers need.
    return count if count <= MOST_CONTAINERS else len(re.findall(r"[\[{]", _QUOTED.sub("", text)))


def _check_levels(header: Any) -> None:
    """Refuse what lies so deep that those who go through it would use up the stack."""
    level, depth = [header], 0
    while level:
        if depth > MOST_LEVELS:
            raise ValueError("too deep")
        depth += 1
        held = (value.values() if isinstance(value, dict) else value for value in level)
        level = [item for values in held for item in values if isinstance(item, (dict, list))]


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} has no finite number")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _digest(text: str, tensors: dict[str, np.ndarray]) -> str:
    """Give the sha256 over the header and, by name, each array's name, dtype, shape and bytes."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
