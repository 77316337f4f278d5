import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from isthmus.errors import DataError
from isthmus.io import ArrayDataset, TableDataset
from isthmus.prepare import NumberPreparation, as_float


def prepared(array, scaling="auto"):
    dataset = ArrayDataset(np.asarray(array))
    preparation = NumberPreparation.fit(dataset, scaling)
    return preparation, preparation.matrix(dataset)


def test_numeric_arrays_are_standardized_column_by_column(table):
    preparation, matrix = prepared(table)
    assert preparation.scaling == "standardize"
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(matrix.std(axis=0), 1, atol=1e-5)


def test_statistics_do_not_depend_on_how_rows_are_chunked(table):
    repeated = np.tile(table, (300, 1))  # more than one chunk
    preparation, _ = prepared(repeated)
    np.testing.assert_allclose(preparation.offset, repeated.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(preparation.scale, repeated.std(axis=0), rtol=1e-6)


def test_constant_columns_become_zero_and_come_back():
    array = np.column_stack([np.arange(5.0), np.full(5, 0.1 + 1e6)])
    preparation, matrix = prepared(array)
    assert np.isfinite(matrix).all()
    assert (matrix[:, 1] == 0).all()
    assert (preparation.inverse(matrix)[:, 1] == array[:, 1]).all()


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_unsigned_integers_that_fill_the_range_of_their_dtype_are_divided_by_it(dtype):
    limits = np.iinfo(dtype)
    array = np.array([[limits.min, limits.max], [limits.max, 0]], dtype)
    preparation, matrix = prepared(array)
    assert preparation.scaling == "range"
    values = as_float(matrix)
    assert values.min() == 0
    assert values.max() == pytest.approx(1)
    np.testing.assert_array_equal(preparation.inverse(values), array)


def test_unsigned_images_stay_integers_until_they_are_in_a_batch():
    images = np.arange(0, 240, 10, dtype=np.uint8).reshape(2, 3, 4)
    preparation, matrix = prepared(images)
    assert matrix.dtype == np.uint8
    assert matrix.shape == (2, 12)
    assert preparation.inverse(as_float(matrix)).shape == (2, 3, 4)


def test_floats_in_the_unit_interval_are_left_alone(digits):
    preparation, matrix = prepared(digits)
    assert (preparation.scaling, preparation.support) == ("none", "unit")
    assert matrix is not None
    np.testing.assert_array_equal(matrix, digits)


def test_zeros_and_ones_are_recognised_as_binary():
    preparation, _ = prepared(np.array([[0.0, 1.0], [1.0, 1.0]]))
    assert preparation.support == "binary"
    preparation, _ = prepared(np.array([[False, True], [True, True]]))
    assert preparation.support == "binary"


def test_wide_integers_are_standardized_because_their_range_says_nothing():
    preparation, _ = prepared(np.array([[1, 2], [3, 5], [7, 2]], np.int64))
    assert preparation.scaling == "standardize"


def test_float_images_share_one_mean_and_one_deviation():
    images = np.random.default_rng(0).normal(280, 5, (50, 4, 6))
    preparation, matrix = prepared(images)
    assert preparation.offset.shape == (1,)
    assert preparation.scale[0] == pytest.approx(images.std())
    assert matrix.std() == pytest.approx(1, abs=1e-5)


def test_tables_come_back_with_names_and_dtypes():
    table = pa.table(
        {
            "age": pa.array([20, 30, 41], pa.int16()),
            "weight": pa.array([60.5, 70.25, 81.0], pa.float32()),
            "smokes": pa.array([True, False, True]),
            "id": pa.array([2**40, 2**40 + 10, 2**40 + 30], pa.int64()),
        }
    )
    dataset = TableDataset(table)
    preparation = NumberPreparation.fit(dataset)
    back = preparation.inverse(preparation.matrix(dataset))
    assert back.schema == table.schema
    assert back.column("age").to_pylist() == [20, 30, 41]
    assert back.column("smokes").to_pylist() == [True, False, True]


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(
        np.float64, (6, 3), elements=st.floats(-1e9, 1e9, allow_nan=False, allow_infinity=False)
    ),
    st.sampled_from(["standardize", "center", "none", "auto"]),
)
def test_inverse_undoes_transform(array, scaling):
    preparation, matrix = prepared(array, scaling)
    tolerance = 1e-6 * (np.abs(array - array.mean(axis=0)).max() + np.abs(array).max() + 1e-30)
    np.testing.assert_allclose(preparation.inverse(matrix), array, atol=tolerance)


def test_state_makes_the_same_preparation_again(table):
    preparation, matrix = prepared(table)
    again = NumberPreparation.from_state(*preparation.state())
    np.testing.assert_array_equal(again.transform(table), matrix)
    assert again.schema == preparation.schema


CASES = {
    "text": (pa.table({"job": ["clerk", "cook"]}), "column 'job' holds text, expected numbers"),
    "dates": (pa.table({"day": pa.array([0, 1], pa.date32())}), "column 'day' holds dates"),
    "empty": (pa.table({"x": pa.nulls(2)}), "column 'x' is empty, all its values are missing"),
    "all missing": (
        pa.table({"x": pa.array([None, None], pa.float64())}),
        "column 'x' has nothing but missing values",
    ),
    "some missing": (pa.table({"x": [1.0, None]}), "a missing value, the first in row 2"),
    "NaN": (pa.table({"x": [1.0, float("nan")]}), "column 'x' holds NaN in row 2"),
    "infinity": (pa.table({"x": [float("inf"), 2.0]}), "column 'x' holds infinity in row 1"),
}


@pytest.mark.parametrize("case", CASES)
def test_unusable_columns_are_named(case):
    table, sentence = CASES[case]
    with pytest.raises(DataError, match=sentence):
        NumberPreparation.fit(TableDataset(table, "people.csv"))


def test_unusable_arrays_are_named():
    with pytest.raises(DataError, match=r"a\.npy: column 1 holds NaN in row 1"):
        NumberPreparation.fit(ArrayDataset(np.array([[1.0, np.nan]]), "a.npy"))
    with pytest.raises(DataError, match="single numbers"):
        NumberPreparation.fit(ArrayDataset(np.arange(3.0), "a.npy"))
    with pytest.raises(DataError, match="has no rows"):
        NumberPreparation.fit(ArrayDataset(np.zeros((0, 3)), "a.npy"))
    with pytest.raises(DataError, match="use scaling='standardize'"):
        NumberPreparation.fit(ArrayDataset(np.zeros((2, 3)), "a.npy"), "range")


def test_values_whose_sum_overflows_are_still_finite():
    preparation, _ = prepared(np.full((4, 2), 3e38, np.float32), "none")
    assert preparation.n_features == 2
