"""Autoencoders fill gaps with their reconstruction."""

import numpy as np
import pandas as pd
import pytest

from isthmus import Autoencoder, IsthmusError, MissingValueError, VariationalAutoencoder, read

GENERATOR = np.random.default_rng(0)
QUICK = {"hidden": [8], "max_epochs": 3, "random_state": 0}
FRAME = pd.DataFrame({"a": GENERATOR.normal(size=60), "b": list("xyz") * 20})
GAPS = GENERATOR.random(FRAME.shape) < 0.3
GIVEN = FRAME.mask(GAPS)


@pytest.fixture(scope="module")
def model():
    return VariationalAutoencoder(1, **QUICK).fit(GIVEN)


def test_gaps_get_the_reconstruction_and_nothing_else_does(model):
    filled = model.impute(GIVEN)
    pd.testing.assert_frame_equal(filled.where(~GAPS), GIVEN)
    pd.testing.assert_frame_equal(filled.where(GAPS), model.reconstruct(GIVEN).where(GAPS))
    assert filled.dtypes.equals(GIVEN.dtypes)


def test_draws_differ_where_there_are_gaps_and_only_there(model):
    drawn = model.impute(GIVEN, n_draws=3, random_state=0)
    assert len(drawn) == 3
    for each in drawn:
        pd.testing.assert_frame_equal(each.where(~GAPS), GIVEN)
        assert not each.isna().any(axis=None)
    assert not drawn[0].equals(drawn[1])
    again = model.impute(GIVEN, n_draws=3, random_state=0)
    pd.testing.assert_frame_equal(again[2], drawn[2])


def test_files_are_filled_chunk_by_chunk(model, tmp_path):
    GIVEN.to_parquet(tmp_path / "given.parquet")
    (chunk,) = model.impute_chunks(read(tmp_path / "given.parquet"))
    assert chunk["a"].to_pylist() == model.impute(GIVEN)["a"].tolist()


def test_numbers_alone_have_no_gaps_to_fill():
    rows = GENERATOR.normal(size=(40, 2))
    model = Autoencoder(1, **QUICK).fit(rows)
    np.testing.assert_array_equal(model.impute(rows), rows)
    rows[3, 1] = np.nan
    with pytest.raises(MissingValueError, match="row 4"):
        model.impute(rows)


@pytest.mark.parametrize(("n_draws", "says"), [(2, "no distribution"), (0, "choose 1 or more")])
def test_draws_that_cannot_be_are_refused(model, n_draws, says):
    given = Autoencoder(1, **QUICK).fit(GIVEN) if n_draws else model
    with pytest.raises(IsthmusError, match=says):
        given.impute(GIVEN, n_draws=n_draws)
