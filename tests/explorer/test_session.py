import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from isthmus import Autoencoder, DataError, IsthmusError, LinearAutoencoder, limited_memory
from isthmus.explorer import Session
from isthmus.explorer.session import ERROR, SCORE


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(0)
    hidden = generator.normal(size=(400, 2))
    mixed = hidden @ generator.normal(size=(2, 4)) + 0.05 * generator.normal(size=(400, 4))
    frame = pd.DataFrame(mixed, columns=list("abcd"))
    frame["side"] = np.where(hidden[:, 0] > 0, "right", "left")
    return frame


@pytest.fixture(scope="module")
def session(frame):
    return Session(LinearAutoencoder(2).fit(frame[list("abcd")]), frame)


def test_rows_lie_where_the_model_encodes_them(session, frame):
    codes = session.model.transform(frame[list("abcd")])
    assert np.array_equal(session.codes, codes.astype(np.float32))
    again = session.place(frame[:7])
    assert np.array_equal(again.codes, session.codes[:7])
    assert np.allclose(again.scores, session.scores[:7])


def test_codes_decode_to_what_the_model_reconstructs(session, frame):
    expected = session.model.reconstruct(frame[list("abcd")])[:5]
    assert np.allclose(session.reconstructed([0, 1, 2, 3, 4]).to_pandas(), expected)
    assert session.decode(session.codes[3]).num_rows == 1


def test_errors_are_those_of_reconstructions(session, frame):
    x = frame[list("abcd")].to_numpy()
    difference = x - session.reconstructed(range(400)).to_pandas().to_numpy()
    squares = (difference / session.model.preparation_.units) ** 2
    assert np.allclose(session.errors, squares.mean(axis=1), rtol=1e-3)
    assert session.column(ERROR).numbers is not None
    assert np.allclose(session.column(SCORE).numbers, session.scores)


def test_a_selection_differs_most_in_the_column_that_it_was_selected_by(session, frame):
    chosen = session.search("side = left")
    assert np.array_equal(chosen, np.flatnonzero(frame["side"] == "left"))
    first, *_ = session.contrast(chosen)
    assert (first.column, first.distance) == ("side", 1.0)
    assert {first.inside, first.outside} == {0.0, 1.0}
    low = session.search("a < -0.5")
    found = session.contrast(low)[0]
    assert (found.column, found.distance) == ("a", 1.0)
    assert found.inside == pytest.approx(frame["a"][frame["a"] < -0.5].median())


def test_rows_that_are_like_all_others_differ_little(session):
    assert session.contrast(np.arange(0, 400, 2))[0].distance < 0.2


def test_neighbours_of_a_row_begin_with_itself(session):
    nearest = session.neighbours(session.codes[17], 5)
    gaps = np.linalg.norm(session.codes - session.codes[17], axis=1)
    assert nearest[0] == 17
    assert np.array_equal(nearest, np.argsort(gaps)[:5])


def test_the_way_between_two_rows_is_straight(session):
    way = session.between(3, 8, 5)
    assert np.array_equal(way[[0, -1]], session.codes[[3, 8]])
    assert np.allclose(np.diff(way, 2, axis=0), 0, atol=1e-6)
    assert np.array_equal(session.between(session.codes[3], 8, 5), way)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#17", [16]),
        ("# 999", []),
        ("", []),
        ("zebra", [0]),
        ("ZEBRA", [0]),
        ("name: eb", [0]),
        ("age > 40", [1]),
        ("age>=40", [1, 2]),
        ("age != 40", [0, 1]),
        ("when < 2024-06-01", [0]),
        ("flag = true", [0, 2]),
        ("kind = 2", [2]),
        ("kind < 2", [0, 1]),
        ("a > b = 5", [2]),
        ("40", [2]),
        ("nowhere = 3", []),
        ("age = nine", []),
    ],
)
def test_search_finds(text, expected):
    table = pa.table(
        {
            "x": [0.1, 0.2, 0.3],
            "y": [3.0, 2.0, 4.0],
            "name": ["Zebra", "hyena", None],
            "age": [12.5, 41.0, 40.0],
            "when": pd.to_datetime(["2024-01-01", "2024-12-01", None]),
            "flag": [True, False, True],
            "kind": [0, 1, 2],
            "a > b": [3.5, 4.5, 5.0],
        }
    )
    model = LinearAutoencoder(2).fit(table.select(["x", "y"]))
    table = table if text != "#17" else pa.concat_tables([table] * 6)
    assert Session(model, table).search(text).tolist() == expected


def test_search_knows_score_and_error(session):
    bound = float(np.median(session.scores))
    found = session.search(f"score < {bound:.9g}")
    assert np.array_equal(found, np.flatnonzero(session.scores < np.float64(f"{bound:.9g}")))
    assert session.search(f"{ERROR} >= 0").size == 400


def test_labels_may_stand_beside_arrays(digits):
    model = LinearAutoencoder(3).fit(digits)
    labels = np.arange(1797) % 10
    session = Session(model, digits.reshape(-1, 64), labels=labels)
    assert session.column_names == ("label",)
    assert session.column("label").levels[:3] == ("0", "1", "2")
    assert session.contrast(session.search("label = 4"))[0].level == "4"
    with pytest.raises(IsthmusError, match=r"1,796 rows, but there are 1,797"):
        Session(model, digits, labels=labels[1:])


def test_gaps_and_categories_are_explored(frame):
    gaps = frame.copy()
    gaps.loc[::7, "a"] = np.nan
    gaps.loc[::5, "side"] = None
    session = Session(Autoencoder(2, hidden=8, max_epochs=2).fit(gaps), gaps)
    assert np.isfinite(session.errors).all()
    assert np.isnan(session.column("a").numbers).sum() == 58
    missing = np.flatnonzero(gaps["side"].isna())
    assert session.contrast(missing)[0].level == "missing"


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((20, 8, 8), "picture"),
        ((20, 6, 6, 3), "picture"),
        ((20, 8, 8, 5), "line"),
        ((20, 40), "line"),
        ((20, 8), "cells"),
    ],
)
def test_rows_are_shown_as_what_they_are(shape, kind):
    rows = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    session = Session(LinearAutoencoder(2).fit(rows), rows)
    assert session.view.kind == kind
    if kind == "picture":
        assert np.array_equal(session.view.pixels(rows).reshape(shape), rows)


def test_rows_that_memory_would_not_hold_are_refused(tmp_path, digits):
    np.save(tmp_path / "x.npy", np.tile(digits, (3, 1)))
    model = LinearAutoencoder(2).fit(digits)
    with limited_memory("1MB"), pytest.raises(IsthmusError, match=r"x.npy would take 1.3 MB"):
        Session(model, tmp_path / "x.npy")
    assert Session(model, tmp_path / "x.npy").n_rows == 3 * 1797


def test_what_cannot_be_explored_is_refused(frame):
    with pytest.raises(IsthmusError, match="needs two axes"):
        Session(LinearAutoencoder(1).fit(frame[["a", "b"]]), frame)
    model = LinearAutoencoder(2).fit(frame[["a", "b", "c"]])
    with pytest.raises(DataError, match="has no column 'c'"):
        Session(model, frame[["a", "b"]])
    session = Session(model, frame)
    with pytest.raises(DataError, match="no column 'zebra'"):
        session.column("zebra")
    with pytest.raises(DataError, match="rows 0 to 399"):
        session.taken([400])
