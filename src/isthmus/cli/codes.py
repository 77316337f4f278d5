"""Use a model: encode, decode, score, draw, and tell what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import say, tell
from isthmus.cli.options import Codes, Data, Memory, Model, Output
from isthmus.cli.places import check_apart
from isthmus.cli.values import limit_memory, load_autoencoder
from isthmus.errors import IsthmusError


@app.command(sort_key=3)
def encode(
    model: Model,
    data: Data,
    /,
    *,
    output: Output,
    memory: Memory = None,
) -> None:
    """Turn data into codes, which are written as they are made.

    Example: `isthmus encode model.isthmus measurements.csv -o codes.parquet`

    Parameters
    ----------
    output
        Codes: {files_of_numbers}.
    """
    check_apart([model, *data], [("--output", output)])
    _begin_writing(output, memory)
    from isthmus import AutoencoderImputer, load
    from isthmus.io import read, write

    estimator = load(model)
    if isinstance(estimator, AutoencoderImputer) or not hasattr(estimator, "transform_chunks"):
        raise IsthmusError(
            f"{model} holds a {type(estimator).__name__}, which gives no codes: name a model that "
            "isthmus fit made."
        )
    names = list(estimator.get_feature_names_out())
    n_codes = write(output, estimator.transform_chunks(read(data)), names=names)
    say(f"{n_codes:,} codes of {len(names)}: {output}")


@app.command(sort_key=4)
def decode(
    model: Model,
    codes: Codes,
    /,
    *,
    output: Output,
    memory: Memory = None,
) -> None:
    """Turn codes back into data, with their columns, dtypes and shapes.

    Example: `isthmus decode model.isthmus codes.parquet -o measurements-again.csv`

    Parameters
    ----------
    output
        Rows: {files}.
    """
    check_apart([model, *codes], [("--output", output)])
    limit_memory(memory)
    from isthmus.io import check_writable, read, write

    estimator = load_autoencoder(model)
    check_writable(output, estimator.preparation_.schema)
    n_rows = write(output, estimator.inverse_transform_chunks(read(codes)))
    say(f"{n_rows:,} rows: {output}")


@app.command(sort_key=5)
def score(
    model: Model,
    data: Data,
    /,
    *,
    output: Output | None = None,
    memory: Memory = None,
) -> None:
    """Print how well a model knows rows: the mean of their scores; higher is more normal.

    A row's score is its log-likelihood under its reconstruction, or its negative squared error;
    for a variational autoencoder the evidence lower bound.

    Example: `isthmus score model.isthmus new.csv -o scores.csv`

    Parameters
    ----------
    output
        One score a row: {files_of_numbers}.
    """
    check_apart([model, *data], [("--output", output)])
    _begin_writing(output, memory)
    from isthmus.fitting.base import running_mean
    from isthmus.io import read, write

    estimator = load_autoencoder(model)
    chunks = estimator.score_chunks(read(data))
    if output is None:
        tell(f"{running_mean(chunks):.6g}")
        return
    sums: list[float] = []

    def columns() -> Iterator[Any]:
        for scores in chunks:
            sums.append(scores.sum(dtype=float))
            yield scores[:, None]

    n_rows = write(output, columns(), names=["score"])
    say(f"{n_rows:,} scores: {output}")
    tell(f"{sum(sums) / n_rows:.6g}")


def _begin_writing(output: Path | None, memory: str | None) -> None:
    """Bound the memory, and refuse at once a place where nothing can be written."""
    limit_memory(memory)
    from isthmus.io import check_writable

    if output is not None:
        check_writable(output)


@app.command(sort_key=6)
def sample(
    model: Model,
    /,
    *,
    output: Output,
    n_samples: Annotated[int, Parameter(name=["--n-samples", "-n"], help="How many rows.")] = 16,
    noise: Annotated[
        bool, Parameter(help="Draw from p(x|z) too, not only its mean.", negative=())
    ] = False,
    random_state: Annotated[int, Parameter(help="Seed.")] = 0,
) -> None:
    """Draw new rows from a variational autoencoder or a Boltzmann machine.

    Example: `isthmus sample model.isthmus -n 100 -o drawn.csv`

    Parameters
    ----------
    output
        Rows: {files}.
    """
    check_apart([model], [("--output", output)])
    from isthmus import BoltzmannMachine, VariationalAutoencoder, load
    from isthmus.io import check_writable, write

    estimator = load(model)
    if not isinstance(estimator, (VariationalAutoencoder, BoltzmannMachine)):
        raise IsthmusError(
            f"{model} holds a {type(estimator).__name__}, which cannot be drawn from: "
            "fit with --model variational or boltzmann."
        )
    check_writable(output, estimator.preparation_.schema)
    write(output, estimator.sample(n_samples, noise=noise, random_state=random_state))
    say(f"{n_samples:,} rows: {output}")


@app.command(sort_key=7)
def info(
    model: Annotated[Path, Parameter(help="Model file (.isthmus) or archive (.isz).")],
    /,
    *,
    json: Annotated[bool, Parameter(help="Print JSON.", negative=())] = False,
) -> None:
    """Tell what a model file or an archive holds.

    Example: `isthmus info model.isthmus --json`
    """
    if model.suffix.lower() == ".isz":
        from isthmus import Archive
        from isthmus.compression.description import describe_archive

        _tell_facts(describe_archive(Archive(model)), json, "{:,} parts")
        return
    from isthmus import load
    from isthmus.report.description import describe

    _tell_facts(describe(load(model)), json)


@app.command(sort_key=8)
def devices(
    *,
    json: Annotated[bool, Parameter(help="Print JSON.", negative=())] = False,
) -> None:
    """Tell what computes here: devices, memory, the precision of products, versions.

    Where there is a GPU that is not used, it says what to install.

    Example: `isthmus devices`
    """
    from isthmus.report.devices import describe_devices

    _tell_facts(describe_devices(), json)


def _tell_facts(facts: dict[str, Any], json: bool, entries: str = "{:,} columns") -> None:
    if json:
        from json import dumps

        tell(dumps(facts, indent=2, ensure_ascii=False), keep="\n")
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        if isinstance(value, dict):
            tell(f"{name:<{width}}  of {entries.format(len(value))}:")
            for column, kind in value.items():
                tell(f"{'':<{width}}  {column}: {kind}")
            continue
        tell(f"{name:<{width}}  {value}")
