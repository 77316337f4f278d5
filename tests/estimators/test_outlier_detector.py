import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import isthmus.estimators.outliers.by_statistics as by_statistics
from isthmus import (
    Autoencoder,
    DataError,
    IsthmusError,
    LinearAutoencoder,
    ModelFileError,
    OutlierDetector,
    load,
)
from isthmus.io import read_model_file, write_model_file


def make_rows(n_rows=400, seed=0):
    generator = np.random.default_rng(seed)
    hidden = generator.normal(size=(n_rows, 2))
    rows = hidden @ np.array([[1.0, 0.5, 0, 2], [0, 0.5, 1, -1]])
    return rows + 0.1 * generator.normal(size=rows.shape)


@pytest.fixture(scope="module")
def frame():
    frame = pd.DataFrame(make_rows(), columns=["height", "weight", "width", "depth"])
    return frame.assign(height=50 + 10 * frame["height"], parts=np.arange(400) % 7, same=3)


@pytest.fixture(scope="module")
def odd(frame):
    """Ten rows with one number that breaks what holds of the others."""
    odd = frame.iloc[:10].copy()
    odd["width"] = odd["width"].to_numpy() + np.where(odd["width"] > 0, -5, 5)
    return odd


@pytest.fixture(scope="module")
def detector(frame):
    return OutlierDetector().fit(frame)


def test_odd_rows_score_lower(detector, frame, odd):
    scores = np.concatenate([detector.score_samples(odd), detector.score_samples(frame)])
    assert roc_auc_score(np.arange(len(scores)) < 10, -scores) > 0.97


def test_the_score_is_the_sum_that_is_written(frame):
    rows = make_rows(60)
    z = np.clip((rows - rows.mean(axis=0)) / rows.std(axis=0), -8, 8)
    distances = np.sort(np.linalg.norm(z[:, None] - z, axis=2), axis=1)[:, 1:]
    kinds = [distances[:, :50].mean(axis=1), distances[:, :12].mean(axis=1)]
    histogram, tail = np.zeros(60), np.zeros(60)
    for column in z.T:
        counts, edges = np.histogram(column, int(np.sqrt(60)))
        bins = np.minimum(np.searchsorted(edges, column, side="right") - 1, len(counts) - 1)
        histogram -= np.log((counts[bins] + 1) / (60 + len(counts) + 2)) / 4
        below = (column[:, None] >= column).sum(axis=1)
        tail -= np.log((np.minimum(below, 61 - below) + 1) / 61) / 4
    expected = 0
    for kind in (*kinds, histogram, tail):
        low, median, high = np.percentile(np.log(kind), [25, 50, 75])
        expected -= (np.log(kind) - median) / (high - low)
    np.testing.assert_allclose(OutlierDetector().fit(rows).score_samples(rows), expected, rtol=1e-4)


def test_a_share_of_the_training_rows_are_outliers(frame):
    for share in (0.05, 0.5):
        predictions = OutlierDetector(share).fit_predict(frame)
        assert (predictions == -1).sum() == round(share * len(frame))


def test_no_row_that_is_known_to_be_clean_is_an_outlier(frame, odd):
    detector = OutlierDetector(contamination=0).fit(frame)
    assert (detector.predict(frame) == 1).all()
    assert (detector.predict(odd) == -1).mean() >= 0.8


def test_by_itself_the_line_is_where_boxes_of_tukey_end(detector, frame, odd):
    scores = detector.score_samples(frame)
    low, high = np.percentile(scores, [25, 75])
    assert detector.offset_ == pytest.approx(low - 1.5 * (high - low))
    assert (detector.predict(frame) == -1).mean() < 0.1
    assert (detector.predict(odd) == -1).mean() >= 0.8


def test_reasons_name_what_was_changed_and_what_was_there(detector, frame, odd):
    explanation = detector.explain(odd, n_reasons=2)
    first = [explanation.reasons(row)[0] for row in range(10)]
    assert sum(reason.column == "width" for reason in first) >= 8
    for row, reason in enumerate(first):
        if reason.column == "width":
            assert reason.value == pytest.approx(odd["width"].iloc[row], rel=1e-5)
            assert reason.expected == pytest.approx(frame["width"].iloc[row], abs=0.6)
            assert reason.amount > 1
    np.testing.assert_allclose(explanation.scores, detector.score_samples(odd))
    assert str(explanation).count("\n") == 9
    assert "width is " in explanation.sentence(0)


def test_reasons_are_in_the_units_and_dtypes_of_the_data(detector, frame):
    strange = frame.iloc[[3]].assign(height=900.0, parts=60)
    reasons = {reason.column: reason for reason in detector.explain(strange).reasons(0)}
    assert reasons["height"].value == 900
    assert 20 < reasons["height"].expected < 80
    assert reasons["parts"].value == 60
    assert reasons["parts"].expected in range(7)
    table = detector.explain(strange, n_reasons=2).to_arrow()
    assert table.column_names[:5] == ["score", "column_1", "value_1", "expected_1", "amount_1"]
    assert table.num_rows == 1


@pytest.mark.parametrize("kinds", [{}, {"name": ["a", "b"] * 150}])
def test_values_far_from_the_mean_are_told_as_they_are(kinds):
    levels = np.random.default_rng(0).normal(1000, 10, size=(300, 3))
    whole = np.arange(300) % 60
    frame = pd.DataFrame(levels, columns=list("abc")).assign(whole=whole, **kinds)
    frame.loc[0, ["b", "whole"]] = 0, 0
    frame.loc[1, "c"] = 0.001
    frame.loc[2, "a"] = -1e9
    explanation = OutlierDetector().fit(frame).explain(frame[:3])
    assert {reason.column: reason.value for reason in explanation.reasons(0)}["b"] == 0
    assert [explanation.reasons(row)[0].value for row in (1, 2)] == [0.001, -1e9]
    assert "is -0," not in str(explanation)


def test_whole_numbers_and_dates_far_from_the_mean_are_told_as_they_are():
    generator = np.random.default_rng(0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 10**6, 300), unit="s")
    whole = 17 * 10**17 + generator.integers(0, 10**15, 300)
    frame = pd.DataFrame({"whole": whole, "when": days, "few": np.arange(300) % 60})
    frame.loc[0, "whole"] = 0
    frame.loc[1, "when"] = pd.Timestamp("1990-05-05")
    frame.loc[2, "few"] = 123456
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explanation = OutlierDetector().fit(frame).explain(frame[:3])
    told = [explanation.reasons(row)[0] for row in range(3)]
    assert [reason.column for reason in told] == ["whole", "when", "few"]
    assert [reason.value for reason in told] == [0, pd.Timestamp("1990-05-05"), 123456]


def test_what_would_be_expected_takes_away_the_amount(detector, frame, odd):
    explanation = detector.explain(odd, n_reasons=1)
    for row in range(10):
        (reason,) = explanation.reasons(row)
        mended = odd.iloc[[row]].assign(**{reason.column: reason.expected})
        rise = detector.score_samples(mended)[0] - explanation.scores[row]
        assert rise == pytest.approx(reason.amount, rel=1e-2)


def test_reasons_can_be_left_out(detector, frame):
    explanation = detector.explain(frame, n_reasons=0)
    np.testing.assert_array_equal(explanation.scores, detector.score_samples(frame))
    assert explanation.reasons(0) == []
    with pytest.raises(IsthmusError, match="n_reasons=-1"):
        detector.explain(frame, n_reasons=-1)


def test_one_column_is_enough():
    rows = np.random.default_rng(0).normal(size=(200, 1))
    detector = OutlierDetector().fit(rows)
    (reason,) = detector.explain([[9.0]]).reasons(0)
    assert (reason.column, reason.value) == ("column0", 9)
    assert abs(reason.expected) < 0.2
    assert detector.score_samples([[9.0]])[0] < detector.score_samples(rows).min()


def test_rows_are_drawn_where_there_are_many(frame, monkeypatch):
    monkeypatch.setattr(by_statistics, "MOST_ROWS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detectors = [OutlierDetector(random_state=seed).fit(frame) for seed in (0, 0, 1)]
    scores = [detector.score_samples(frame) for detector in detectors]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert (scores[0] != scores[2]).any()
    assert np.corrcoef(scores[0], scores[2])[0, 1] > 0.9


def test_rows_in_chunks_are_judged_as_all_at_once(detector, frame, monkeypatch, tmp_path):
    frame.to_parquet(tmp_path / "x.parquet")
    monkeypatch.setattr(by_statistics, "affordable_rows", lambda n_features: 37)
    chunks = list(detector.score_chunks(tmp_path / "x.parquet"))
    assert len(chunks) == 11
    np.testing.assert_allclose(np.concatenate(chunks), detector.score_samples(frame))
    assert [len(part) for part in detector.explain_chunks(frame.iloc[:40], 1)] == [37, 3]


def test_pictures_are_judged_by_their_reconstruction():
    generator = np.random.default_rng(0)
    across = generator.normal(size=(80, 1, 8)) * np.ones((1, 8, 1))
    detector = OutlierDetector().fit(across)
    assert detector.method_ == "reconstruction"
    down = np.swapaxes(across[:20], 1, 2)
    scores = np.concatenate([detector.score_samples(down), detector.score_samples(across)])
    assert roc_auc_score(np.arange(100) < 20, -scores) > 0.99
    spot = across[:1].copy()
    spot[0, 2, 5] += 20
    (first, *_) = detector.explain(spot).reasons(0)
    assert first.column == "pixel 2, 5"
    assert first.value == pytest.approx(spot[0, 2, 5], rel=1e-5)
    # Rows span 8 dimensions of 64: nothing else is reconstructed, of the spot its column's mean.
    assert first.expected == pytest.approx(spot[0, 0, 5] + 20 / 8, rel=1e-5)


def test_a_fitted_autoencoder_is_used_as_it_is(frame):
    fitted = LinearAutoencoder(2).fit(frame)
    detector = OutlierDetector(method="reconstruction", autoencoder=fitted).fit(frame)
    assert detector.autoencoder_ is fitted
    np.testing.assert_allclose(detector.score_samples(frame), fitted.score_samples(frame))
    with pytest.raises(AttributeError, match="reconstruction"):
        _ = OutlierDetector().fit(frame).autoencoder_


def test_rows_that_are_all_the_same_get_a_sentence():
    with pytest.raises(DataError, match="all rows of X are the same"):
        OutlierDetector().fit(np.ones((9, 2)))


@pytest.mark.parametrize("method", ["statistics", "reconstruction"])
def test_loaded_detectors_say_the_same(method, frame, odd, tmp_path):
    detector = OutlierDetector(method=method, autoencoder=LinearAutoencoder(2)).fit(frame)
    detector.save(tmp_path / "d.isthmus")
    again = load(tmp_path / "d.isthmus")
    assert (again.offset_, again.method_) == (detector.offset_, method)
    np.testing.assert_array_equal(again.score_samples(odd), detector.score_samples(odd))
    assert str(again.explain(odd)) == str(detector.explain(odd))
    assert again.feature_names_in_.tolist() == frame.columns.tolist()


@pytest.fixture(scope="module")
def mixed():
    """Columns of every kind that go together, and some gaps."""
    generator = np.random.default_rng(0)
    kind = generator.integers(0, 3, 500)
    days = pd.to_timedelta(generator.integers(0, 99, 500), "D")
    frame = pd.DataFrame(
        {
            "kind": np.array(["bolt", "nut", "screw"])[kind],
            "size": kind * 10 + generator.normal(0, 1, 500),
            "steel": kind > 0,
            "made": pd.Timestamp("2024-01-01") + days,
            "count": generator.integers(0, 9, 500),
        }
    )
    frame.loc[::25, "size"] = None
    frame.loc[7::50, "kind"] = None
    return frame


def test_tables_of_every_kind_are_judged_with_reasons(mixed, tmp_path):
    odd = mixed.iloc[[0, 1, 2]].copy()
    odd["kind"], odd["size"], odd["steel"] = "nut", [10.0, 10.0, 21.0], [True, False, True]
    odd["made"] = pd.to_datetime(["2031-01-01", "2024-02-01", "2024-02-01"])
    detector = OutlierDetector().fit(mixed)
    assert detector.score_samples(odd).max() < np.median(detector.score_samples(mixed))
    reasons = [detector.explain(odd).reasons(row)[0] for row in range(3)]
    assert [reason.column for reason in reasons[:2]] == ["made", "steel"]
    assert reasons[0].value == pd.Timestamp("2031-01-01")
    assert reasons[0].expected.year == 2024
    assert (reasons[1].value, reasons[1].expected) == (False, True)
    assert reasons[2].column in ("kind", "size")
    table = detector.explain(odd).to_arrow()
    assert table["value_1"].to_pylist()[1] == "False"
    detector.save(tmp_path / "d.isthmus")
    again = load(tmp_path / "d.isthmus")
    np.testing.assert_array_equal(again.score_samples(mixed), detector.score_samples(mixed))
    assert str(again.explain(odd)) == str(detector.explain(odd))


def test_kinds_of_columns_can_be_named(mixed):
    detector = OutlierDetector(kinds={"count": "category", "made": "left_out"}).fit(mixed)
    names = detector.explain(mixed, n_reasons=9).columns
    assert set(names.ravel()) == {"kind", "size", "steel", "count"}


def test_tables_of_every_kind_are_judged_by_reconstruction_with_reasons(mixed, tmp_path):
    odd = mixed.iloc[[1, 1, 25]].copy()
    odd["size"] = [45.0, 10.0, np.nan]
    odd["made"] = [mixed["made"][1], pd.Timestamp("2039-01-01"), mixed["made"][25]]
    settings = {"hidden": [32], "max_epochs": 60, "random_state": 0, "verbose": False}
    detector = OutlierDetector(method="reconstruction", autoencoder=Autoencoder(1, **settings))
    scores = detector.fit(mixed).score_samples(odd)
    assert scores[:2].max() < np.median(detector.score_samples(mixed))
    first, second, third = (detector.explain(odd).reasons(row) for row in range(3))
    assert (first[0].column, first[0].value) == ("size", pytest.approx(45))
    assert first[0].expected < 30
    assert (second[0].column, second[0].value) == ("made", pd.Timestamp("2039-01-01"))
    assert second[0].expected < second[0].value
    assert "size" not in [reason.column for reason in third]  # it is missing
    detector.save(tmp_path / "d.isthmus")
    assert str(load(tmp_path / "d.isthmus").explain(odd)) == str(detector.explain(odd))


def test_reconstruction_takes_by_itself_what_suits_the_columns(mixed):
    detector = OutlierDetector(method="reconstruction", random_state=0)
    assert type(detector.fit(mixed.head(40)).autoencoder_) is Autoencoder
    assert type(detector.fit(mixed[["count"]].head(40)).autoencoder_) is LinearAutoencoder


def change(*place, value):
    def alter(header, tensors):
        inside = tensors if place[0] == "tensors" else header
        for key in place[1 if place[0] == "tensors" else 0 : -1]:
            inside = inside[key]
        inside[place[-1]] = value

    return alter


ALTERED = {
    "a judge of another kind": change("fitted", "method", value="reconstruction"),
    "an unknown judge": change("fitted", "method", value="os"),
    "columns that there are not": change("judge", "varied", value=[0, 1, 2, 3, 99]),
    "columns in no order": change("judge", "varied", value=[1, 0, 2, 3, 4]),
    "no columns": change("judge", "varied", value=[]),
    "a line of text": change("fitted", "offset", value="x"),
    "rows of another width": change("tensors", "values", value=np.zeros((9, 2), np.float32)),
    "rows of another dtype": change("tensors", "values", value=np.zeros((9, 5))),
    "one row": change("tensors", "values", value=np.zeros((1, 5), np.float32)),
    "rows of no numbers": change("tensors", "values", value=np.full((9, 5), np.inf, np.float32)),
    "a scale of nothing": change("tensors", "scale", value=np.zeros((2, 4))),
    "a scale of other kinds": change("tensors", "scale", value=np.ones((2, 2))),
    "a scale without a shape": change("tensors", "scale", value=np.ones(())),
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_file_gets_a_sentence(name, detector, tmp_path):
    detector.save(tmp_path / "d.isthmus")
    header, tensors = read_model_file(tmp_path / "d.isthmus")
    ALTERED[name](header, tensors)
    write_model_file(tmp_path / "d.isthmus", header, tensors)
    with pytest.raises(ModelFileError, match="do not fit together"):
        load(tmp_path / "d.isthmus")


def test_a_file_of_levels_that_there_are_not_is_refused(mixed, tmp_path):
    OutlierDetector().fit(mixed).save(tmp_path / "d.isthmus")
    header, tensors = read_model_file(tmp_path / "d.isthmus")
    # Each of them would take a column of its own where distances are measured.
    tensors["values"][:, 0] = np.arange(len(mixed))
    write_model_file(tmp_path / "d.isthmus", header, tensors)
    with pytest.raises(ModelFileError, match="do not fit together"):
        load(tmp_path / "d.isthmus")
