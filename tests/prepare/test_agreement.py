"""What comes after fit is held against what was fitted."""

import warnings

import numpy as np
import pyarrow as pa
import pytest

from isthmus.errors import DataError, DataWarning
from isthmus.io import ArrayDataset, TableDataset
from isthmus.prepare import NumberPreparation

GENERATOR = np.random.default_rng(0)
PICTURES = GENERATOR.integers(0, 256, (30, 6, 5)).astype("uint8")
COLOURS = GENERATOR.integers(0, 256, (30, 6, 5, 3)).astype("uint8")


def matrix(fitted, later):
    return NumberPreparation.fit(ArrayDataset(fitted)).matrix(ArrayDataset(later))


@pytest.mark.parametrize(
    ("fitted", "later", "sentence"),
    [
        (PICTURES, PICTURES / 255, "float64 numbers from 0 to 1, .* multiply it by 255"),
        (PICTURES, PICTURES.astype("uint16") * 257, "uint16 numbers .* bring it to uint8"),
        (PICTURES, PICTURES > 127, "bool numbers"),
        (PICTURES, (PICTURES > 127).astype(int), "int64 numbers from 0 to 1"),
        (PICTURES, PICTURES.astype(float) - 128, "from -128 to 127, .* into 0 to 255"),
        (PICTURES.astype("uint16") * 257, PICTURES, "uint8 numbers"),
        (PICTURES / 255, PICTURES, "uint8 numbers up to 255, .* in .0, 1.: divide"),
        (PICTURES / 255, PICTURES.astype(float), "float64 numbers up to 255"),
        (PICTURES > 127, PICTURES, "uint8 numbers up to 255"),
        (PICTURES // 5, PICTURES / 255 / 5, "multiply it by 255"),
    ],
)
def test_shades_in_another_unit_are_refused(fitted, later, sentence):
    with pytest.raises(DataError, match=sentence):
        matrix(fitted, later)


@pytest.mark.parametrize(
    ("fitted", "later"),
    [
        (PICTURES, PICTURES.astype("int64")),
        (PICTURES, PICTURES.astype("float32")),
        (PICTURES.astype("float32"), PICTURES),
        (PICTURES, PICTURES[..., None]),
        (PICTURES, PICTURES.reshape(30, 30)),
        (PICTURES.reshape(30, 30), PICTURES),
        (PICTURES // 100, (PICTURES // 100).astype("int64")),
        (PICTURES > 127, (PICTURES > 127).astype("uint8")),
    ],
)
def test_the_same_numbers_in_another_dtype_or_shape_are_the_same(fitted, later):
    preparation = NumberPreparation.fit(ArrayDataset(fitted))
    own, other = (preparation.matrix(ArrayDataset(x)) for x in (fitted, later))
    own, other = (x / 255 if x.dtype == np.uint8 else x for x in (own, other))
    np.testing.assert_allclose(own, other, atol=1e-6)


@pytest.mark.parametrize(
    "later",
    [
        np.moveaxis(COLOURS, 3, 1),
        np.moveaxis(COLOURS, 1, 2),
        COLOURS.reshape(30, -1),
        COLOURS[..., :1],
        COLOURS[:, :5],
        np.concatenate([COLOURS, COLOURS[..., :1]], axis=-1),
    ],
    ids=["channels first", "transposed", "flat", "grey", "cropped", "with alpha"],
)
def test_another_layout_is_refused(later):
    with pytest.raises(DataError, match=r"rows of shape .* was to have the \(6, 5, 3\)"):
        matrix(COLOURS, later)


def test_a_flat_model_takes_no_channels():
    with pytest.raises(DataError, match="shape"):
        matrix(COLOURS.reshape(30, -1), COLOURS)


@pytest.mark.parametrize("later", [["1.5"] * 3, [None] * 3])
def test_text_and_gaps_are_refused_by_name(later):
    preparation = NumberPreparation.fit(
        TableDataset(pa.table({"a": [1.0, 2, 3], "b": [3.0, 1, 2]}))
    )
    dataset = TableDataset(pa.table({"a": [1.0, 2, 3], "b": later}))
    with pytest.raises(DataError, match="column 'b'"):
        preparation.matrix(dataset)
    with pytest.raises(DataError, match="column 'b'"):
        preparation.admitting(dataset)


def test_numbers_beyond_float32_are_refused_by_row_and_column():
    fitted = GENERATOR.normal(size=(30, 3))
    later = fitted.copy()
    later[7, 2] = 1e200
    with pytest.raises(DataError, match=r"column 2 holds 1e\+200 in row 8"):
        matrix(fitted, later)


def test_numbers_far_beyond_the_fitted_range_are_warned_of():
    fitted = GENERATOR.normal(size=(30, 3))
    with pytest.warns(DataWarning, match="in column 1 from .* the same unit"):
        matrix(fitted, fitted * [1, 1000, 1000])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matrix(fitted, fitted * [1, 1, 1000])


@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_numbers_in_a_crumb_of_the_fitted_range_are_warned_of(dtype):
    pictures = PICTURES.astype(dtype)
    with pytest.warns(DataWarning, match="in a small part of the range .* 0 to 255"):
        matrix(pictures, PICTURES / 255)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        matrix(pictures, np.repeat(pictures[:1], 30, axis=0))
        matrix(pictures, pictures // 4)


def test_going_on_widens_the_range_and_tells_where_the_rows_lie():
    fitted = GENERATOR.uniform(size=(30, 3))
    preparation = NumberPreparation.fit(ArrayDataset(fitted))
    assert preparation.admitting(ArrayDataset(fitted[:5])).support == "unit"
    wider = preparation.admitting(ArrayDataset(fitted * [4, 1, 1]))
    assert wider.support == "real"
    np.testing.assert_array_equal(wider.domain.greatest, [4, 1, 1] * fitted.max(axis=0))
    np.testing.assert_array_equal(wider.scale, preparation.scale)


def test_going_on_in_another_unit_is_warned_of_or_refused():
    fitted = GENERATOR.normal(size=(30, 3))
    with pytest.warns(DataWarning, match="the same unit"):
        NumberPreparation.fit(ArrayDataset(fitted)).admitting(ArrayDataset(fitted * 1000))
    with pytest.raises(DataError, match="multiply it by 255"):
        NumberPreparation.fit(ArrayDataset(PICTURES)).admitting(ArrayDataset(PICTURES / 255))


def test_a_scale_to_which_there_is_no_way_back_is_refused():
    values, arrays = NumberPreparation.fit(ArrayDataset(GENERATOR.normal(size=(30, 3)))).state()
    for broken in (0.0, np.nan, -1.0, np.inf):
        with pytest.raises(ValueError, match="no number to come back from"):
            NumberPreparation.from_state(values, arrays | {"scale": np.full(3, broken)})
