"""Whatever bytes a file holds, reading gives rows or a sentence, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus.errors import DataError, DataWarning, ModelFileError
from isthmus.io import read, read_model_file, write_model_file

from .valid_files import make_files

QUICK = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Draw a few flips, insertions, deletions or one cut, at places relative to the length."""
    kinds = st.sampled_from(["flip", "overwrite", "insert", "delete", "cut"])
    places = st.floats(0, 1, exclude_max=True)
    steps = draw(st.lists(st.tuples(kinds, places, st.binary(min_size=1, max_size=8)), max_size=3))

    def damage(data: bytes) -> bytes:
        for kind, place, other in steps:
            at = int(place * len(data))
            if kind == "flip" and data:
                data = data[:at] + bytes([data[at] ^ (other[0] or 1)]) + data[at + 1 :]
            elif kind == "overwrite":
                data = data[:at] + other + data[at + len(other) :]
            elif kind == "insert":
                data = data[:at] + other + data[at:]
            elif kind == "delete":
                data = data[:at] + data[at + len(other) :]
            elif kind == "cut":
                data = data[:at]
        return data

    return damage


NAMES = (
    "t.csv",
    "t.tsv",
    "t.csv.gz",
    "t.parquet",
    "t.feather",
    "t.arrow",
    "a.npy",
    "a.npz",
    "packed.npz",
    "train-images-idx3-ubyte",
    "train-images-idx3-ubyte.gz",
    "images/2.png",
)


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("valid")
    make_files(folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
@QUICK
@given(damage=damages())
def test_a_damaged_file_is_read_or_has_its_sentence(valid: Path, tmp_path: Path, name, damage):
    whole = valid / name
    if name.startswith("images"):
        shutil.copytree(whole.parent, tmp_path / "images", dirs_exist_ok=True)
    damaged = tmp_path / name
    # The old file may still be mapped into memory, so a new one takes its place.
    damaged.unlink(missing_ok=True)
    damaged.write_bytes(damage(whole.read_bytes()))
    try:
        dataset = read(damaged.parent if name.startswith("images") else damaged)
        chunks = list(dataset.chunks(2))
        assert sum(map(len, chunks)) == dataset.n_rows
        for chunk in chunks:
            if not isinstance(chunk, np.ndarray):
                chunk.to_pylist()
    except DataWarning:
        sentence = "It could be read."  # such as a first column whose name is gone
    except DataError as error:
        sentence = str(error)
    else:
        sentence = "It could be read."
    assert "\n" not in sentence
    assert sentence.endswith(".")


HEADER = {"name": "größe", "layers": [3, 2], "scale": 1.5, "empty": None}
TENSORS = {
    "weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "count": np.array(7),
    "mask": np.array([True, False]),
    "none": np.empty((0, 3)),
}


@settings(parent=QUICK, max_examples=300)
@given(damage=damages())
def test_a_damaged_model_file_is_refused_or_the_same(tmp_path: Path, damage):
    path = tmp_path / "model.isthmus"
    write_model_file(path, HEADER, TENSORS)
    path.write_bytes(damage(path.read_bytes()))
    try:
        header, tensors = read_model_file(path)
    except ModelFileError:
        return
    assert header == HEADER
    assert tensors.keys() == TENSORS.keys()
    for name, expected in TENSORS.items():
        assert tensors[name].dtype == expected.dtype
        np.testing.assert_array_equal(tensors[name], expected, strict=True)


@settings(parent=QUICK, max_examples=200)
@given(data=st.binary(max_size=300))
def test_any_bytes_at_all_are_no_model(tmp_path: Path, data: bytes):
    (tmp_path / "model.isthmus").write_bytes(data)
    with pytest.raises(ModelFileError):
        read_model_file(tmp_path / "model.isthmus")
