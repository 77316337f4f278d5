"""What the options of `isthmus fit` make of themselves."""

import pytest

from isthmus import (
    L1,
    Contractive,
    Convolutional,
    Dense,
    Gaussian,
    Linear,
    Masking,
    TargetActivation,
    WeightDecay,
)
from isthmus.cli.models import make_estimator, model_class, models
from isthmus.models import Likelihood
from isthmus.networks import Architecture
from isthmus.objectives import Corruption, Penalty

from .commands import options

MODELS = [name for name, kind in models().items() if kind.__module__.startswith("isthmus.")]
OPTIONS = {
    "kinds" if argument.name == "--kind" else argument.name.removeprefix("--").replace("-", "_"): (
        argument.parameter.help
    )
    for argument in options("fit")
}
EXCEPTIONS = {
    "code": "the models choose it: --model sparse for TopK, --model variational for GaussianCode",
    "warm_start": "a command fits once; --init starts from another fit",
}


def test_models_are_named_after_their_classes():
    assert [
        *("deep", "boltzmann", "contractive", "convolutional", "denoising", "linear", "sparse"),
        *("stacked", "variational"),
    ] == MODELS


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_is_an_option_or_has_a_reason(model):
    parameters = set(model_class(model)().get_params())
    assert parameters - set(OPTIONS) <= set(EXCEPTIONS)


def test_no_exception_is_an_option():
    assert not set(OPTIONS) & set(EXCEPTIONS)


@pytest.mark.parametrize(
    ("option", "family"),
    [
        ("corruption", Corruption),
        ("likelihood", Likelihood),
        ("network", Architecture),
        ("penalty", Penalty),
    ],
)
def test_help_names_every_part_of_the_family(option, family):
    assert not [name for name in family.members() if name not in OPTIONS[option]]


@pytest.mark.parametrize(
    ("option", "beginning"),
    [
        ("solver", "Linear: "),
        ("strength", "Contractive, sparse"),
        ("n_steps", "Boltzmann: Gibbs steps in each update"),
        ("channels", "With --model convolutional or --network convolutional: Channels of "),
        ("code_activation", "With --model contractive or --network convolutional, dense: "),
        ("variance", "With --likelihood gaussian: "),
        ("level", "With --model denoising or --corruption: "),
        ("hidden", "Widths of the encoder's hidden layers"),
        ("max_epochs", "Passes over the data; by default "),
    ],
)
def test_help_says_who_takes_an_option_and_what_the_docstring_says(option, beginning):
    assert OPTIONS[option].startswith(beginning)


@pytest.mark.parametrize("network", Architecture.members())
def test_every_network_is_an_option(network):
    assert make_estimator("deep", {"network": network}).n_components == 2


DEEP = ["deep", "denoising", "sparse", "contractive", "variational", "stacked"]


@pytest.mark.parametrize("model", DEEP)
def test_a_convolutional_network_goes_with_every_deep_model(model):
    options = {"network": "convolutional", "channels": (4, 8), "kernel_size": 5, "hidden": (16,)}
    network = make_estimator(model, options).network
    usual = "sigmoid" if model == "contractive" else "silu"
    assert (network.channels, network.kernel_size, network.hidden) == ((4, 8), 5, (16,))
    assert network.activation == usual
    assert network.code_activation == ("sigmoid" if model == "contractive" else "identity")


@pytest.mark.parametrize("model", [*DEEP, "convolutional"])
def test_corruption_and_penalty_go_with_every_model(model):
    estimator = make_estimator(model, {"corruption": "masking", "level": 0.1, "penalty": "l1=0.5"})
    assert estimator.objective(1, 1).corruption == Masking(0.1)
    assert estimator.penalty == L1(0.5)
    assert make_estimator(model, {"corruption": "swap"}).corruption == "swap"


NETWORKS = [
    ("deep", {}, None),
    ("deep", {"network": "dense", "tied_weights": True}, None),
    ("deep", {"network": "linear"}, Linear()),
    ("deep", {"code_activation": "tanh", "hidden": (8,)}, Dense((8,), code_activation="tanh")),
    ("denoising", {"tied_weights": True}, Dense(tied_weights=True)),
    ("contractive", {"code_activation": "tanh"}, None),
    ("convolutional", {"channels": (4,)}, None),
    ("convolutional", {"channels": (4,), "signal": True}, Convolutional((4,), signal=True)),
    ("convolutional", {"network": "dense", "hidden": 8}, Dense(8)),
    (
        "sparse",
        {"network": "convolutional", "sparsity": "target_activation"},
        Convolutional(code_activation="sigmoid"),
    ),
]


@pytest.mark.parametrize(("model", "options", "network"), NETWORKS)
def test_network_is_what_the_options_say(model, options, network):
    assert make_estimator(model, options).network == network


PENALTIES = [
    ("l1=0.01", L1(0.01)),
    ("l1=0.01, contractive=0.1", (L1(0.01), Contractive(0.1))),
    ("weight_decay=1e-3,target_activation=2", (WeightDecay(1e-3), TargetActivation(2.0))),
]


@pytest.mark.parametrize(("text", "penalty"), PENALTIES)
def test_penalties_are_names_with_strengths(text, penalty):
    assert make_estimator("deep", {"penalty": text}).penalty == penalty


@pytest.mark.parametrize("variance", ["code", "feature", "shared", "0.1"])
def test_variance_is_that_of_the_gaussian(variance):
    likelihood = make_estimator("deep", {"likelihood": "gaussian", "variance": variance}).likelihood
    assert isinstance(likelihood, Gaussian)
    assert likelihood.variance == (0.1 if variance == "0.1" else variance)


REFUSED = {
    "boltzmann": [
        ({"corruption": "masking"}, "--corruption means nothing to --model boltzmann"),
        ({"network": "dense"}, "--network means nothing to --model boltzmann"),
    ],
    "linear": [({"variance": "code"}, "--variance means nothing to --model linear")],
    "deep": [
        ({"channels": (4,)}, "--channels means nothing to a dense network: give --network conv"),
        ({"network": "convolutional", "tied_weights": True}, "--tied-weights means nothing to a"),
        ({"network": "convolutional", "channels": (0,)}, "channels"),
        ({"network": "convolutional", "kernel_size": 0}, "kernel_size"),
        ({"network": "linear", "hidden": 8}, "give --network convolutional or dense"),
        ({"level": 0.1}, "--level means nothing without --corruption"),
        ({"corruption": "masking", "level": 2.0}, "from 0 to 1"),
        ({"corruption": "rain", "level": 0.1}, "no Corruption named 'rain'"),
        ({"n_pretraining_epochs": 3}, "--n-pretraining-epochs means nothing without --pretrain"),
        ({"code_activation": "foo"}, "Dense(code_activation='foo') is unknown: choose one of"),
        ({"penalty": "l1"}, "write it like l1=0.01,contractive=0.1"),
        ({"penalty": "l2=0.1"}, "'l2=0.1'"),
        ({"penalty": "l1=-1"}, "'l1=-1'"),
        ({"penalty": "l1=0.1,"}, "holds ''"),
        ({"binarize": True}, "--binarize means nothing to --model deep"),
        ({"n_components": 0.9}, "n_components"),
    ],
    "sparse": [
        (
            {"sparsity": "l1", "k": 3},
            "--k means nothing to --sparsity l1: give --sparsity top_k or batch_top_k or",
        ),
        ({"target": 0.1}, "--target means nothing to --sparsity top_k"),
    ],
    "variational": [
        ({"variance": "shared"}, "--variance means nothing to --likelihood auto"),
        ({"likelihood": "gaussian", "variance": "wide"}, "'wide'"),
        ({"likelihood": "gaussian", "variance": "-1"}, "positive number"),
    ],
}


@pytest.mark.parametrize(
    ("model", "options", "says"),
    [(model, *case) for model, cases in REFUSED.items() for case in cases],
)
def test_options_that_mean_nothing_are_refused_in_a_sentence(model, options, says):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refusal:
        make_estimator(model, options)
    assert says in str(refusal.value)
