"""Tables of words, gaps, dates and numbers, through everything that takes rows."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import isthmus
from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    AutoencoderRegressor,
    BoltzmannMachine,
    ComponentSweep,
    ContractiveAutoencoder,
    ConvolutionalAutoencoder,
    DataError,
    DenoisingAutoencoder,
    IsthmusError,
    LinearAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    VariationalAutoencoder,
    limited_memory,
    write_report,
)

N = 400
GENERATOR = np.random.default_rng(0)
GROUP = GENERATOR.integers(0, 3, N)
FRAME = pd.DataFrame(
    {
        "height": GROUP * 10 + GENERATOR.normal(0, 1, N),
        "group": np.array(["a", "b", "c"])[GROUP],
        "large": GROUP == 2,
        "seen": pd.Timestamp("2020-01-01") + pd.to_timedelta(GROUP * 300 + np.arange(N) % 9, "D"),
        "noise": GENERATOR.normal(size=N),
    },
    index=[f"r{i}" for i in range(N)],
)
FRAME.loc[FRAME.index[::7], "group"] = None
FRAME.loc[FRAME.index[::5], "height"] = np.nan
FRAME.loc[FRAME.index[::11], "seen"] = pd.NaT
SHORT = {"hidden": 16, "max_epochs": 2, "random_state": 0, "verbose": False}
KINDS = [
    Autoencoder,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    StackedAutoencoder,
    VariationalAutoencoder,
]


@pytest.fixture(scope="module")
def trained():
    return Autoencoder(2, hidden=32, max_epochs=60, random_state=0, verbose=False).fit(FRAME)


@pytest.mark.parametrize("kind", KINDS)
def test_every_dense_autoencoder_takes_them_and_gives_them_back(kind, tmp_path):
    model = kind(2, kinds={"group": "category"}, **SHORT).fit(FRAME)
    codes, back = model.transform(FRAME), model.reconstruct(FRAME)
    assert codes.shape == (N, 2)
    assert np.isfinite(codes).all()
    assert np.isfinite(model.score_samples(FRAME)).all()
    assert back.dtypes.equals(FRAME.dtypes)
    assert back.index.equals(FRAME.index)
    assert back.notna().all(axis=None)
    model.save(tmp_path / "model.isthmus")
    again = isthmus.load(tmp_path / "model.isthmus")
    assert again.kinds == {"group": "category"}
    np.testing.assert_array_equal(again.transform(FRAME), codes)
    pd.testing.assert_frame_equal(again.reconstruct(FRAME), back)
    np.testing.assert_array_equal(model.partial_fit(FRAME).transform(FRAME).shape, codes.shape)


@pytest.mark.parametrize("kind", [LinearAutoencoder, BoltzmannMachine, ConvolutionalAutoencoder])
def test_what_takes_numbers_alone_says_so(kind):
    with pytest.raises(DataError, match="column 'group' holds text, expected numbers"):
        kind(2).fit(FRAME)
    with pytest.raises(DataError, match=r"'height' has .* or fit a dense autoencoder"):
        kind(2).fit(FRAME[["height", "noise"]])


def test_what_columns_have_in_common_comes_back(trained):
    back = trained.reconstruct(FRAME)
    known = FRAME["group"].notna()
    assert (back["group"] == FRAME["group"])[known].mean() > 0.95
    assert (back["large"] == FRAME["large"]).mean() > 0.95
    assert (back["height"] - FRAME["height"]).abs().quantile(0.95) < 6
    # Gaps are told by what is there.
    expected = np.array(["a", "b", "c"])[GROUP]
    assert (back["group"] == expected)[~known].mean() > 0.9


def test_rows_that_contradict_themselves_score_low(trained):
    odd = FRAME.assign(large=~FRAME["large"])
    assert np.median(trained.score_samples(odd)) < np.quantile(trained.score_samples(FRAME), 0.1)


def test_the_same_rows_have_the_same_codes_however_they_come(trained, tmp_path):
    codes = trained.transform(FRAME)
    FRAME.to_parquet(tmp_path / "rows.parquet")
    polars = pl.from_pandas(FRAME.reset_index(drop=True))
    polars.write_csv(tmp_path / "rows.csv")
    for data in (
        tmp_path / "rows.parquet",
        tmp_path / "rows.csv",
        polars,
        polars.to_arrow(),
        FRAME.assign(group=FRAME["group"].astype("category")),
        FRAME.convert_dtypes(),
    ):
        np.testing.assert_allclose(trained.transform(data), codes, atol=1e-6)
    chunks = np.concatenate(list(trained.transform_chunks(tmp_path / "rows.parquet")))
    np.testing.assert_array_equal(chunks, codes)


def test_streamed_and_resumed_fits_are_as_any(tmp_path):
    many = pd.concat([FRAME.reset_index(drop=True)] * 40)
    many.to_parquet(tmp_path / "rows.parquet", row_group_size=2000)
    with limited_memory("1MB"):
        first = Autoencoder(2, **SHORT).fit(tmp_path / "rows.parquet")
        kept = tmp_path / "kept"
        second = Autoencoder(2, **SHORT).fit(tmp_path / "rows.parquet", checkpoint=kept)
        third = Autoencoder(2, **SHORT).fit(tmp_path / "rows.parquet", checkpoint=kept)
    for other in (second, third):
        np.testing.assert_array_equal(other.transform(FRAME), first.transform(FRAME))


def test_classes_and_numbers_are_told_from_them(tmp_path):
    rows, y = FRAME.drop(columns="large"), np.where(FRAME["large"], "yes", "no")
    start = Autoencoder(4, **{**SHORT, "max_epochs": 20})
    classifier = AutoencoderClassifier(start, max_epochs=60, random_state=0, verbose=False)
    classifier.fit(rows, y)
    assert classifier.score(rows, y) > 0.9
    classifier.save(tmp_path / "model.isthmus")
    again = isthmus.load(tmp_path / "model.isthmus")
    np.testing.assert_array_equal(again.predict(rows), classifier.predict(rows))
    regressor = AutoencoderRegressor(start, max_epochs=60, random_state=0, verbose=False)
    assert regressor.fit(rows, GROUP).score(rows, GROUP) > 0.8


def test_few_labels_spread_over_rows_with_gaps():
    y = np.where(np.arange(N) % 4, -1, GROUP)
    start = Autoencoder(4, **{**SHORT, "max_epochs": 20})
    classifier = AutoencoderClassifier(start, max_epochs=200, random_state=0, verbose=False)
    assert classifier.fit(FRAME, y).score(FRAME, GROUP) > 0.6


def test_sizes_of_code_are_compared():
    sweep = ComponentSweep(Autoencoder(2, **SHORT), components=[1, 2], n_seeds=1).fit(FRAME)
    assert sweep.n_components_ in (1, 2)


def test_hidden_columns_are_learned_from_the_others():
    hidden = DenoisingAutoencoder(2, corruption="hiding", **{**SHORT, "max_epochs": 60}).fit(FRAME)
    gaps = FRAME.assign(large=pd.array([None] * N, "boolean"))
    assert (hidden.reconstruct(gaps)["large"] == FRAME["large"]).mean() > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"likelihood": "bernoulli"}, "X has categories or gaps: use likelihood='auto'"),
        ({"shortcut": True}, "use a Dense network without shortcuts"),
        ({"tied_weights": True}, "tied_weights=True needs one output per feature"),
        ({"scaling": "range"}, "is for plain numbers, but of X not all columns are numbers"),
        ({"corruption": "salt_and_pepper"}, "needs values in .0, 1., but .* use gaussian"),
        ({"kinds": {"group": "date"}}, "which cannot be of the kind date: choose category"),
    ],
)
def test_settings_that_cannot_be_are_refused(options, message):
    with pytest.raises(IsthmusError, match=message):
        Autoencoder(2, **{**SHORT, **options}).fit(FRAME)


def test_hiding_needs_a_table_with_gaps():
    numbers = FRAME[["noise"]].assign(more=FRAME["noise"] ** 2)
    with pytest.raises(IsthmusError, match="needs a table with categories or gaps"):
        DenoisingAutoencoder(2, corruption="hiding", **SHORT).fit(numbers)


def test_pictures_with_gaps_are_refused():
    with pytest.raises(DataError, match="column 0 holds NaN in row 1"):
        Autoencoder(2, **SHORT).fit(np.full((9, 4, 4), np.nan))


def test_a_report_tells_what_comes_back_of_each_column(trained, tmp_path):
    (comparison,) = write_report(trained, FRAME, tmp_path)
    columns = {column.name: column for column in comparison.tables}
    assert set(columns) == set(FRAME.columns)
    assert columns["group"].is_share
    assert columns["group"].model > 0.9 > columns["group"].constant
    assert columns["group"].n_missing == FRAME["group"].isna().sum()
    assert columns["height"].model < 5 < columns["height"].constant
    assert comparison.tables[0].name == "noise"
    page = (tmp_path / "report.html").read_text()
    assert "Columns, worst reconstructed first" in page
    assert len(comparison.odd_rows) == 5
    assert all("expected" in sentence for _, sentence in comparison.odd_rows)
    assert "Odd rows" in page
