from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from isthmus.errors import IsthmusError, ModelFileError
from isthmus.io import model_file, read_model_file, write_model_file

HEADER: dict[str, Any] = {"name": "größe", "layers": [3, 2], "scale": 0.1, "more": {"a": None}}
TENSORS = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.array(7)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.isthmus"


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::2],
        np.arange(12, dtype=">f4"),
        np.array(3.5),
        np.empty((0, 3), np.float16),
        np.array([True, False]),
        np.array([np.nan, np.inf, -0.0]),
        np.arange(3, dtype=np.uint64),
        np.broadcast_to(np.float32(1), (2, 2)),
    ],
    ids=["transposed", "strided", "big-endian", "scalar", "empty", "bool", "nan", "u8", "shared"],
)
def test_every_array_comes_back_bit_for_bit(path: Path, array: np.ndarray):
    write_model_file(path, HEADER, {"a": array, "b": array})
    header, tensors = read_model_file(path)
    assert header == HEADER
    expected = array.astype(array.dtype.newbyteorder("="))
    for found in tensors.values():
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        assert found.tobytes() == expected.tobytes()


def test_the_same_model_gives_the_same_bytes(path: Path):
    write_model_file(path, {"a": 1, "b": 2}, TENSORS)
    first = path.read_bytes()
    write_model_file(path, {"b": 2, "a": 1}, dict(reversed(TENSORS.items())))
    assert path.read_bytes() == first


def test_a_model_without_arrays_is_a_model(path: Path):
    write_model_file(path, HEADER, {})
    assert read_model_file(path) == (HEADER, {})


def test_file_rights_follow_the_umask(path: Path):
    old = os.umask(0o022)
    try:
        write_model_file(path, HEADER, TENSORS)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o644


def forge(path: Path, text: str, digest: str | None = None) -> None:
    stored = {name: np.ascontiguousarray(array) for name, array in TENSORS.items()}
    right = model_file._digest(text, stored)
    metadata = {"isthmus": text, "sha256": right if digest is None else digest}
    path.write_bytes(safetensors.numpy.save(stored, metadata))


BROKEN = {
    "missing": (lambda p: None, "does not exist: check the spelling"),
    "folder": (lambda p: p.mkdir(), "is a folder: give the model file inside it"),
    "empty": (lambda p: p.write_bytes(b""), r"is empty \(0 bytes\)"),
    "text": (lambda p: p.write_text("hello there, I am text"), "is not an Isthmus model, or it is"),
    "pickle": (lambda p: p.write_bytes(pickle.dumps(TENSORS)), "is not an Isthmus model"),
    "huge header": (lambda p: p.write_bytes(b"\xff" * 64), "is not an Isthmus model"),
    "plain safetensors": (
        lambda p: p.write_bytes(safetensors.numpy.save(TENSORS)),
        "is a safetensors file that Isthmus did not write: give a file",
    ),
    "newer": (
        lambda p: forge(p, '{"format_version": 7}'),
        r"was written by a newer Isthmus \(format 7; this one reads up to 1\): "
        "upgrade with pip install --upgrade isthmus",
    ),
    "version 0": (lambda p: forge(p, '{"format_version": 0}'), "names the format 0, expected a"),
    "version true": (lambda p: forge(p, '{"format_version": true}'), "names the format True"),
    "no version": (lambda p: forge(p, "{}"), "has a header that cannot be understood"),
    "list": (lambda p: forge(p, "[1]"), "has a header that cannot be understood"),
    "nan": (lambda p: forge(p, '{"a": NaN, "format_version": 1}'), "cannot be understood"),
    "repeated": (lambda p: forge(p, '{"a": 1, "a": 2, "format_version": 1}'), "cannot be und"),
    "deep": (lambda p: forge(p, "[" * 100_000), "has a header that cannot be understood"),
    "long number": (lambda p: forge(p, "[" + "9" * 10_000 + "]"), "cannot be understood"),
    "altered header": (
        lambda p: forge(p, '{"format_version": 1}', digest="0" * 64),
        "has been altered or damaged, as its checksum disagrees with its content",
    ),
}


@pytest.mark.parametrize(("make", "sentence"), BROKEN.values(), ids=BROKEN)
def test_every_broken_model_file_has_its_sentence(path: Path, make, sentence: str):
    make(path)
    with pytest.raises(ModelFileError, match=sentence) as caught:
        read_model_file(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_shortened_model_file_is_refused(path: Path):
    write_model_file(path, HEADER, TENSORS)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            read_model_file(path)


def test_every_flipped_bit_is_noticed_or_harmless(path: Path):
    write_model_file(path, HEADER, TENSORS)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.unlink()
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            header, tensors = read_model_file(path)
        except ModelFileError:
            continue
        assert header == HEADER
        np.testing.assert_equal(tensors, TENSORS)


@pytest.mark.parametrize(
    ("header", "tensors", "sentence"),
    [
        ({"a": float("nan")}, {}, "cannot store this header as JSON"),
        ({"a": object()}, {}, "cannot store this header as JSON"),
        ({}, {"a": np.array([object()])}, "cannot store the array 'a' of type object"),
        ({}, {"a": np.array([1j])}, "cannot store the array 'a' of type complex128"),
    ],
)
def test_what_cannot_be_stored_is_refused(path: Path, header, tensors, sentence):
    with pytest.raises(ModelFileError, match=sentence):
        write_model_file(path, header, tensors)
    assert not path.exists()


def test_a_failed_save_keeps_the_old_model(path: Path, monkeypatch: pytest.MonkeyPatch):
    write_model_file(path, HEADER, TENSORS)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IsthmusError, match="the disk is full"):
        write_model_file(path, {}, {})
    assert read_model_file(path)[0] == HEADER
    assert os.listdir(path.parent) == [path.name]
