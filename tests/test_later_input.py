"""Every estimator against every kind of input that may come after fit.

Each gives the right result, which is that of the same rows as they were fitted, or a sentence;
never another error, a number that is none, or something plausible and wrong.
"""

import datetime
import decimal
import warnings
from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather
from scipy import sparse

import isthmus
from isthmus import DataWarning, load

N_ROWS = 60
GENERATOR = np.random.default_rng(0)
FRAME = pd.DataFrame(
    GENERATOR.normal(size=(N_ROWS, 2)) @ GENERATOR.normal(size=(2, 4)) + [0, 10, -3, 0],
    columns=list("abcd"),
).assign(d=GENERATOR.integers(0, 9, N_ROWS))
VALUES = FRAME.to_numpy()
PICTURES = GENERATOR.integers(0, 256, (N_ROWS, 6, 6)).astype("uint8")
CLASSES = GENERATOR.integers(0, 2, N_ROWS)

QUICK = {"max_epochs": 2, "random_state": 0, "verbose": False}
ESTIMATORS = {
    "linear": isthmus.LinearAutoencoder(2),
    "linear by gradient": isthmus.LinearAutoencoder(2, solver="gradient", **QUICK),
    "deep": isthmus.Autoencoder(2, hidden=[8], **QUICK),
    "stacked": isthmus.StackedAutoencoder(2, hidden=[8], n_pretraining_epochs=1, **QUICK),
    "denoising": isthmus.DenoisingAutoencoder(2, hidden=[8], **QUICK),
    "contractive": isthmus.ContractiveAutoencoder(2, **QUICK),
    "sparse": isthmus.SparseAutoencoder(4, k=2, **QUICK),
    "convolutional": isthmus.ConvolutionalAutoencoder(2, channels=[3], **QUICK),
    "variational": isthmus.VariationalAutoencoder(2, hidden=[8], **QUICK),
    "map": isthmus.Map(**QUICK),
    "boltzmann": isthmus.BoltzmannMachine(4, **QUICK),
    "classifier": isthmus.AutoencoderClassifier(isthmus.LinearAutoencoder(2), **QUICK),
    "regressor": isthmus.AutoencoderRegressor(isthmus.LinearAutoencoder(2), **QUICK),
    "detector": isthmus.OutlierDetector(autoencoder=isthmus.LinearAutoencoder(2)),
}


def fitted(name, X):
    estimator = ESTIMATORS[name]
    supervised = name in ("classifier", "regressor")
    return estimator.fit(X, CLASSES) if supervised else estimator.fit(X)


@pytest.fixture(scope="module", params=ESTIMATORS)
def of_table(request):
    return fitted(request.param, FRAME)


@pytest.fixture(scope="module", params=ESTIMATORS)
def of_pictures(request):
    return fitted(request.param, PICTURES)


@pytest.fixture(scope="module")
def results_of_table(of_table):
    return results(of_table, FRAME)


@pytest.fixture(scope="module")
def results_of_pictures(of_pictures):
    return results(of_pictures, PICTURES)


def results(estimator, X):
    """Give all that an estimator says of rows, as arrays with one entry a row."""
    methods = ["predict", "transform"]
    if isinstance(estimator, isthmus.OutlierDetector):
        methods = ["predict", "score_samples"]
    elif not hasattr(estimator, "predict"):
        methods = ["transform", "score_samples", "reconstruct"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        warnings.filterwarnings("ignore", "X has feature names, but")
        warnings.simplefilter("ignore", DataWarning)
        return [np.asarray(_plain(getattr(estimator, method)(X)), float) for method in methods]


def _plain(rows):
    return rows.to_pandas() if isinstance(rows, (pa.Table, pl.DataFrame)) else rows


def changed(**columns):
    return lambda frame, folder: frame.assign(**columns)


def written(write, name):
    def make(frame, folder):
        write(frame, folder / name)
        return folder / name

    return make


def with_value(value, row=7, column=1):
    def make(frame, folder):
        values = frame.to_numpy().copy()
        values[row, column] = value
        return values

    return make


SHUFFLED = GENERATOR.permutation(N_ROWS)
# How the same rows may come, and which of them.
SAME = {
    "shuffled": (lambda frame, folder: frame.iloc[SHUFFLED], SHUFFLED),
    "filtered": (lambda frame, folder: frame[frame.a > 0], np.flatnonzero(FRAME.a > 0)),
    "one row": (lambda frame, folder: frame.iloc[[5]], [5]),
    "dated": lambda frame, folder: frame.set_axis(pd.date_range("2024", periods=N_ROWS)),
    "indexed twice": lambda frame, folder: frame.set_index([SHUFFLED, SHUFFLED[::-1]]),
    "polars": lambda frame, folder: pl.from_pandas(frame),
    "lazy": lambda frame, folder: pl.from_pandas(frame).lazy(),
    "arrow": lambda frame, folder: pa.Table.from_pandas(frame, preserve_index=False),
    "arrow with an index": lambda frame, folder: pa.Table.from_pandas(frame.set_axis(SHUFFLED)),
    "csv": written(partial(pd.DataFrame.to_csv, index=False), "x.csv"),
    "csv with an index": written(pd.DataFrame.to_csv, "x.csv"),
    "csv in another order": written(
        lambda frame, path: frame[list("dbca")].to_csv(path, index=False), "x.csv"
    ),
    "csv with one more column": written(
        lambda frame, path: frame.assign(z=1).to_csv(path, index=False), "x.csv"
    ),
    "semicolons": written(
        lambda frame, path: frame.to_csv(path, index=False, sep=";", decimal=","), "x.csv"
    ),
    "parquet": written(pd.DataFrame.to_parquet, "x.parquet"),
    "parquet with an index": written(
        lambda frame, path: frame.set_axis(SHUFFLED).to_parquet(path), "x.parquet"
    ),
    "feather": written(
        lambda frame, path: feather.write_feather(pa.Table.from_pandas(frame), str(path)),
        "x.feather",
    ),
    "read": lambda frame, folder: isthmus.read(SAME["csv"](frame, folder)),
    "float64 throughout": lambda frame, folder: frame.astype(float),
    "nullable": lambda frame, folder: frame.convert_dtypes(),
    "small integers": lambda frame, folder: frame.astype({"d": "int8"}),
    "unsigned": lambda frame, folder: frame.astype({"d": "uint16"}),
    "array": lambda frame, folder: frame.to_numpy(),
    "npy": written(lambda frame, path: np.save(path, frame.to_numpy()), "x.npy"),
    "list": lambda frame, folder: frame.to_numpy().tolist(),
    "objects": lambda frame, folder: frame.to_numpy().astype(object),
    "nothing masked": lambda frame, folder: np.ma.masked_array(frame.to_numpy()),
    "by columns": lambda frame, folder: np.asfortranarray(frame.to_numpy()),
    "a view": lambda frame, folder: np.repeat(frame.to_numpy(), 2, axis=0)[::2],
    "big-endian": lambda frame, folder: frame.to_numpy().astype(">f8"),
}
# What means something else, and what the sentence names.
REFUSED = {
    "text": (changed(b="x"), "b"),
    "numbers as text": (changed(b="1.5"), "b"),
    "dates": (changed(b=pd.date_range("2024", periods=N_ROWS)), "b"),
    "durations": (changed(b=pd.to_timedelta(range(N_ROWS), unit="s")), "b"),
    "times": (changed(b=[datetime.time(1, 2)] * N_ROWS), "b"),
    "periods": (changed(b=pd.period_range("2024-01", periods=N_ROWS, freq="M")), "b"),
    "decimals": (changed(b=[decimal.Decimal(i) for i in range(N_ROWS)]), "b"),
    "categories": (changed(b=pd.Categorical(["x", "y"] * (N_ROWS // 2))), "b"),
    "lists": (changed(b=[[1, 2]] * N_ROWS), "b"),
    "mixed": (changed(b=[1, "x"] * (N_ROWS // 2)), "column"),
    "nothing": (changed(b=None), "b"),
    "a gap": (changed(b=[1.0] * 59 + [None]), "'b' .*row 60"),
    "a nullable gap": (changed(d=pd.array([1] * 59 + [None], "Int64")), "'d' .*row 60"),
    "NaN": (with_value(np.nan), "column 1 .*NaN .*row 8"),
    "infinity": (with_value(np.inf), "column 1 .*infinity .*row 8"),
    "too large": (with_value(1e200), "column 1 .*1e.200 .*row 8"),
    "masked": (lambda frame, _: np.ma.masked_greater(frame.to_numpy(), 9), "NaN|missing"),
    "a missing column": (lambda frame, _: frame[list("abc")], "(?i)missing|features"),
    "a missing column in a file": (
        written(lambda frame, path: frame[list("abc")].to_csv(path, index=False), "x.csv"),
        "no column 'd'",
    ),
    "another name": (lambda frame, _: frame.rename(columns={"b": "z"}), "z"),
    "another order": (lambda frame, _: frame[list("dbca")], "order"),
    "another order in arrow": (
        lambda frame, _: pa.Table.from_pandas(frame[list("dbca")]),
        "order",
    ),
    "another order in polars": (lambda frame, _: pl.from_pandas(frame[list("dbca")]), "order"),
    "another order, lazily": (
        lambda frame, _: pl.from_pandas(frame[list("dbca")]).lazy(),
        "order",
    ),
    "a series": (lambda frame, _: frame["a"], "1D|1-dimensional|single"),
    "records": (lambda frame, _: frame.to_records(index=False), "(?i)1D|names|numbers"),
    "a dict": (lambda frame, _: frame.to_dict(), "(?i)dict|single|0-dimensional|number"),
    "a word": (lambda frame, _: "nowhere", "nowhere does not exist"),
    "a list of words": (lambda frame, _: ["x", "y"], "text"),
    "a name twice": (lambda frame, _: pd.concat([frame, frame], axis=1), "a|same name"),
    "one column more": (lambda frame, _: frame.assign(z=1), "z"),
    "five numbers": (lambda frame, _: np.ones((9, 5)), "5 features"),
    "three axes": (lambda frame, _: np.ones((9, 2, 2)), "shape|dim"),
    "one axis": (lambda frame, _: np.ones(4), "1D|single"),
    "a number": (lambda frame, _: 3.0, "scalar|single"),
    "None": (lambda frame, _: None, "None|single|scalar"),
    "no rows": (lambda frame, _: frame[:0], "0 sample|n_samples=0"),
    "no rows of an array": (lambda frame, _: np.ones((0, 4)), "0 sample|n_samples=0"),
    "sparse": (lambda frame, _: sparse.csr_matrix(frame.to_numpy()), "(?i)sparse"),
    "complex": (lambda frame, _: frame.to_numpy() + 1j, "(?i)complex"),
    "an array of dates": (lambda frame, _: np.ones((9, 4), "M8[D]"), "date|time"),
    "an array of text": (lambda frame, _: np.full((9, 4), "x"), "text|string|convert|numbers"),
    "an array of anything": (lambda frame, _: np.full((9, 4), [1, 2, 3, {}]), "number|dict"),
    "unequal rows": (lambda frame, _: [[1, 2, 3, 4], [1, 2]], "rows of different shapes"),
    "no file": (lambda frame, folder: folder / "none.csv", "none.csv does not exist"),
    "a question mark": (
        written(
            lambda frame, path: path.write_text("a,b,c,d\n" + "1,2,3,4\n" * 9 + "1,?,3,4\n"),
            "x.csv",
        ),
        "'b'",
    ),
}
OF_PICTURES = {
    "floats of the same numbers": (lambda: PICTURES.astype(float), None),
    "whole numbers": (lambda: PICTURES.astype(int), None),
    "one channel": (lambda: PICTURES[..., None], None),
    "flat": (lambda: PICTURES.reshape(N_ROWS, -1), None),
    "list of pictures": (lambda: list(PICTURES), None),
    "shares": (lambda: PICTURES / 255, "multiply"),
    "16 bits": (lambda: PICTURES.astype("uint16") * 257, "uint16"),
    "black and white": (lambda: PICTURES > 127, "bool"),
    "standardized": (lambda: (PICTURES - PICTURES.mean()) / PICTURES.std(), "0 to 255"),
    "three channels": (lambda: np.stack([PICTURES] * 3, axis=-1), "features|shape"),
    "other size": (lambda: PICTURES[:, :5], "features|shape"),
    "another shape": (lambda: PICTURES.reshape(N_ROWS, 4, 9), "shape"),
}


@pytest.mark.parametrize("kind", SAME)
def test_the_same_rows_have_the_same_results(kind, of_table, results_of_table, tmp_path):
    make, which = SAME[kind] if isinstance(SAME[kind], tuple) else (SAME[kind], np.arange(N_ROWS))
    others = results(of_table, make(FRAME, tmp_path))
    for own, other in zip(results_of_table, others, strict=True):
        np.testing.assert_allclose(other, own[which], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_means_something_else_gets_a_sentence(kind, of_table, tmp_path):
    make, named = REFUSED[kind]
    X = make(FRAME, tmp_path)
    for method in ("transform", "predict", "score_samples", "reconstruct", "partial_fit"):
        if hasattr(of_table, method):
            with pytest.raises((ValueError, TypeError), match=named):
                results_of(of_table, method, X)


def results_of(estimator, method, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(estimator, method)(X)


@pytest.mark.parametrize("kind", OF_PICTURES)
def test_pictures_are_the_same_or_get_a_sentence(kind, of_pictures, results_of_pictures):
    make, named = OF_PICTURES[kind]
    if named is None:
        for own, other in zip(results_of_pictures, results(of_pictures, make()), strict=True):
            np.testing.assert_allclose(other, own, rtol=1e-4, atol=1e-4)
        return
    method = "transform" if hasattr(of_pictures, "transform") else "score_samples"
    with pytest.raises(ValueError, match=named):
        getattr(of_pictures, method)(make())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda codes: codes[codes.columns[::-1]], "order"),
        (lambda codes: codes.assign(extra=1), "order|columns"),
        (lambda codes: codes.iloc[:, :1], "order|columns"),
        (lambda codes: codes * np.nan, "NaN|missing"),
        (lambda codes: codes.astype(str), "text"),
        (lambda codes: codes.astype(float) + 1e39, "too large"),
        (lambda codes: codes.to_numpy()[:, :, None], "shape"),
        (lambda codes: codes.to_numpy()[0], "single numbers"),
        (lambda codes: codes.to_numpy()[:, :1], "1 column"),
    ],
)
def test_codes_that_mean_something_else_get_a_sentence(change, named):
    model = fitted("deep", FRAME)
    codes = pd.DataFrame(model.transform(FRAME), columns=model.get_feature_names_out())
    with pytest.raises(ValueError, match=named):
        model.inverse_transform(change(codes))


def test_columns_that_are_numbered_keep_their_order(tmp_path):
    frame = FRAME.set_axis(range(4), axis=1)
    model = fitted("deep", frame)
    model.save(tmp_path / "m.isthmus")
    for own in (model, load(tmp_path / "m.isthmus")):
        np.testing.assert_array_equal(own.transform(frame), own.transform(frame.to_numpy()))
        with pytest.raises(ValueError, match=r"has 3 where .* have column 0"):
            own.transform(frame[[3, 1, 2, 0]])


def test_codes_of_a_file_are_matched_by_name(tmp_path):
    model = fitted("deep", FRAME)
    codes = pd.DataFrame(model.transform(FRAME), columns=model.get_feature_names_out())
    codes[codes.columns[::-1]].to_parquet(tmp_path / "codes.parquet")
    back = model.inverse_transform(tmp_path / "codes.parquet")
    pd.testing.assert_frame_equal(back, model.inverse_transform(codes))


@pytest.mark.parametrize("name", ["deep", "boltzmann", "denoising"])
def test_going_on_beyond_the_unit_interval_is_refused(name):
    # Many values lie at the ends, so that the likelihood is Bernoulli.
    rows = np.clip(GENERATOR.uniform(-1, 2, size=(N_ROWS, 4)), 0, 1)
    model = fitted(name, rows)
    assert type(model.model_.likelihood).__name__ == "Bernoulli"
    for go_on in (model.partial_fit, partial(model.fit, init=model)):
        with pytest.raises(ValueError, match=r"outside \[0, 1\]"):
            go_on(rows * 4)
    np.testing.assert_array_equal(model.transform(rows), model.transform(rows))


def test_what_was_learned_is_held_after_loading_too(tmp_path):
    model = fitted("deep", PICTURES)
    model.save(tmp_path / "m.isthmus")
    with pytest.raises(ValueError, match="multiply"):
        load(tmp_path / "m.isthmus").transform(PICTURES / 255)


@pytest.mark.parametrize("name", ["deep", "variational", "boltzmann", "sparse", "contractive"])
def test_rows_far_away_score_lower(name):
    rows = GENERATOR.uniform(size=(400, 2)) @ GENERATOR.uniform(size=(2, 6)) / 2
    model = fitted(name, rows)
    shifts = [0, 3, 30, 300, 1e6, 1e15, 1e30]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        scores = [model.score_samples(rows + shift).mean(dtype=float) for shift in shifts]
    assert np.isfinite(scores).all()
    assert scores == sorted(scores, reverse=True)
