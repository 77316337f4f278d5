"""Scale and support follow from the numbers, and the reason is kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.datasets import load_digits

from isthmus.io import ArrayDataset
from isthmus.prepare import NumberPreparation

GENERATOR = np.random.default_rng(0)


def prepared(array, scaling="auto"):
    return NumberPreparation.fit(ArrayDataset(np.asarray(array)), scaling)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int64", "float32"])
def test_zeros_and_ones_are_binary_in_every_dtype(dtype):
    preparation = prepared(GENERATOR.integers(0, 2, (50, 4)).astype(dtype))
    assert (preparation.scaling, preparation.support) == ("none", "binary")
    assert preparation.reason == preparation.support_reason == "all values are 0 or 1"


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (GENERATOR.integers(0, 3, (50, 4)), "uint8"),
        (GENERATOR.integers(0, 40, (50, 6, 6)), "uint8"),
        (GENERATOR.integers(0, 4096, (50, 6, 6)), "uint16"),
        (GENERATOR.integers(-300, 300, (50, 4)), "int16"),
        (GENERATOR.integers(-128, 128, (50, 4)), "int8"),
    ],
    ids=["genotypes", "dark pictures", "12 bits", "signals", "signed bytes"],
)
def test_numbers_that_do_not_fill_the_range_of_their_dtype_are_standardized(array, dtype):
    preparation = prepared(array.astype(dtype))
    assert (preparation.scaling, preparation.support) == ("standardize", "real")
    matrix = preparation.matrix(ArrayDataset(array.astype(dtype)))
    assert matrix.std() == pytest.approx(1, abs=0.05)


def test_shares_that_use_little_of_the_unit_interval_are_standardized():
    preparation = prepared(GENERATOR.uniform(0, 0.01, (50, 4)))
    assert preparation.scaling == "standardize"
    assert preparation.reason == "the values use little of [0, 1]"


def test_one_narrow_column_does_not_move_those_that_fill_the_unit_interval():
    array = GENERATOR.uniform(size=(50, 4))
    array[:, 0] *= 0.01
    assert prepared(array).scaling == "none"


@pytest.mark.parametrize("excess", [2.3e-16, 1.2e-7])
def test_rounding_beyond_one_changes_nothing(excess):
    array = GENERATOR.uniform(size=(50, 4))
    array[3, 2], array[4, 1] = 1 + excess, -excess
    preparation = prepared(array)
    assert (preparation.scaling, preparation.support) == ("none", "unit")


@pytest.mark.parametrize("shape", [(60, 3), (3, 60), (8, 8, 3), (4, 3)])
def test_channels_of_different_units_get_a_scale_each(shape):
    units = np.array([1.0, 50.0, 1e4])
    axis = 1 + shape.index(3)
    array = np.moveaxis(GENERATOR.normal(size=(40, *shape)), axis, -1) * units + 7 * units
    array = np.moveaxis(array, -1, axis)
    matrix = prepared(array).matrix(ArrayDataset(array)).reshape(array.shape)
    over = tuple(i for i in range(4 if len(shape) == 3 else 3) if i != axis)
    np.testing.assert_allclose(matrix.mean(axis=over), 0, atol=1e-3)
    np.testing.assert_allclose(matrix.std(axis=over), 1, atol=1e-3)


def test_pictures_with_dark_edges_share_one_scale():
    y, x = np.mgrid[:12, :12] - 6
    centres = GENERATOR.normal(0, 1, (2, 60, 1, 1))
    spots = 500 * np.exp(-((x - centres[0]) ** 2 + (y - centres[1]) ** 2) / 4)
    assert prepared(spots).offset.shape == (1,)


@pytest.mark.parametrize(
    ("units", "offsets"), [([1, 1, 1, 1, 1, 1e-3], 0), (1, np.arange(6) * 1000)]
)
def test_one_channel_in_another_unit_or_place_is_enough(units, offsets):
    array = GENERATOR.normal(size=(200, 10, 6)) * units + offsets
    matrix = prepared(array).matrix(ArrayDataset(array)).reshape(array.shape)
    np.testing.assert_allclose(matrix.std(axis=(0, 1)), 1, atol=1e-3)


def test_pictures_on_a_faint_ground_share_one_scale():
    assert prepared(load_digits().images).offset.shape == (1,)


def test_channels_that_agree_share_one_scale():
    array = GENERATOR.normal(2, 1, (40, 8, 8, 3)) * [1.0, 1.2, 0.9]
    assert prepared(array).offset.shape == (1,)


@settings(max_examples=30, deadline=None)
@given(
    arrays.arrays(np.float64, (8, 3), elements=st.floats(-1e6, 1e6)),
    st.integers(0, 2),
    st.permutations(range(8)),
)
def test_the_unit_of_a_column_changes_nothing_and_rows_keep_their_place(array, column, order):
    array = array.round(3) + np.arange(24).reshape(8, 3)
    other = array.copy()
    other[:, column] *= 1000
    own, scaled, permuted = (
        prepared(x, "standardize").matrix(ArrayDataset(x)) for x in (array, other, array[order])
    )
    np.testing.assert_allclose(scaled, own, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(permuted, own[order], rtol=1e-4, atol=1e-4)


def test_state_holds_reason_and_range():
    array = GENERATOR.normal(size=(50, 4))
    preparation = prepared(array)
    again = NumberPreparation.from_state(*preparation.state())
    assert again.reason == "some values lie outside [0, 1]"
    np.testing.assert_array_equal(again.domain.least, array.min(axis=0))
    np.testing.assert_array_equal(again.domain.greatest, array.max(axis=0))
