"""The autoencoder that options of the command line describe."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from itertools import chain
from typing import Any

from isthmus.cli.options import Options
from isthmus.cli.values import misuse
from isthmus.errors import IsthmusError

# Libraries are imported inside the functions, as in the commands.

# Options that set no parameter of the estimator, but one of a part that it takes.
_ADVERSARIAL = ("radius", "entropy")
_PART_OF = {"level": "corruption", "variance": "likelihood"}


def models() -> dict[str, Any]:
    """Give the autoencoders that there are, by what ``--model`` calls them."""
    import isthmus.estimators  # noqa: F401 - they register themselves
    from isthmus.fitting.base import BaseAutoencoder

    kinds = BaseAutoencoder.subclasses()
    # A map, whose code always has two numbers, has a command of its own.
    sized = {name: kind for name, kind in kinds.items() if hasattr(kind, "n_components")}
    return {_model_name(name): kind for name, kind in sized.items()}


def model_class(model: str) -> Any:
    """Give the class that ``--model`` names."""
    from isthmus.checks import advice

    known = models()
    if model not in known:
        raise IsthmusError(f"--model {model} is unknown: {advice(model, known)}.")
    return known[model]


def _model_name(class_name: str) -> str:
    return re.sub("(Autoencoder|Machine)$", "", class_name).lower() or "deep"


def estimator_from(*options: Options) -> Any:
    """Give the unfitted autoencoder that the options describe; what they contradict is misuse."""
    given = {name: value for some in options for name, value in some.given().items()}
    with misuse():
        return make_estimator(given.pop("model"), given)


def make_estimator(model: str, given: dict[str, Any]) -> Any:
    """Give the unfitted autoencoder that the options describe.

    Parameters
    ----------
    model : str
        What ``--model`` names.
    given : dict of str to value
        The options that were given, named as parameters are; parts by their names.

    Raises
    ------
    ValueError
        An option means nothing, or its value is none that it can take.
    """
    kind = model_class(model)
    defaults = kind().get_params()
    part_of = dict.fromkeys(chain(*_network_options().values()), "network") | _PART_OF
    for name in given:
        if name not in defaults and part_of.get(name) not in defaults:
            raise IsthmusError(f"{_flag(name)} means nothing to --model {model}: leave it away.")
    _check_company({**defaults, **given}, given)
    parameters = {name: given[name] for name in given if name in defaults and name != "network"}
    if "level" in given and "level" not in defaults:
        parameters["corruption"] = _corruption(given)
    if "penalty" in given:
        parameters["penalty"] = _penalties(given["penalty"])
    if "variance" in given:
        parameters["likelihood"] = _gaussian(given["variance"])
    estimator = kind(**parameters)
    estimator.check_parameters()
    if "network" in defaults:
        own = "convolutional" if model == "convolutional" else "dense"
        estimator.set_params(network=_network(estimator, own, given))
    return estimator


def make_classifier(autoencoder: Any, given: dict[str, Any]) -> Any:
    """Give the unfitted classifier that starts from an autoencoder, as the options describe it."""
    from isthmus import AutoencoderClassifier
    from isthmus.objectives import Unlabelled

    defaults = AutoencoderClassifier().get_params(deep=False)
    # What the data choose takes no settings.
    unchosen = {name: None if value == "auto" else value for name, value in defaults.items()}
    _check_company({**unchosen, **given}, given)
    of_parts = ("level", *_ADVERSARIAL)
    parameters = {name: value for name, value in given.items() if name not in of_parts}
    if "corruption" in given:
        parameters["corruption"] = _corruption(given)
    settings = {name: given[name] for name in _ADVERSARIAL if name in given}
    if given.get("unlabelled") == "none":
        parameters["unlabelled"] = None
    if settings:
        parameters["unlabelled"] = Unlabelled.named(given["unlabelled"], **settings)
    return AutoencoderClassifier(autoencoder, **parameters)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _check_company(chosen: dict[str, Any], given: dict[str, Any]) -> None:
    """Refuse options that mean nothing beside the others."""
    for name, other, wanted in (
        ("k", "sparsity", ("top_k", "batch_top_k", "jump_relu")),
        ("target", "sparsity", ("target_activation",)),
        ("variance", "likelihood", ("gaussian",)),
        *((name, "unlabelled", ("virtual_adversarial",)) for name in _ADVERSARIAL),
    ):
        others = " or ".join(wanted)
        if name in given and chosen[other] is None:
            raise IsthmusError(
                f"{_flag(name)} means nothing without {_flag(other)} {others}: "
                "give that too, or leave it away."
            )
        if name in given and chosen[other] not in wanted:
            raise IsthmusError(
                f"{_flag(name)} means nothing to {_flag(other)} {chosen[other]}: "
                f"give {_flag(other)} {others}, or leave it away."
            )
    for name, other in (("level", "corruption"), ("n_pretraining_epochs", "pretrain")):
        if name in given and chosen[other] is None:
            raise IsthmusError(
                f"{_flag(name)} means nothing without {_flag(other)}: "
                "give that too, or leave it away."
            )


def _corruption(given: dict[str, Any]) -> Any:
    """Give the corruption that is named, at the level given or the usual one."""
    from isthmus.fitting.network import USUAL_LEVEL
    from isthmus.objectives import Corruption

    return Corruption.named(given["corruption"], given.get("level", USUAL_LEVEL))


def _penalties(text: str) -> Any:
    """Read penalties such as ``l1=0.01,contractive=0.1``."""
    from isthmus.objectives import Penalty

    penalties, members = [], Penalty.members()
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        try:
            strength = float(number)
        except ValueError:
            strength = -1.0
        if name not in members or not 0 <= strength < float("inf"):
            raise IsthmusError(
                f"--penalty {text!r} holds {part.strip()!r}, which is no penalty with a strength: "
                f"write it like l1=0.01,contractive=0.1, with names from {', '.join(members)}."
            )
        penalties.append(Penalty.named(name, strength=strength))
    return tuple(penalties) if len(penalties) > 1 else penalties[0]


def _gaussian(variance: str) -> Any:
    from isthmus.models import Gaussian

    try:
        return Gaussian(float(variance))
    except IsthmusError:
        raise
    except ValueError:
        return Gaussian(variance)


def _network_options() -> dict[str, list[str]]:
    """Give the options that each network takes."""
    from isthmus.networks import Architecture

    # Every architecture is a dataclass.
    members: Any = Architecture.members()
    return {name: [field.name for field in fields(members[name])] for name in members}


def _network(estimator: Any, own: str, given: dict[str, Any]) -> Any:
    """Give the network that differs from the estimator's own, None if none does."""
    from isthmus.networks import Architecture

    name, known = given.get("network", own), _network_options()
    options = {option: given[option] for option in given if option in chain(*known.values())}
    for option in options:
        if option not in known.get(name, options):
            others = [other for other, theirs in known.items() if option in theirs]
            raise IsthmusError(
                f"{_flag(option)} means nothing to a {name} network: "
                f"give --network {' or '.join(others)}, or leave it away."
            )
    design = estimator.default_architecture()
    if name == own:
        parameters = estimator.get_params(deep=False)
        more = {option: value for option, value in options.items() if option not in parameters}
        return replace(design, **more) if more else None
    # The nonlinearities belong to the kind of model more than to its network.
    usual = {option: getattr(design, option) for option in ("activation", "code_activation")}
    usual = {option: value for option, value in usual.items() if option in known.get(name, ())}
    return Architecture.named(name, **{**usual, **options})
