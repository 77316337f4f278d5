"""What options say, as the library takes it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from isthmus.cli.messages import MisuseError
from isthmus.errors import IsthmusError

MEMORY_VARIABLE = "ISTHMUS_MEMORY"
_USUAL_LEVEL = 0.3


def widths(text: str | None, option: str = "--hidden") -> int | tuple[int, ...] | None:
    """Read whole numbers such as 512,128; one without a comma is that number alone."""
    if text is None:
        return None
    try:
        widths = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        widths = ()
    if not widths:
        raise MisuseError(
            f"{option} {text!r} is not a list of whole numbers: write it like 512,128."
        )
    return widths[0] if len(widths) == 1 and "," not in text else widths


def whole(number: float | None) -> float | None:
    """Give a whole number as an int."""
    return int(number) if number is not None and number.is_integer() else number


def channels_of(text: str | None) -> tuple[int, ...] | None:
    """Read the channels of convolutions, such as 32,64."""
    channels = widths(text, "--channels")
    return (channels,) if isinstance(channels, int) else channels


def limit_memory(text: str | None) -> None:
    """Let rows take this much until the command ends."""
    if text is None:
        return
    from isthmus.io.budget import parse_bytes

    try:
        os.environ[MEMORY_VARIABLE] = str(parse_bytes(text, "--memory"))
    except IsthmusError as error:
        raise MisuseError(str(error)) from error


def make_checkpoint(folder: Path | None, seconds: float | None, fresh: bool) -> Any:
    """Give the checkpoint that the options describe, if any."""
    if folder is None:
        return None
    from isthmus import Checkpoint

    given: Any = {} if seconds is None else {"seconds": seconds}
    return Checkpoint(folder, fresh=fresh, **given)


def estimator_from(model: str, given: dict[str, Any]) -> Any:
    """Give the unfitted autoencoder that the options describe; what they contradict is misuse."""
    from isthmus.cli.models import make_estimator

    try:
        return make_estimator(model, given)
    except ValueError as error:
        raise MisuseError(str(error)) from error


def noise_of(name: str, level: float | None) -> Any:
    """Give the corruption of this name, at its usual level where none is given."""
    from isthmus.objectives import Corruption

    try:
        return Corruption.named(name, _USUAL_LEVEL if level is None else level)
    except IsthmusError as error:
        raise MisuseError(str(error)) from error


def check_parameters(*estimators: Any) -> None:
    """Refuse parameters that no data could make right."""
    try:
        for estimator in estimators:
            estimator.check_parameters()
    except ValueError as error:
        raise MisuseError(str(error)) from error


def load_autoencoder(path: Path) -> Any:
    """Read a model that has a decoder."""
    from isthmus import load
    from isthmus.fitting.base import BaseAutoencoder

    estimator = load(path)
    if not isinstance(estimator, BaseAutoencoder):
        raise IsthmusError(
            f"{path} holds a {type(estimator).__name__}, which has no decoder: "
            "name a model that isthmus fit made."
        )
    return estimator
