"""A value that makes text of a column of numbers is found where it stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from isthmus import DataError, LinearAutoencoder
from isthmus.io import limited_memory

GOOD = pd.DataFrame({"a": np.arange(100.0), "b": np.arange(100.0) ** 2, "c": 1.5})


def spoiled(value: str) -> pd.DataFrame:
    return GOOD.assign(b=[value if i == 41 else str(number) for i, number in enumerate(GOOD["b"])])


@pytest.mark.parametrize("value", ["?", "-", "n/a", "#N/A", "much", "1,234", "12%", "1_0"])
def test_one_odd_value_is_named_with_its_column_and_row(value, tmp_path):
    frame = spoiled(value)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    sentence = rf"column 'b' holds '{value.replace('?', '.')}' in row 42, expected numbers such as"
    for rows in (tmp_path / "rows.csv", frame, pl.DataFrame(frame)):
        with pytest.raises(DataError, match=sentence):
            LinearAutoencoder(1).fit(rows)
        with pytest.raises(DataError, match=sentence):
            LinearAutoencoder(1).fit(GOOD).transform(rows)


def test_an_odd_value_far_down_is_named(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n" + "1,2\n3,4\n" * 50_000 + "1,?\n" + "1,2\n" * 9)
    for memory in (None, "1MB"):
        with limited_memory(memory), pytest.raises(DataError, match=r"holds '\?' in row 100,001"):
            LinearAutoencoder(1).fit(tmp_path / "rows.csv")


@pytest.mark.parametrize("gap", ["", "NA", "nan", "NaN", "null", "None"])
def test_a_gap_among_numbers_is_told_as_such(gap, tmp_path):
    spoiled(gap).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(DataError, match="'b' has a missing value, the first in row 42"):
        LinearAutoencoder(1).fit(tmp_path / "rows.csv")


def test_numbers_that_are_all_written_otherwise_are_named(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n" + '1,"1,234"\n2,"2,345"\n' * 9)
    with pytest.raises(DataError, match=r"column 'b' holds '1,234' in row 1, expected numbers"):
        LinearAutoencoder(1).fit(tmp_path / "rows.csv")


def test_text_is_no_odd_value():
    frame = GOOD.assign(b=["first", *["second", "3rd", "4"] * 33])
    with pytest.raises(DataError, match="'b' holds text, expected numbers"):
        LinearAutoencoder(1).fit(frame)
