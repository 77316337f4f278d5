"""A small file asks for little, whatever is in it, and gives a model or one sentence."""

import json
import tracemalloc

import numpy as np
import pytest

from isthmus import ModelFileError, load

from .hostile import altered, arrays, forge, put

MIB = 2**20
HUGE = 10**9
DENSE = {
    "part": "Dense",
    "hidden": [4],
    "activation": "silu",
    "tied_weights": False,
    "code_activation": "identity",
    "unit_norm_decoder": False,
    "code_bias": 1.0,
    "centred": True,
}
CONVOLUTIONAL = {
    "part": "Convolutional",
    "channels": [1] * 30,
    "kernel_size": 1,
    "hidden": [],
    "activation": "silu",
    "code_activation": "identity",
    "signal": False,
}
WIDE_ROWS = (
    put("fitted", "n_features_in", value=HUGE),
    put("fitted", "preparation", "schema", "row_shape", value=[HUGE]),
    put("fitted", "preparation", "schema", "names", value=None),
    put("fitted", "preparation", "schema", "dtypes", value=["float64"]),
    arrays(preparation__offset=np.zeros(1), preparation__scale=np.ones(1)),
)
CODES = (
    put("fitted", "n_components", value=HUGE),
    put("parameters", "n_components", value=HUGE),
)


def network(**settings):
    design = CONVOLUTIONAL if "channels" in settings or "kernel_size" in settings else DENSE
    return put("parameters", "network", value={**design, **settings})


def variance(value):
    return put("fitted", "likelihood", value={"part": "Gaussian", "variance": value})


def outcome(dtype, classes):
    return (
        put("fitted", "outcome", "dtype", value=dtype),
        put("fitted", "outcome", "classes", value=classes),
    )


HOSTILE = {
    "codes": ("autoencoder", *CODES),
    "codes with a bias": ("autoencoder", *CODES, network()),
    "codes of a sparse model": ("sparse_autoencoder", *CODES),
    "codes of a machine": ("boltzmann_machine", *CODES),
    "codes of a variational model": ("variational_autoencoder", *CODES),
    "codes of a linear model": ("linear_autoencoder", *CODES),
    "width": ("autoencoder", put("parameters", "hidden", value=[HUGE])),
    "taper": ("autoencoder", put("parameters", "hidden", value=HUGE)),
    "layers": ("autoencoder", put("parameters", "hidden", value=[1] * 10**5)),
    "fewer layers": ("autoencoder", put("parameters", "hidden", value=[1] * 999)),
    "rows": ("autoencoder", *WIDE_ROWS),
    "rows whose size is beyond 64 bits": (
        "autoencoder",
        *WIDE_ROWS,
        put("fitted", "n_features_in", value=4),
        put("fitted", "preparation", "schema", "row_shape", value=[2**62, 2**62, 4 * 16]),
    ),
    "rows of a machine": ("boltzmann_machine", *WIDE_ROWS),
    "rows of signals": ("convolutional_autoencoder", *WIDE_ROWS, network(channels=[1] * 30)),
    "range of the rows": ("autoencoder", *WIDE_ROWS, arrays(preparation__least=np.zeros(1))),
    "variances": (
        "convolutional_autoencoder",
        *WIDE_ROWS,
        network(channels=[1] * 30),
        variance("feature"),
    ),
    "channels": ("convolutional_autoencoder", network(channels=[HUGE])),
    "convolutions": ("convolutional_autoencoder", network(channels=[1] * 10**5)),
    "kernel": ("convolutional_autoencoder", network(kernel_size=HUGE)),
    "one long class": (
        "autoencoder_classifier",
        *outcome("<U1", ["a" * 10**6, *map(str, range(10**4))]),
    ),
    "many classes": ("autoencoder_classifier", *outcome("<i8", list(range(10**5)))),
    "classes in lists": ("autoencoder_classifier", *outcome("|O", [[1, 2], [3, 4]])),
    "classes of nothing": ("autoencoder_classifier", *outcome("V100000000", [1, 2])),
    "classes of arrays": ("autoencoder_classifier", *outcome("1000000000f8", [1, 2])),
    "dtype of rows": (
        "autoencoder",
        put("fitted", "preparation", "schema", "names", value=None),
        put("fitted", "preparation", "schema", "dtypes", value=["(1000,1000,1000)f8"]),
    ),
    "outputs": (
        "autoencoder_regressor",
        put("fitted", "outcome", "mean", value=[0.0] * 10**5),
        put("fitted", "outcome", "scale", value=[1.0] * 10**5),
    ),
    "epoch after the last one kept": (
        "sparse_autoencoder",
        put("fitted", "history", "validation_loss", value=[1.0, 2.0]),
        put("fitted", "attributes", "best_epoch_", value=3),
    ),
    "no such epoch in a predictor": (
        "autoencoder_classifier",
        put("fitted", "best_epoch", value=-1),
    ),
    "teaching by what nobody chose": (
        "autoencoder_regressor",
        put("parameters", "learning_rate", value="auto"),
    ),
    "estimator that no values would make": (
        "autoencoder_classifier",
        put("parameters", "autoencoder", "parameters", "hidden", value=[1.5]),
    ),
    "lists in history": ("autoencoder", put("fitted", "history", "loss", value=[[]] * 90_000)),
    "lists in lists": (
        "autoencoder",
        put("parameters", "hidden", value=json.loads("[" * 400 + "]" * 400)),
    ),
    "estimators in estimators": (
        "autoencoder_classifier",
        put("parameters", "autoencoder", value=json.loads('{"tuple":[' * 200 + "]}" * 200)),
    ),
    "long number": ("autoencoder", put("fitted", "n_components", value=10**4000)),
    "number beyond all floats": ("autoencoder", put("fitted", "n_components", value=1e300)),
    "layer": ("autoencoder_classifier", put("fitted", "layer", value=HUGE)),
}


def refused(path):
    """Assert that a file is refused in one sentence, and give what that took."""
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError) as caught:
            load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 400 + len(str(path))
    return peak


@pytest.mark.parametrize("case", HOSTILE)
def test_small_file_that_asks_for_much_is_refused(case, tmp_path):
    model, *changes = HOSTILE[case]
    path = altered(tmp_path / "m.isthmus", model, *changes)
    assert refused(path) < 20 * MIB + 10 * path.stat().st_size


def test_classes_are_as_wide_as_they_are_long_whatever_their_dtype_says(tmp_path):
    path = altered(
        tmp_path / "m.isthmus", "autoencoder_classifier", *outcome("<U100000000", ["a", "bc"])
    )
    assert load(path).classes_.dtype == "<U2"


HEADERS = {
    "lists": "[" + "[]," * 10**6 + "[]]",
    "lists in a dictionary": '{"format_version": 1, "a": [' + "[]," * 10**6 + "[]]}",
    "nothing but spaces": " " * 20 * MIB,
    "infinite number": '{"format_version": 1, "class": "Autoencoder", "a": 1e999}',
    "version of thousands of digits": '{"format_version": ' + "9" * 4000 + "}",
    "version of text": '{"format_version": "' + "x" * 10**5 + '"}',
    "class of text": '{"format_version": 1, "class": "' + "\\u001b\\n" * 10**4 + '"}',
    "class of a list": '{"format_version": 1, "class": []}',
}


@pytest.mark.parametrize("case", HEADERS)
def test_header_that_says_nothing_is_refused(case, tmp_path):
    path = forge(tmp_path / "m.isthmus", HEADERS[case], {"a": np.zeros(2)})
    assert refused(path) < 20 * MIB + 20 * path.stat().st_size


def safetensors_of(path, text, body=b""):
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return path


def entry(dtype, shape, offsets):
    metadata = {"isthmus": '{"format_version": 1, "class": "Autoencoder"}', "sha256": "0"}
    a = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    return json.dumps({"__metadata__": metadata, "a": a, "b": {**a, "data_offsets": [0, 8]}})


CONTAINERS = {
    "arrays that overlap": entry("F32", [2], [0, 8]),
    "array beyond the end": entry("F32", [HUGE], [8, 8 + 4 * HUGE]),
    "array of no size": entry("F32", [0, 10**18], [8, 8]),
    "array of many axes": entry("F32", [1] * 10**4, [8, 12]),
    "array of a type of tomorrow": entry("Q99", [1], [8, 16]),
    "array of numbers of 8 bits": entry("F8_E4M3", [8], [8, 16]),
    "array of complex numbers": entry("C64", [1], [8, 16]),
    "many arrays": json.dumps(
        {
            "__metadata__": {"isthmus": "{}", "sha256": "0"},
            **{
                str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
                for i in range(20_000)
            },
        }
    ),
    "no dictionary": "[]",
    "nothing": "",
}


@pytest.mark.parametrize("case", CONTAINERS)
def test_container_that_makes_no_sense_is_refused(case, tmp_path):
    path = safetensors_of(tmp_path / "m.isthmus", CONTAINERS[case].encode(), bytes(16))
    assert refused(path) < 20 * MIB


@pytest.mark.parametrize("length", [17, 10**6, 2**40, 2**63, 2**64 - 1])
def test_header_longer_than_the_file_is_refused(length, tmp_path):
    path = tmp_path / "m.isthmus"
    path.write_bytes(length.to_bytes(8, "little") + b"{" * 16)
    assert refused(path) < MIB
