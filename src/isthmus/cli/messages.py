"""What commands say, and how they fail."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from isthmus.errors import DataWarning, IsthmusError, printable
from isthmus.signals import heard_signal, name_of

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


class MisuseError(IsthmusError):
    """Options that no data could make right."""


def tell(text: str, *, keep: str = "") -> None:
    """Print a result, on one line.

    This, `say` and `fail` are the only ways to the terminal: names in a text may be anybody's,
    and a terminal obeys what they hold.
    """
    print(printable(text, keep))


def say(text: str) -> None:
    """Print a remark, which is no result; nothing is given up where nobody can read it."""
    with suppress(OSError):
        print(printable(text), file=sys.stderr)


def fail(*sentences: str) -> None:
    """Print why a command failed."""
    say(" ".join(["isthmus:", *sentences]))


@contextmanager
def warnings_told() -> Iterator[None]:
    """Print each warning on one line, as the failures of commands are."""
    with warnings.catch_warnings():
        warnings.filterwarnings("default", category=DataWarning)
        # What libraries are about to drop is nothing that a command's user could mend.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.showwarning = _say_warning
        yield


@contextmanager
def kept(what: str) -> Iterator[None]:
    """Let the sentence after Ctrl-C say what is there."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(str(error) or what) from None


@contextmanager
def watched(
    log: Path | None, tensorboard: Path | None, checkpoint: Path | None = None
) -> Iterator[None]:
    """Tell what could not be written meanwhile, and what is there after Ctrl-C without a model."""
    what = "nothing was written"
    if checkpoint is not None:
        what = f"no model was written; what {checkpoint} holds can be gone on from"
    elif log is not None or tensorboard is not None:
        what = "no model was written"
    with warnings_told(), kept(what):
        warnings.filterwarnings("always", ".*; training goes on")
        yield


def stopped() -> str:
    """Tell what has stopped a training."""
    return f"Stopped by {name_of(heard_signal())}"


def what_was_kept(estimator: Any) -> str:
    """Tell what a training that was stopped has left."""
    n_epochs = len(estimator.history_["loss"])
    n_layers = sum(name.endswith("_seconds") for name in estimator.history_)
    if n_layers and not n_epochs and not estimator.best_epoch_:
        return (
            f"{stopped()} while layer {n_layers} was pretrained; what the layers up to it "
            "had learned was kept, and the whole was not trained."
        )
    kept = f"the best of {n_epochs} epochs" if n_epochs else "what part of an epoch had taught"
    if n_epochs == 1:
        kept = "what one epoch had taught"
    if not estimator.best_epoch_:
        kept = "PCA, where training starts,"
    return f"{stopped()}; {kept} was kept."


def _say_warning(message: Warning | str, *details: Any, **more: Any) -> None:
    fail(" ".join(str(message).split()))


def one_line(error: BaseException) -> str:
    """Give what an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
