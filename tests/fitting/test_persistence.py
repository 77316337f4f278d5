import contextlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    AutoencoderRegressor,
    BoltzmannMachine,
    ContractiveAutoencoder,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    LinearAutoencoder,
    Map,
    ModelFileError,
    SparseAutoencoder,
    SquaredError,
    StackedAutoencoder,
    VariationalAutoencoder,
    load,
)
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.persistence import Persistent
from isthmus.io import read_model_file, write_model_file

QUICK = {"hidden": [8], "max_epochs": 2, "random_state": 0}
# Losses of held-out rows are kept as those of training are, so one model will do.
BARE = {"max_epochs": 2, "validation_fraction": 0, "random_state": 0}
MODELS = [
    Autoencoder(2, **QUICK),
    Autoencoder(2, hidden=[8, 4], tied_weights=True, activation="tanh", **BARE),
    Autoencoder(3, hidden=16, likelihood=SquaredError(), **BARE),
    LinearAutoencoder(2),
    LinearAutoencoder(2, solver="gradient", max_epochs=2, random_state=0),
    DenoisingAutoencoder(2, hidden=[8], **BARE),
    ContractiveAutoencoder(2, **BARE),
    SparseAutoencoder(8, k=2, **BARE),
    StackedAutoencoder(2, hidden=[8], n_pretraining_epochs=1, **BARE),
    BoltzmannMachine(4, persistent=True, **BARE),
    ConvolutionalAutoencoder(2, channels=[3], **BARE),
    VariationalAutoencoder(2, hidden=[8], **BARE),
    Map(max_epochs=2, random_state=0),
]


@pytest.fixture(scope="module")
def frame(table):
    return pd.DataFrame(table, columns=list("abcdef"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory, frame):
    path = tmp_path_factory.mktemp("models") / "model.isthmus"
    Autoencoder(2, **QUICK).fit(frame).save(path)
    return path


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_loaded_estimator_is_the_saved_one_bit_by_bit(model, frame, tmp_path):
    model.fit(frame)
    model.save(tmp_path / "m.isthmus")
    again = load(tmp_path / "m.isthmus")
    assert type(again) is type(model)
    assert again.get_params() == model.get_params()
    assert again.history_ == model.history_
    np.testing.assert_array_equal(again.transform(frame), model.transform(frame))
    pd.testing.assert_frame_equal(again.reconstruct(frame), model.reconstruct(frame))
    np.testing.assert_array_equal(again.score_samples(frame), model.score_samples(frame))
    for name in model._saved:
        if hasattr(model, name):
            np.testing.assert_array_equal(getattr(again, name), getattr(model, name))


def test_new_process_gives_equal_bits(saved, frame, tmp_path):
    frame.to_parquet(tmp_path / "x.parquet")
    code = (
        "import sys, numpy as np, isthmus;"
        "np.save(sys.argv[3], isthmus.load(sys.argv[1]).transform(sys.argv[2]))"
    )
    out = tmp_path / "codes.npy"
    command = [sys.executable, "-c", code, str(saved), str(tmp_path / "x.parquet"), str(out)]
    subprocess.run(command, check=True)
    np.testing.assert_array_equal(np.load(out), load(saved).transform(frame))


def test_loaded_model_goes_on_learning(tmp_path, frame):
    # One that did not start at the best linear code has something left to learn.
    Autoencoder(2, shortcut=False, **QUICK).fit(frame).save(tmp_path / "model.isthmus")
    estimator = load(tmp_path / "model.isthmus")
    before = estimator.score(frame)
    for _ in range(10):
        estimator.partial_fit(frame)
    assert estimator.score(frame) > before


def test_every_class_can_be_loaded():
    kinds = BaseAutoencoder.subclasses().values()
    assert {type(model) for model in MODELS} == {k for k in kinds if k.__module__[:8] == "isthmus."}


def altered(saved, tmp_path, change):
    """Write a well-formed file, checksum and all, whose content makes no sense."""
    header, tensors = read_model_file(saved)
    header.pop("format_version", None)
    change(header, tensors)
    write_model_file(tmp_path / "altered.isthmus", header, tensors)
    return tmp_path / "altered.isthmus"


def set_in(*path, value):
    def change(header, tensors):
        place = header
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


CHANGES = {
    "unknown class": set_in("class", value="Popen"),
    "unknown parameter": set_in("parameters", "shell", value=True),
    "wrong parameter": set_in("parameters", "batch_size", value=-1),
    "parameter of another type": set_in("parameters", "hidden", value={"part": "Bernoulli"}),
    "huge network": set_in("parameters", "hidden", value=[10**12]),
    "unknown part": set_in("fitted", "likelihood", value={"part": "system"}),
    "part with arguments": set_in("fitted", "likelihood", value={"part": "Bernoulli", "x": 1}),
    "no likelihood": set_in("fitted", "likelihood", value="bernoulli"),
    "other components": set_in("fitted", "n_components", value=3),
    "negative components": set_in("fitted", "n_components", value=-1),
    "other features": set_in("fitted", "n_features_in", value=5),
    "unknown container": set_in("fitted", "container", value="os"),
    "history of text": set_in("fitted", "history", value={"loss": ["a"]}),
    "no fitted part": set_in("fitted", value=None),
    "unknown dtype": set_in("fitted", "preparation", "schema", "dtypes", value=["O"] * 6),
    "too few dtypes": set_in("fitted", "preparation", "schema", "dtypes", value=["double"]),
    "unknown scaling": set_in("fitted", "preparation", "scaling", value="exec"),
    "missing tensor": lambda header, tensors: tensors.pop("preparation.offset"),
    "other shape": lambda header, tensors: tensors.update(
        {"network.layers.encoder.0.weight": np.zeros((2, 2), np.float32)}
    ),
    "other dtype": lambda header, tensors: tensors.update(
        {"preparation.scale": np.zeros(6, np.float32)}
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_content_that_makes_no_sense_is_refused(saved, tmp_path, case):
    path = altered(saved, tmp_path, CHANGES[case])
    with pytest.raises(ModelFileError, match=r"altered\.isthmus holds parts that do not fit"):
        load(path)


@pytest.mark.parametrize("case", ["unknown class", "unknown part"])
def test_names_that_nothing_has_registered_are_told(saved, tmp_path, case):
    path = altered(saved, tmp_path, CHANGES[case])
    with pytest.raises(ModelFileError, match=r"'(Popen|system)' is nothing that Isthmus knows"):
        load(path)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def all_saved(tmp_path_factory, frame):
    """Files of all estimators, those that predict included."""
    folder = tmp_path_factory.mktemp("all")
    for number, model in enumerate(MODELS):
        model.fit(frame).save(folder / f"{number:02}.isthmus")
    outcomes = {AutoencoderClassifier: list("ab") * 150, AutoencoderRegressor: frame["a"]}
    for kind, y in outcomes.items():
        predictor = kind(Autoencoder(2, **QUICK), max_epochs=1, random_state=0)
        predictor.fit(frame, y).save(folder / f"{kind.__name__}.isthmus")
    return sorted(folder.iterdir())


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_change_of_the_header_loads_or_is_refused(all_saved, tmp_path_factory, data):
    saved = data.draw(st.sampled_from(all_saved))

    def change(header, tensors):
        place = header
        while True:
            key = data.draw(st.sampled_from(sorted(place)))
            if isinstance(place[key], dict) and place[key] and data.draw(st.booleans()):
                place = place[key]
            else:
                place[key] = data.draw(JSON)
                return

    path = altered(saved, tmp_path_factory.mktemp("fuzz"), change)
    with contextlib.suppress(ModelFileError):
        assert isinstance(load(path), Persistent)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_change_of_bytes_is_refused(all_saved, tmp_path_factory, data):
    content = bytearray(data.draw(st.sampled_from(all_saved)).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("bytes") / "altered.isthmus"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        load(path)
