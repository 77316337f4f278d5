"""Arrays in memory that hold something else than plain numbers."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from isthmus import DataError, LinearAutoencoder
from isthmus.io import as_dataset

GENERATOR = np.random.default_rng(0)
MATRIX = GENERATOR.normal(size=(6, 2))
OTHER = {
    "dates": (np.arange(12).astype("M8[D]").reshape(6, 2), "dates"),
    "durations": (np.arange(12).astype("m8[s]").reshape(6, 2), "durations"),
    "complex": (MATRIX + 1j, "complex numbers"),
    "text": (MATRIX.astype(str), "text"),
    "bytes": (MATRIX.astype("S9"), "text"),
    "records": (np.zeros(6, [("a", "f8"), ("b", "f8")]), "records with fields"),
    "written numbers": (MATRIX.astype(str).astype(object), "text"),
    "objects that are dates": (np.full((6, 2), datetime.date(2020, 1, 1), object), "dates"),
    "objects that are times": (np.full((6, 2), datetime.timedelta(1), object), "durations"),
    "one date": (np.array([[1.0, 2.0]] * 5 + [[pd.Timestamp(0), 1.0]], object), "dates"),
    "complex objects": (np.full((6, 2), 1j, object), "complex numbers"),
    "frame without names": (pd.DataFrame(np.arange(12).astype("M8[s]").reshape(6, 2)), "dates"),
    "unequal": ([[1.0, 2.0], [1.0]], r"shapes, \(2,\) in row 0 and \(1,\) in row 1"),
    "unequal images": ([np.zeros((3, 3))] * 2 + [np.zeros((4, 3))], r"\(3, 3\) in row 0 .* row 2"),
    "list of dicts": ([{"a": 1.0}] * 6, "dicts"),
    "dict": ({"a": [1.0, 2.0]}, "is of type dict"),
    "generator": (iter(MATRIX), "from_batches"),
    "nothing": (None, "is None"),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_is_no_number_is_named(name):
    data, sentence = OTHER[name]
    with pytest.raises(DataError, match=sentence) as refused:
        LinearAutoencoder(1).fit(data)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "images",
    [
        list(GENERATOR.normal(size=(9, 3, 3))),
        tuple(GENERATOR.integers(0, 9, (9, 3, 3), dtype=np.uint8)),
        GENERATOR.normal(size=(9, 3, 3)).tolist(),
    ],
    ids=["arrays", "pixels", "lists"],
)
def test_a_list_of_images_is_an_array_of_them(images):
    model = LinearAutoencoder(2).fit(images)
    np.testing.assert_array_equal(model.transform(images), model.transform(np.array(images)))
    assert model.reconstruct(images).shape == (9, 3, 3)
    assert as_dataset(images).schema.dtypes == (np.array(images).dtype.name,)


@pytest.mark.parametrize("kind", [Decimal, Fraction, float, int, np.float32, bool])
def test_numbers_of_any_kind_are_taken_for_numbers(kind):
    rows = [[kind(1), kind(0)], [kind(3), kind(1)], [kind(0), kind(5)]]
    found = as_dataset(np.array(rows, dtype=object)).to_memory()
    np.testing.assert_array_equal(found, np.array(rows, dtype=float))
