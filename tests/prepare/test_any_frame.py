"""Whatever a frame holds gives a result or a sentence."""

import warnings
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.errors import DataWarning, IsthmusError
from isthmus.io import Container, as_dataset, to_container
from isthmus.prepare import find_preparation

ZONES = st.sampled_from([None, "UTC", "America/New_York"])
COLUMNS = [
    st.lists(st.none() | st.floats(allow_infinity=True, width=32), min_size=2, max_size=2),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=2),
    st.lists(st.none() | st.booleans(), min_size=2, max_size=2),
    st.lists(st.none() | st.text(max_size=5), min_size=2, max_size=2),
    st.lists(st.none() | st.dates(), min_size=2, max_size=2),
    st.lists(st.none() | st.datetimes(), min_size=2, max_size=2),
    st.lists(st.none() | st.timedeltas(), min_size=2, max_size=2),
    st.lists(st.none() | st.times(), min_size=2, max_size=2),
    st.lists(st.none() | st.decimals(-1000, 1000, places=2), min_size=2, max_size=2),
    st.lists(st.none() | st.binary(max_size=3), min_size=2, max_size=2),
    st.lists(st.one_of(st.integers(), st.text(), st.floats()), min_size=2, max_size=2),
]


@settings(max_examples=120, deadline=None)
@given(
    columns=st.lists(st.one_of(COLUMNS), min_size=1, max_size=5),
    repeats=st.integers(1, 30),
    zone=ZONES,
)
def test_any_frame_gives_a_result_of_the_same_types_or_a_sentence(columns, repeats, zone):
    frame = pd.DataFrame({f"c{i}": column * repeats for i, column in enumerate(columns)})
    if zone:
        dates = pd.Series(pd.date_range("1850-01-01", periods=len(frame), freq="W"))
        frame["zoned"] = dates.dt.tz_localize(ZoneInfo(zone), nonexistent="NaT", ambiguous="NaT")
    refusal = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        try:
            dataset = as_dataset(frame)
            preparation = find_preparation(dataset)
            matrix = preparation.matrix(dataset)
        except IsthmusError as error:
            refusal = str(error)
    if refusal:
        assert refusal.endswith((".", ".)"))
        assert "\n" not in refusal
        return
    assert not np.isinf(matrix).any()
    found = preparation.inverse(matrix)
    assert found.schema.types == dataset.to_memory().schema.types
    given = to_container(found, Container("pandas", frame.index))
    for name in frame.columns:
        if frame[name].notna().any() and given[name].notna().any():
            assert given[name].dtype == frame[name].dtype or frame[name].dtype == object
