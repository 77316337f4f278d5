import datetime
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from isthmus.errors import DataError, DataWarning, IsthmusError
from isthmus.io import as_dataset, container_of, to_container
from isthmus.prepare import (
    NumberPreparation,
    TablePreparation,
    find_preparation,
    restore_preparation,
)

N = 60
GENERATOR = np.random.default_rng(0)
DAYS = pd.date_range("2020-02-27", periods=N, freq="31h")
FRAME = pd.DataFrame(
    {
        "number": GENERATOR.normal(50, 10, N),
        "whole": GENERATOR.integers(0, 100, N),
        "tail": np.where(np.arange(N) % 20, 0.0, 1e6),
        "flag": GENERATOR.random(N) > 0.3,
        "city": GENERATOR.choice(["Zürich", "東京", "a, b"], N),
        "size": pd.Categorical(GENERATOR.choice(["s", "l"], N), ["s", "m", "l"], ordered=True),
        "when": DAYS,
        "day": DAYS.date,
        "zoned": DAYS.tz_localize("Asia/Tokyo"),
        "lasts": pd.to_timedelta(GENERATOR.integers(0, 1000, N), "min"),
        "Whole": pd.array(GENERATOR.integers(0, 9, N), "Int16"),
        "Flag": pd.array(GENERATOR.random(N) > 0.5, "boolean"),
        "name": [f"row {i}" for i in range(N)],
    },
    index=np.arange(N)[::-1] * 3,
)
KINDS = {
    "number": "number",
    "whole": "number",
    "tail": "number",
    "flag": "boolean",
    "city": "category",
    "size": "category",
    "when": "date",
    "day": "date",
    "zoned": "date",
    "lasts": "date",
    "Whole": "number",
    "Flag": "boolean",
    "name": "left_out",
}


def with_gaps(frame, share=0.2):
    frame, generator = frame.copy(), np.random.default_rng(1)
    for name in frame.columns.drop("flag"):
        frame.loc[generator.random(len(frame)) < share, name] = None
    return frame


def fitted(data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return find_preparation(as_dataset(data), **options)


def back(preparation, data):
    rows = preparation.inverse(preparation.matrix(as_dataset(data)))
    return to_container(rows, container_of(data))


def test_kinds_follow_from_types_and_values():
    with pytest.warns(DataWarning, match="column 'name' was found useless, since every value is"):
        preparation = find_preparation(as_dataset(FRAME))
    assert {column.called: column.kind for column in preparation.columns} == KINDS


@pytest.mark.parametrize("change", [lambda frame: frame, with_gaps], ids=["whole", "gaps"])
def test_what_comes_back_has_columns_order_dtypes_levels_and_index(change):
    frame = change(FRAME)
    found = back(fitted(frame), frame)
    pd.testing.assert_index_equal(found.index, frame.index)
    assert found.dtypes.to_dict() == frame.dtypes.to_dict()
    for name in frame.columns.drop(["name", "number", "tail"]):
        expected = frame[name]
        pd.testing.assert_series_equal(found[name], expected, check_index=False)
    for name in ("number", "tail"):
        np.testing.assert_allclose(found[name], frame[name], rtol=1e-5, atol=1e-2)
    assert found["name"].isna().all()


def test_polars_and_arrow_come_back_as_they_were():
    frame = pl.DataFrame(
        {
            "level": pl.Series(["a", None, "b", "a"] * 9, dtype=pl.Categorical),
            "fixed": pl.Series(["x", "y", "x", None] * 9, dtype=pl.Enum(["y", "x", "z"])),
            "time": [datetime.time(3, 15), None, datetime.time(23), datetime.time(0)] * 9,
            "date": [datetime.date(1650, 5, 1), datetime.date(2020, 1, 1), None, None] * 9,
            "small": pl.Series([1, None, 3, -128] * 9, dtype=pl.Int8),
        }
    )
    found = back(fitted(frame), frame)
    assert found.schema == frame.schema
    assert found.equals(frame)
    money = pa.table({"price": pa.array([Decimal("1.25"), None, Decimal("-3.50")] * 9)})
    assert back(fitted(money), money).equals(money)


def test_a_row_is_nan_where_a_value_is_missing_and_one_hot_elsewhere():
    frame = pd.DataFrame({"x": [1.0, None, 3.0], "c": ["u", "v", None]})
    preparation = fitted(frame)
    matrix = preparation.matrix(as_dataset(frame))
    places = preparation.layout.places[1]
    assert np.isnan(matrix[1, preparation.layout.places[0]]).all()
    assert np.isnan(matrix[2, places]).all()
    np.testing.assert_array_equal(matrix[:2, places], [[1, 0, 0], [0, 1, 0]])
    assert preparation.feature_names == ("x", "c = u", "c = v", "c = others")


def test_numbers_with_gaps_are_standardized_by_those_that_are_there():
    x = np.random.default_rng(0).normal([3, -5], [2, 0.1], size=(500, 2))
    x[::7, 0] = np.nan
    preparation = fitted(x)
    matrix = preparation.matrix(as_dataset(x))
    np.testing.assert_allclose(np.nanmean(matrix, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(np.nanstd(matrix, axis=0), 1, atol=1e-5)
    found = back(preparation, x)
    assert found.dtype == x.dtype
    np.testing.assert_allclose(found, x, rtol=1e-5, atol=1e-6)


def test_plain_numbers_take_the_plain_path():
    assert isinstance(fitted(FRAME[["number", "whole"]]), NumberPreparation)
    assert isinstance(fitted(FRAME[["number", "whole"]].to_numpy()), NumberPreparation)
    assert isinstance(fitted(FRAME[["whole"]], kinds={"whole": "category"}), TablePreparation)


def test_going_on_widens_the_range_of_numbers_and_dates_of_every_kind():
    later = FRAME.assign(
        number=FRAME["number"] + 30,
        tail=np.where(np.arange(N) % 20, 0.0, 3e7),
        when=FRAME["when"] + pd.Timedelta("3650D 00:20:00"),
        day=(DAYS + pd.Timedelta("3650D")).date,
        lasts=FRAME["lasts"] * 5 + pd.Timedelta("1s"),
    )
    preparation = fitted(FRAME, kinds={"tail": "heavy_tailed"})
    wider = preparation.admitting(as_dataset(later))
    np.testing.assert_array_equal(
        wider.matrix(as_dataset(FRAME)), preparation.matrix(as_dataset(FRAME))
    )
    for rows in (later, FRAME):
        found = back(wider, rows)
        np.testing.assert_allclose(found[["number", "tail"]], rows[["number", "tail"]], 1e-4, 0.01)
        for name in ("when", "lasts"):
            assert (found[name] - rows[name]).abs().max() < pd.Timedelta("10min"), name
    assert back(preparation, later)["tail"].max() == 1e6
    nothing = as_dataset(FRAME.assign(number=np.nan, when=pd.NaT))
    assert preparation.admitting(nothing).columns[0] == preparation.columns[0]


def test_rare_and_unseen_levels_share_a_number():
    levels = ["often"] * 20_000 + ["seldom"] * 3 + ["once"]
    table = pa.table({"level": levels})
    preparation = fitted(table)
    (column,) = preparation.columns
    assert column.levels == ("often",)
    later = pa.table({"level": ["often", "once", "never seen", None]})
    matrix = preparation.transform(later)
    np.testing.assert_array_equal(matrix[:3], [[1, 0], [0, 1], [0, 1]])
    assert preparation.inverse(matrix)["level"].to_pylist() == ["often", "seldom", "seldom", None]


NAMES = [f"person {i}" for i in range(2_000)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (NAMES[:100], "every value is another, as names and numbers of rows are"),
        (NAMES[:96] + NAMES[:4], "92% of its values occur once, as names and numbers of rows do"),
        (NAMES[:52] + ["London"] * 48, "52% of its values occur once, as"),
        (NAMES[:48] + ["London"] * 52, None),
        (NAMES[:50] * 2, None),
        (NAMES[:19], None),
        ([*NAMES[:96], *NAMES[:4], *[None] * 900], "92% of its values occur once, as"),
        ([*NAMES[:100], None], "every value is another"),
        # Ten or fewer of ten thousand share a number with all other rare ones.
        (NAMES * 5, "100% of its values occur 10 times at most, as"),
        (NAMES[:500] * 20, None),
    ],
)
def test_text_whose_values_hardly_ever_come_again_is_left_out(values, reason):
    table = pa.table({"name": values, "x": [float(i % 7) for i in range(len(values))]})
    column = fitted(table).columns[0]
    assert column.kind == ("left_out" if reason else "category")
    if reason:
        assert column.reason.startswith(reason)
    # What somebody has made categories are categories.
    assert fitted(table, kinds={"name": "category"}).columns[0].kind == "category"
    coded = table.set_column(0, "name", table["name"].dictionary_encode())
    assert fitted(coded).columns[0].kind == "category"


@pytest.mark.parametrize("written", ["{}/3/2024", "{}.03.24 11:30", "2024/3/{}"])
def test_text_that_looks_like_dates_is_left_out_with_how_dates_are_known(written):
    table = pa.table({"when": [written.format(day) for day in range(1, 29)], "x": range(28)})
    column = fitted(table).columns[0]
    assert column.kind == "left_out"
    assert column.reason.endswith(
        " (dates are known as 2024-02-29 in files, and by their type in frames)"
    )


def test_many_levels_take_few_numbers_and_the_same_on_every_machine():
    levels = [f"level {i % 300}" for i in range(20_000)]
    preparation = fitted(pa.table({"level": levels}))
    (column,) = preparation.columns
    assert column.width == 128 + 16
    assert len(column.levels) == 128
    matrix = preparation.transform(pa.table({"level": ["level 299", "level 298"]}))
    assert matrix.argmax(axis=1).tolist() == [128 + 7, 128 + 1]


def test_long_tails_are_drawn_in_where_that_pays():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"income": np.exp(generator.normal(0, 2.5, 2000)), "c": "a"})
    frame["c"] = generator.choice(["a", "b"], 2000)
    column = fitted(frame).columns[0]
    assert column.kind == "heavy_tailed"
    assert "fourth moment" in column.reason
    prepared = fitted(frame).matrix(as_dataset(frame))[:, 0]
    assert abs(prepared).max() < 6
    assert fitted(frame, kinds={"income": "number"}).columns[0].kind == "number"


def test_dates_tell_how_long_ago_and_where_in_the_cycles():
    frame = pd.DataFrame({"t": pd.date_range("2000-01-01", "2002-12-31", freq="6h")})
    preparation = fitted(frame)
    assert preparation.columns[0].cycles == ("day", "week", "year")
    matrix = preparation.matrix(as_dataset(frame))
    np.testing.assert_allclose(np.hypot(matrix[:, 1], matrix[:, 2]), 1, atol=1e-5)
    np.testing.assert_allclose(matrix[4:, 1:3], matrix[:-4, 1:3], atol=1e-4)  # a day later
    np.testing.assert_allclose(matrix[28:, 3:5], matrix[:-28, 3:5], atol=1e-4)  # a week later


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([[1], [2]] * 9), r"column 'x' holds values of type list<.*>, expected numbers"),
        (pa.array([b"a", b"b"] * 9), "column 'x' holds values of type binary"),
        (pa.array([1.0, np.inf] * 9), "column 'x' holds infinity in row 2"),
        (pa.array(["1", "2", "x"] * 6), r"holds 'x' in row 3, expected numbers .*--kind x=cat"),
        (pa.array([None] * 18, pa.float64()), "no column to learn from: column 'x' was found"),
        (pa.nulls(18), "no column to learn from"),
    ],
)
def test_what_nothing_can_be_made_of_is_named(column, message):
    with pytest.raises(DataError, match=message):
        fitted(pa.table({"x": column}), kinds=None)


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ({"city": "Bern"}, None),
        ({"number": ["many"] * N}, "column 'number' holds"),
        ({"number": np.inf}, "column 'number' holds infinity in row 1"),
        ({"number": 1e60}, "too large for float32"),
        ({"when": 3.5}, r"column 'when' holds double, but timestamp"),
        ({"when": DAYS.tz_localize("UTC")}, "column 'when' holds timestamp"),
        ({"flag": 7}, "column 'flag' holds 7 in row 1, expected true or false"),
        ({"city": None, "number": None}, None),
        ({"whole": GENERATOR.random(N) * 9}, None),
    ],
)
def test_later_rows_are_converted_where_that_is_certain_and_else_refused(later, message):
    preparation = fitted(FRAME)
    dataset = as_dataset(FRAME.assign(**later))
    if message is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            assert preparation.matrix(dataset).shape == (N, preparation.n_features)
    else:
        with pytest.raises(DataError, match=message):
            preparation.matrix(dataset)


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ({"city": "Bern"}, "Most values of column 'city' in X are none of the levels"),
        ({"whole": FRAME["whole"] * 1000 + 400}, "Most values of column 'whole' in X lie far"),
    ],
)
def test_later_rows_that_mean_something_else_are_told_of(later, message):
    with pytest.warns(DataWarning, match=message):
        fitted(FRAME).matrix(as_dataset(FRAME.assign(**later)))


def test_other_columns_are_refused():
    preparation = fitted(FRAME)
    with pytest.raises(DataError, match="has 'when' in place of a column that was fitted"):
        preparation.check(as_dataset(FRAME.drop(columns="size")))


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"town": "category"}, "kinds names the column 'town', which X does not have"),
        ({"city": "categorical"}, "names no kind of column: choose one of number"),
        ({"city": "number"}, "column 'city' holds .*string, which cannot be of the kind number"),
        (
            {"city": "date"},
            r"of the kind date: choose category, or mend it \(dates are known as 2024-02-29 in",
        ),
        ({"when": "boolean"}, "which cannot be of the kind boolean: choose category, date"),
    ],
)
def test_kinds_that_cannot_be_are_refused(kinds, message):
    with pytest.raises(IsthmusError, match=message):
        fitted(FRAME, kinds=kinds)


def test_scalings_of_numbers_are_refused():
    with pytest.raises(IsthmusError, match="is for plain numbers, but of X not all columns are"):
        fitted(FRAME, scaling="range")


def test_state_makes_it_again_and_damage_is_told():
    frame = with_gaps(FRAME)
    preparation = fitted(frame)
    values, arrays = preparation.state()
    again = restore_preparation(values, arrays)
    matrix = preparation.matrix(as_dataset(frame))
    np.testing.assert_array_equal(again.matrix(as_dataset(frame)), matrix)
    assert again.inverse(matrix).equals(preparation.inverse(matrix))
    damaged = arrays["arrow_schema"].copy()
    damaged[8:40] = 255
    with pytest.raises(ValueError, match="the schema is damaged"):
        restore_preparation(values, {"arrow_schema": damaged})
