"""Fill the gaps of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.hosts import joined, learn
from isthmus.cli.messages import INTERRUPTED, MisuseError, say, stopped
from isthmus.cli.options import (
    CheckpointOptions,
    Exclude,
    HostOptions,
    Kinds,
    Memory,
    MinibatchOptions,
    Output,
    RunOptions,
)
from isthmus.cli.places import check_apart, check_model_path, save_model
from isthmus.cli.values import kinds_of, limit_memory, misuse, model_first
from isthmus.errors import IsthmusError


@dataclass(frozen=True, kw_only=True)
class ImputerOptions(MinibatchOptions):
    """How an imputer is trained, where no model is given.

    Parameters
    ----------
    kinds
        Such as zip=category; several with --kind each.
    """

    estimator: ClassVar[str] = "AutoencoderImputer"

    kinds: Kinds = field(default=None, metadata={"read": kinds_of})


@app.command(sort_key=6)
def impute(
    files: Annotated[
        list[str],
        Parameter(help="Model file (.isthmus), or none, then data files, globs, or several."),
    ],
    /,
    *,
    output: Output,
    model_out: Annotated[
        Path | None,
        Parameter(name="--model-out", help="Model file (.isthmus) for the imputer that is fitted."),
    ] = None,
    exclude: Exclude = None,
    memory: Memory = None,
    training: ImputerOptions = ImputerOptions(),
    start: CheckpointOptions = CheckpointOptions(),
    run: RunOptions = RunOptions(),
    hosts: HostOptions = HostOptions(),
) -> int:
    """Fill the gaps of a table, with a model or with an imputer that learns from the table itself.

    What is there stays as it is.

    Example: `isthmus impute patients.csv -o filled.csv`

    Parameters
    ----------
    output
        The table without gaps: {files}.
    """
    model, data = model_first(files)
    if not data:
        raise MisuseError(f"{model} is a model: name the data whose gaps it is to fill too.")
    trains = training.given() or start.given() or hosts != HostOptions() or model_out
    if model is not None and trains:
        raise MisuseError(
            f"{model} is fitted already: leave --model-out and the options of training away."
        )
    if model_out is not None:
        check_model_path(model_out)
    start.check()
    check_apart([*files], [("--output", output), ("--model-out", model_out), *start.files])
    limit_memory(memory)
    if model is None:
        return _learn_and_fill(data, exclude, output, model_out, training, start, run, hosts)
    _write(_loaded(model), _read(data, exclude, output), output)
    return 0


def _learn_and_fill(
    data: list[str],
    exclude: list[str] | None,
    output: Path,
    model_out: Path | None,
    training: ImputerOptions,
    start: CheckpointOptions,
    run: RunOptions,
    hosts: HostOptions,
) -> int:
    from isthmus import AutoencoderImputer

    with misuse():
        imputer = AutoencoderImputer(**training.given(), **run.given())
        imputer.check_parameters()
    with joined(hosts) as first:
        dataset = _read(data, exclude, output)
        learn(imputer, dataset, start, first)
    interrupted = INTERRUPTED if imputer.interrupted_ else 0
    if not first:
        return interrupted
    if model_out is not None:
        save_model(imputer, model_out)
        say(f"Model: {model_out}")
    _write(imputer, dataset, output)
    if interrupted:
        say(f"{stopped()}; the gaps were filled with what had been learned.")
    return interrupted


def _read(data: list[str], exclude: list[str] | None, output: Path) -> Any:
    """Open the table, once it is known that it can be written as output again."""
    from isthmus.io import check_writable, read

    dataset = read(data, exclude=exclude or ())
    check_writable(output, dataset.schema)
    return dataset


def _loaded(path: str) -> Any:
    from isthmus import AutoencoderImputer, load
    from isthmus.fitting.base import BaseAutoencoder

    estimator = load(path)
    if not isinstance(estimator, (AutoencoderImputer, BaseAutoencoder)):
        raise IsthmusError(
            f"{path} holds a {type(estimator).__name__}, which fills no gaps: name a model that "
            "isthmus fit or isthmus impute made."
        )
    return estimator


def _write(estimator: Any, dataset: Any, output: Path) -> None:
    """Write the table, and tell how many gaps there were and are."""
    from isthmus import AutoencoderImputer
    from isthmus.io import write

    imputes = isinstance(estimator, AutoencoderImputer)
    fill = estimator.transform_chunks if imputes else estimator.impute_chunks
    n_left = 0

    def chunks() -> Iterator[Any]:
        nonlocal n_left
        for rows in fill(dataset):
            n_left += _gaps(rows)
            yield rows

    n_rows = write(output, chunks())
    say(f"{n_rows:,} rows: {output}")
    if n_left:
        say(f"{n_left:,} gaps are left, in columns of which nothing could be learned.")


def _gaps(rows: Any) -> int:
    """Count the gaps."""
    import numpy as np

    if isinstance(rows, np.ndarray):
        return int(np.isnan(rows).sum()) if rows.dtype.kind == "f" else 0
    return sum(column.null_count for column in rows.columns)
