"""What options say, as the library takes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from isthmus.cli.messages import MisuseError
from isthmus.errors import IsthmusError

MEMORY_VARIABLE = "ISTHMUS_MEMORY"


def numbers(text: str, option: str) -> tuple[int, ...]:
    """Read whole numbers such as 512,128."""
    try:
        found = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        found = ()
    if not found:
        raise MisuseError(
            f"{option} {text!r} is not a list of whole numbers: write it like 512,128."
        )
    return found


def widths(text: str) -> int | tuple[int, ...]:
    """Read the widths of layers; one without a comma is that number alone."""
    found = numbers(text, "--hidden")
    return found if "," in text else found[0]


def model_first(files: list[str]) -> tuple[str | None, list[str]]:
    """Give the model file, where one comes first, and the others."""
    return (files[0], files[1:]) if files[0].endswith(".isthmus") else (None, files)


def kinds_of(texts: list[str]) -> dict[str, str]:
    """Read kinds of columns such as zip=category."""
    pairs = [text.rpartition("=") for text in texts]
    wrong = next(
        (text for text, (name, _, kind) in zip(texts, pairs, strict=True) if not (name and kind)),
        None,
    )
    if wrong is not None:
        raise MisuseError(f"--kind {wrong!r} names no kind: write it like zip=category.")
    return {name: kind for name, _, kind in pairs}


def whole(number: float) -> float:
    """Give a whole number as an int."""
    return int(number) if number.is_integer() else number


def limit_memory(text: str | None) -> None:
    """Let rows take this much until the command ends."""
    if text is None:
        return
    from isthmus.io.budget import parse_bytes

    with misuse():
        os.environ[MEMORY_VARIABLE] = str(parse_bytes(text, "--memory"))


def make_checkpoint(folder: Path | None, seconds: float | None, fresh: bool) -> Any:
    """Give the checkpoint that the options describe, if any."""
    if folder is None:
        return None
    from isthmus import Checkpoint

    given: Any = {} if seconds is None else {"seconds": seconds}
    return Checkpoint(folder, fresh=fresh, **given)


@contextmanager
def misuse() -> Iterator[None]:
    """Let what the library refuses be misuse, where no data could make it right."""
    try:
        yield
    except ValueError as error:
        raise MisuseError(str(error)) from error


def check_parameters(*estimators: Any) -> None:
    """Refuse parameters that no data could make right."""
    with misuse():
        for estimator in estimators:
            estimator.check_parameters()


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
