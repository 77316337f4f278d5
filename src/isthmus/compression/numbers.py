"""Any dtype as plain numbers, which codecs take, and back."""

from __future__ import annotations

import numpy as np

from isthmus.errors import DataError

_LARGEST = 8


def check_dtype(dtype: np.dtype, source: str) -> None:
    """Raise `DataError` unless values of a dtype can come back from a file, on any machine."""
    plain = dtype.kind in "biuMmSU" or (dtype.kind in "fc" and _component(dtype) <= _LARGEST)
    if not plain:
        kinds = {"O": "Python objects", "V": "records with fields"}
        found = kinds.get(dtype.kind, "numbers that other machines lack")
        raise DataError(
            f"{source} holds {found} ({dtype}), which no archive can hold: convert it to plain "
            "numbers or text."
        )


def numbers_dtype(dtype: np.dtype) -> tuple[np.dtype, tuple[int, ...]]:
    """Give the dtype of the numbers that stand for a value, and the axes that they add."""
    if dtype.kind in "iuf":
        return dtype.newbyteorder("="), ()
    if dtype.kind == "b":
        return np.dtype(np.uint8), ()
    if dtype.kind == "c":
        return np.dtype(f"f{_component(dtype)}"), (2,)
    if dtype.kind in "Mm":
        return np.dtype(np.int64), ()
    return np.dtype(np.uint8), (dtype.itemsize,)


def as_numbers(array: np.ndarray) -> np.ndarray:
    """Give an array as integers or floats in native byte order and C order."""
    dtype, more = numbers_dtype(array.dtype)
    if array.dtype.kind in "SU":
        # Text is kept as its bytes, and those in little-endian order.
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    else:
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
    array = np.ascontiguousarray(array).reshape(array.shape)
    if array.size == 0:
        return np.empty((*array.shape, *more), dtype)
    return array.reshape(-1).view(dtype).reshape(*array.shape, *more)


def from_numbers(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Give back the array that `as_numbers` was given, of this dtype and byte order."""
    own, more = numbers_dtype(dtype)
    shape = numbers.shape[: numbers.ndim - len(more)]
    if numbers.size == 0:
        return np.empty(shape, dtype)
    stored = dtype.newbyteorder("<" if dtype.kind in "SU" else "=")
    flat = np.ascontiguousarray(numbers, own).reshape(-1).view(stored)
    return flat.reshape(shape).astype(dtype, copy=False)


def little_endian(numbers: np.ndarray) -> bytes:
    """Give numbers as the bytes that are the same on all machines."""
    return numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes()


def from_little_endian(data: bytes, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Give back the numbers; ValueError if there are more or fewer."""
    found = np.frombuffer(data, dtype.newbyteorder("<"))
    return found.reshape(shape).astype(dtype.newbyteorder("="))


def _component(dtype: np.dtype) -> int:
    return dtype.itemsize // 2 if dtype.kind == "c" else dtype.itemsize
