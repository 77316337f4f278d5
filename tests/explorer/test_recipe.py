import datetime
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from isthmus import LinearAutoencoder
from isthmus.explorer import Session
from isthmus.explorer.recipe import recipe_of
from isthmus.explorer.static_page import _column
from isthmus.io import ArrayDataset, TableDataset
from isthmus.prepare import NumberPreparation, TablePreparation

from .node import Kept, answers


@pytest.fixture(scope="module")
def table():
    generator = np.random.default_rng(0)
    n = 200
    start = datetime.datetime(2020, 3, 1, 5)
    return pa.table(
        {
            "size": pa.array(generator.normal(size=n), mask=np.arange(n) % 7 == 0),
            "price": np.exp(3 * generator.normal(size=n)),
            "count": generator.integers(0, 90, n).astype(np.uint8),
            "flag": generator.integers(0, 2, n).astype(bool),
            "town": generator.choice(["Ulm", "Köln", "Bonn"], n),
            "rare": [f"level {i % 160}" for i in range(n)],
            "when": [start + datetime.timedelta(hours=7 * i) for i in range(n)],
            "clock": [datetime.timedelta(minutes=17 * i) for i in range(n)],
            "day": [(start + datetime.timedelta(days=i)).date() for i in range(n)],
        }
    )


KINDS = {"rare": "category", "price": "heavy_tailed"}


@pytest.fixture(scope="module")
def preparation(table):
    return TablePreparation.fit(TableDataset(table), "", KINDS)


def test_tables_are_prepared_and_brought_back_as_in_python(table, preparation):
    keep = Kept()
    told = recipe_of(preparation, keep)
    x = preparation.transform(table)
    moved = x + np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    csv = [[None if v is None else str(v) for v in row.values()] for row in table.to_pylist()]
    prepared, brought = answers(
        [
            {"act": "prepare", "recipe": told, "rows": csv},
            {"act": "bring", "recipe": told, "rows": keep(moved)},
        ],
        keep.arrays,
    )
    assert np.allclose(np.array(prepared, float), x, rtol=1e-4, atol=1e-4, equal_nan=True)
    expected = preparation.inverse(moved).to_pydict()
    for i, (name, values) in enumerate(expected.items()):
        given = [row[i] for row in brought]
        if name in ("size", "price"):
            known = [value is not None for value in values]
            assert known == [value is not None for value in given]
            assert np.allclose(*(np.array(v, float)[known] for v in (values, given)), rtol=1e-4)
        elif name == "clock":
            seconds = [value.total_seconds() for value in values]
            assert np.allclose(given, seconds, atol=61)
        elif name in ("when", "day"):
            # A tick of a resolution may be rounded to either side.
            pairs = zip(given, map(str, values), strict=True)
            assert sum(text != value[: len(text)] for text, value in pairs) <= 2
        else:
            assert given == values


def test_arrays_are_prepared_and_brought_back_as_in_python():
    rows = np.random.default_rng(0).integers(0, 256, (20, 12)).astype(np.uint8)
    preparation = NumberPreparation.fit(ArrayDataset(rows), "standardize")
    keep = Kept()
    told = recipe_of(preparation, keep)
    x = preparation.transform(rows)
    asked = [
        {"act": "prepare", "recipe": told, "rows": rows.tolist()},
        {"act": "bring", "recipe": told, "rows": keep(2 * x)},
    ]
    prepared, brought = answers(asked, keep.arrays)
    assert np.allclose(prepared, x, rtol=1e-5, atol=1e-6)
    assert np.array_equal(brought, preparation.inverse(2 * x))


def test_search_and_contrast_are_those_of_python(table):
    table = table.append_column("x", pa.array(np.arange(200.0)))
    session = Session(LinearAutoencoder(2).fit(table.select(["x", "count"])), table)
    keep = Kept()
    told = [_column(session.column(name), keep) for name in session.column_names]
    texts = ["#17", "count > 40", "town = ulm", "town: o", "flag = true", "level 7", "53",
             "when < 2020-03-09", "size <= 0", "nothing = 3", "town != Ulm"]  # fmt: skip
    chosen = session.search("count > 40")
    found, contrast = answers(
        [
            {"act": "find", "told": told, "texts": texts, "n": 200},
            {"act": "contrast", "told": told, "rows": chosen.tolist(), "n": 200},
        ],
        keep.arrays,
    )
    assert found == [session.search(text).tolist() for text in texts]
    expected = {one.column: one for one in session.contrast(chosen)}
    assert contrast[0]["column"] == "count"
    for one in contrast:
        python = expected[one["column"]]
        assert one["distance"] == pytest.approx(python.distance, abs=1e-6)
        assert one["level"] == python.level
        assert one["inside"] == pytest.approx(python.inside, rel=1e-6)


def test_files_are_read_as_they_were_written(table):
    arrays = []
    for dtype in ("uint8", "float32", "float64", "int64"):
        file = io.BytesIO()
        np.save(file, np.arange(12).reshape(3, 4).astype(dtype))
        arrays.append(np.frombuffer(file.getvalue(), np.uint8))
    hard = pd.DataFrame({'a "b"': ['x,"y"\nz', "ü;"], "c": ["", "=1"]})
    text = hard.to_csv(index=False)
    asked = [{"act": "npy", "bytes": i} for i in range(len(arrays))]
    *numbers, (cells, again) = answers([*asked, {"act": "csv", "text": text}], arrays)
    assert numbers == [list(range(12))] * 4
    assert cells == [hard.columns.tolist(), *hard.to_numpy().tolist()]
    assert again == text.replace('""\n', "\n") or again == text
