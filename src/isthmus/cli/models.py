"""The autoencoder that options of the command line describe."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import chain
from typing import Any

from isthmus.errors import IsthmusError

# Libraries are imported inside the functions, as in the commands.

_CLASSES = {"deep": "Autoencoder", "boltzmann": "BoltzmannMachine"}
# Options that set no parameter of the estimator, but one of a part that it takes.
_PART_OF = {"level": "corruption", "variance": "likelihood"}


def model_class(model: str) -> Any:
    """Give the class that ``--model`` names."""
    import isthmus.estimators  # noqa: F401 - they register themselves
    from isthmus.fitting.base import BaseAutoencoder

    return BaseAutoencoder.subclasses()[_CLASSES.get(model, f"{model.capitalize()}Autoencoder")]


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
        parameters["corruption"] = _corruption(given["corruption"], given["level"])
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


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _check_company(chosen: dict[str, Any], given: dict[str, Any]) -> None:
    """Refuse options that mean nothing beside the others."""
    for name, other, wanted in (
        ("k", "sparsity", "top_k"),
        ("target", "sparsity", "target_activation"),
        ("variance", "likelihood", "gaussian"),
    ):
        if name in given and chosen[other] != wanted:
            raise IsthmusError(
                f"{_flag(name)} means nothing to {_flag(other)} {chosen[other]}: "
                f"give {_flag(other)} {wanted}, or leave it away."
            )
    for name, other in (("level", "corruption"), ("n_pretraining_epochs", "pretrain")):
        if name in given and chosen[other] is None:
            raise IsthmusError(
                f"{_flag(name)} means nothing without {_flag(other)}: "
                "give that too, or leave it away."
            )


def _corruption(name: str, level: float) -> Any:
    from isthmus.objectives import Corruption

    return Corruption.named(name, level)


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
