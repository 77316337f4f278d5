import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    Convolutional,
    DataError,
    IsthmusError,
    LinearAutoencoder,
    Masking,
    ModelFileError,
    SparseAutoencoder,
    VariationalAutoencoder,
    VirtualAdversarial,
    load,
)
from isthmus.io import read_model_file, write_model_file

pytestmark = pytest.mark.filterwarnings("ignore:.*have the label -1")

QUICK = {"max_epochs": 3, "random_state": 0}


def encoder_weights(model):
    return [layer.weight for layer in model.network.encoder]


def partly(y, n_labelled):
    y = y.copy()
    y[n_labelled:] = -1
    return y


def test_few_labels_beside_many_unlabelled_rows_do_well(encoder, digits_data):
    X, y = digits_data
    classifier = AutoencoderClassifier(encoder, max_epochs=60, learning_rate=0.01, random_state=0)
    classifier.fit(X, partly(y, 400))
    assert classifier.score(X[1000:], y[1000:]) > 0.85
    probabilities = classifier.predict_proba(X[:50])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert (classifier.classes_[probabilities.argmax(axis=1)] == classifier.predict(X[:50])).all()


def test_unlabelled_rows_teach(encoder, digits_data):
    X, y = digits_data
    settings = {"random_state": 0, "max_epochs": 20, "learning_rate": 0.01}
    alone = AutoencoderClassifier(encoder, unlabelled=None, **settings).fit(X, partly(y, 60))
    helped = AutoencoderClassifier(
        encoder, unlabelled=VirtualAdversarial(1.0, entropy=1.0), **settings
    ).fit(X, partly(y, 60))
    assert helped.score(X[1000:], y[1000:]) > alone.score(X[1000:], y[1000:]) + 0.03


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["cat", "dog"])[np.arange(60) % 2],
        np.array(["cat", "dog"], dtype=object)[np.arange(60) % 2],
        np.where(np.arange(60) < 40, np.arange(60) % 2, -1),
        np.array([1.0, 2.0])[np.arange(60) % 2],
        np.array([-1, 1])[np.arange(60) % 2],
        np.array([True, False])[np.arange(60) % 2],
        [["yes", "no", None][i % 3] for i in range(60)],
        pd.Series([["yes", "no", None][i % 3] for i in range(60)]),
        pd.Series([[1.0, 2.0, np.nan][i % 3] for i in range(60)]),
        pd.Series([[1, 2, None][i % 3] for i in range(60)], dtype="Int64"),
        np.array([["yes", "no", -1][i % 3] for i in range(60)], dtype=object),
        [["yes", "no", "", "-1"][i % 4] for i in range(60)],
        [[1.0, 2.0, np.nan][i % 3] for i in range(60)],
        [[-1, 1, None][i % 3] for i in range(60)],
    ],
    ids=[
        "strings",
        "objects",
        "unlabelled",
        "floats",
        "signs",
        "truths",
        "gaps",
        "text column",
        "float column",
        "integer column",
        "marks",
        "marks of text",
        "gaps of numbers",
        "signs and gaps",
    ],
)
def test_labels_of_any_kind(labels, tmp_path):
    known = {value for value in labels if not pd.isna(value) and value != ""}
    expected = known - {-1, "-1"} if len(known) > 2 else known
    x = np.random.default_rng(0).normal(size=(60, 4))
    classifier = AutoencoderClassifier(Autoencoder(2, hidden=[4], **QUICK), **QUICK)
    classifier.fit(x, labels)
    assert set(classifier.classes_.tolist()) == expected
    classifier.save(tmp_path / "model.isthmus")
    again = load(tmp_path / "model.isthmus")
    assert again.classes_.dtype == classifier.classes_.dtype
    np.testing.assert_array_equal(again.predict(x), classifier.predict(x))


def test_early_stopping_with_two_labels_trains_on_one():
    x, y = np.random.default_rng(0).normal(size=(60, 4)), np.full(60, -1)
    y[:2] = 0, 1
    classifier = AutoencoderClassifier(
        Autoencoder(2, hidden=[4], **QUICK), early_stopping=True, validation_fraction=0.9, **QUICK
    ).fit(x, y)
    assert np.isfinite(classifier.history_["validation_loss"]).all()
    assert np.isfinite(classifier.history_["loss"]).all()


def test_defaults_learn_from_unlabelled_rows_and_tell_by_what(encoder, digits_data, tmp_path):
    X, y = digits_data
    labels = partly(y, 150)
    settings = {"max_epochs": 30, "random_state": 0}
    taught = AutoencoderClassifier(encoder, **settings).fit(X, labels)
    alone = AutoencoderClassifier(encoder, unlabelled=None, **settings).fit(X, labels)
    assert taught.score(X[150:], y[150:]) > alone.score(X[150:], y[150:]) + 0.2
    teaching = taught.teaching_
    assert teaching.propagated > 0
    assert [type(term).__name__ for term in teaching.unlabelled] == [
        "VirtualAdversarial",
        "ClassShares",
    ]
    taught.save(tmp_path / "model.isthmus")
    assert load(tmp_path / "model.isthmus").teaching_ == teaching
    plain = alone.teaching_
    assert (plain.learning_rate, plain.dropout, plain.corruption) == (1e-3, 0.0, None)


def test_what_is_held_out_is_not_trained_on(encoder, digits_data):
    X = digits_data[0]
    settings = {"early_stopping": True, "validation_fraction": 0.5, "unlabelled": "pseudo_labels"}
    settings |= {"max_epochs": 40, "learning_rate": 0.01, "random_state": 0}
    classifier = AutoencoderClassifier(encoder, **settings)
    random = np.random.default_rng(0).integers(0, 10, 120)
    classifier.fit(X[:120], random)
    # Labels that are drawn by chance are learned by heart, those held out are not.
    assert min(classifier.history_["validation_loss"]) > 2


def test_labels_may_be_a_column_of_the_table(tmp_path):
    frame = load_iris(as_frame=True).frame
    frame["target"] = frame["target"].map({0: "setosa", 1: "versicolor", 2: "virginica"})
    frame.loc[::3, "target"] = None
    frame.to_csv(tmp_path / "iris.csv", index=False)
    settings = {"max_epochs": 150, "learning_rate": 0.01, "random_state": 0}
    classifier = AutoencoderClassifier(Autoencoder(4, hidden=[16], **settings), **settings)
    classifier.fit(tmp_path / "iris.csv", "target")
    assert classifier.n_features_in_ == 4
    known = frame["target"].notna()
    found = classifier.predict(tmp_path / "iris.csv")
    assert (found[known] == frame["target"][known]).mean() > 0.9
    np.testing.assert_array_equal(found, classifier.predict(frame.drop(columns="target")))
    with pytest.raises(DataError, match="no column 'species'"):
        classifier.fit(tmp_path / "iris.csv", "species")


@pytest.mark.parametrize(
    "autoencoder",
    [
        LinearAutoencoder(3),
        SparseAutoencoder(20, k=3, **QUICK),
        VariationalAutoencoder(3, hidden=[8], **QUICK),
        Autoencoder(3, network=Convolutional((4,)), **QUICK),
        Autoencoder(3, hidden=[8], tied_weights=True, **QUICK),
    ],
    ids=lambda a: type(a).__name__,
)
def test_any_autoencoder_will_do_and_loses_its_decoder(autoencoder, digits_data, tmp_path):
    X, y = digits_data[0][:200].reshape(-1, 8, 8), digits_data[1][:200]
    classifier = AutoencoderClassifier(autoencoder, dropout=0.1, reconstruction=0.1, **QUICK)
    classifier.fit(X, partly(y, 100))
    assert classifier.model_.autoencoder.network.decoder == ()
    assert not hasattr(autoencoder, "model_")
    classifier.save(tmp_path / "model.isthmus")
    again = load(tmp_path / "model.isthmus")
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(again.transform(X), classifier.transform(X))
    assert again.history_ == classifier.history_


def test_frozen_encoder_stays_and_the_head_learns(encoder, digits_data):
    classifier = AutoencoderClassifier(encoder, frozen_encoder=True, learning_rate=0.1, **QUICK)
    classifier.fit(*digits_data)
    for before, after in zip(
        encoder_weights(encoder.model_),
        encoder_weights(classifier.model_.autoencoder),
        strict=True,
    ):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_allclose(
        classifier.transform(digits_data[0]), encoder.transform(digits_data[0]), rtol=1e-6
    )
    assert classifier.score(*digits_data) > 0.3


def test_lower_layers_move_less_under_layer_decay(encoder, digits_data):
    def moves(**settings):
        classifier = AutoencoderClassifier(encoder, **settings, **QUICK).fit(*digits_data)
        after = encoder_weights(classifier.model_.autoencoder)
        before = encoder_weights(encoder.model_)
        return [np.abs(a - b).mean() for a, b in zip(after, before, strict=True)]

    evenly, gradually = moves(), moves(layer_decay=0.1)
    assert gradually[0] < 0.05 * evenly[0]
    assert 0.03 * evenly[1] < gradually[1] < 0.3 * evenly[1]


def test_softmax_on_a_hidden_layer(encoder, digits_data):
    classifier = AutoencoderClassifier(encoder, layer=1, **QUICK).fit(*digits_data)
    assert classifier.transform(digits_data[0][:2]).shape == (2, 48)
    assert len(classifier.get_feature_names_out()) == 48
    with pytest.raises(IsthmusError, match=r"layer=2 is not below the code.*1 hidden layer"):
        AutoencoderClassifier(encoder, layer=2, **QUICK).fit(*digits_data)


def test_early_stopping_keeps_the_best_epoch(encoder, digits_data):
    X, y = digits_data
    classifier = AutoencoderClassifier(
        encoder, early_stopping=True, patience=2, learning_rate=0.05, max_epochs=40, random_state=0
    ).fit(X[:300], y[:300])
    losses = classifier.history_["validation_loss"]
    assert classifier.best_epoch_ == np.argmin(losses) + 1
    assert len(losses) < 40


def test_same_seed_gives_equal_bits(digits_data):
    X, y = digits_data

    def fit(seed):
        classifier = AutoencoderClassifier(
            Autoencoder(4, hidden=[8], max_epochs=1), corruption=Masking(0.2), dropout=0.2,
            unlabelled=["pseudo_labels", "consistency"], max_epochs=1, random_state=seed,
        )  # fmt: skip
        return classifier.fit(X, partly(y, 200)).predict_proba(X)

    np.testing.assert_array_equal(fit(0), fit(0))
    assert not np.array_equal(fit(0), fit(1))


# Other processes warm up on their own, which sklearn's progress may warn about.
@pytest.mark.filterwarnings("ignore")
def test_works_inside_scikit_learns_tools(encoder, digits_data):
    X, y = digits_data[0][:300], digits_data[1][:300]
    frozen = AutoencoderClassifier(
        FrozenEstimator(encoder), max_epochs=40, learning_rate=0.01, random_state=0
    )
    search = GridSearchCV(frozen, {"learning_rate": [1e-2, 1e-5]}, cv=2, n_jobs=2).fit(X, y)
    assert search.best_params_ == {"learning_rate": 1e-2}
    assert search.best_estimator_.score(X, y) > 0.9
    nested = AutoencoderClassifier(Autoencoder(4, hidden=[8], **QUICK), **QUICK)
    assert nested.set_params(autoencoder__n_components=5).autoencoder.n_components == 5
    calibrated = CalibratedClassifierCV(frozen, cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.8
    pipeline = make_pipeline(MinMaxScaler(), nested).fit(X, y)
    assert pipeline.predict(X).shape == y.shape


@pytest.mark.parametrize(
    ("settings", "y", "message"),
    [
        ({}, np.full(60, -1.5), "Unknown label type"),
        ({}, np.full(60, np.inf), "Input y contains infinity"),
        ({}, np.full(60, np.nan), "no label"),
        ({}, ["", "-1"] * 30, "no label"),
        ({}, [None] * 60, "no label"),
        ({}, np.arange(50) % 2, r"60.*50|50.*60"),
        ({"unlabelled": ["guess"]}, np.arange(60) % 2, "'guess', which is no way"),
        ({"autoencoder": 3}, np.arange(60) % 2, "autoencoder"),
    ],
)
def test_what_does_not_suit_is_refused(settings, y, message):
    x = np.random.default_rng(0).normal(size=(60, 4))
    settings = {"autoencoder": Autoencoder(2, hidden=[4], **QUICK), **QUICK, **settings}
    with pytest.raises(ValueError, match=message):
        AutoencoderClassifier(**settings).fit(x, y)


def test_a_fitted_autoencoder_of_other_data_is_refused(encoder):
    x = np.random.default_rng(0).normal(size=(60, 4))
    with pytest.raises(ValueError, match="64"):
        AutoencoderClassifier(encoder, **QUICK).fit(x, np.arange(60) % 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header["fitted"]["outcome"].update(dtype="|V8"),
        lambda header: header["fitted"]["outcome"].update(classes=[]),
        lambda header: header["fitted"]["outcome"].update(classes=[1, 2, 3]),
        lambda header: header["fitted"].update(layer=7),
        lambda header: header["fitted"].update(n_features_in=3),
        lambda header: header["autoencoder"].update({"class": "Popen"}),
        lambda header: header.pop("autoencoder"),
    ],
)
def test_altered_file_is_refused(change, tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 4))
    classifier = AutoencoderClassifier(Autoencoder(2, hidden=[4], **QUICK), **QUICK)
    classifier.fit(pd.DataFrame(x, columns=list("abcd")), np.arange(60) % 2)
    classifier.save(tmp_path / "model.isthmus")
    header, tensors = read_model_file(tmp_path / "model.isthmus")
    header.pop("format_version", None)
    change(header)
    write_model_file(tmp_path / "model.isthmus", header, tensors)
    with pytest.raises(ModelFileError, match="do not fit together"):
        load(tmp_path / "model.isthmus")
