"""Draw a map of data."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.labels import coloured
from isthmus.cli.messages import INTERRUPTED, MisuseError, say, stopped
from isthmus.cli.options import (
    MODEL,
    OUTPUT,
    THERE,
    Exclude,
    Kinds,
    Memory,
    MinibatchOptions,
    Options,
    Output,
    RunOptions,
)
from isthmus.cli.places import check_apart, check_model_path, save_model
from isthmus.cli.values import kinds_of, limit_memory, load_autoencoder, misuse
from isthmus.errors import IsthmusError

_PAGE = ".html"


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True, kw_only=True)
class LayoutOptions(Options):
    """How rows are laid out.

    Parameters
    ----------
    kinds
        Such as zip=category; several with --kind each.
    """

    estimator: ClassVar[str] = "Map"

    n_neighbors: int | None = None
    exaggeration: float | None = None
    n_landmarks: int | None = None
    scaling: str | None = None
    kinds: Kinds = field(default=None, metadata={"read": kinds_of})


@dataclass(frozen=True, kw_only=True)
class PlacingOptions(MinibatchOptions):
    """How the encoder learns to place rows."""

    estimator: ClassVar[str] = "Map"

    validation_fraction: float | None = None


@app.command(name="map", sort_key=3)
def draw(
    files: Annotated[
        list[str],
        Parameter(help="Model file (.isthmus), or none, then data files, globs, or several."),
    ],
    /,
    *,
    output: Annotated[Output, Parameter(group=OUTPUT)],
    model_out: Annotated[
        Path | None,
        Parameter(help="Model file (.isthmus) for the map that is fitted.", group=OUTPUT),
    ] = None,
    codes_out: Annotated[
        Path | None, Parameter(help="File for the places of the rows.", group=OUTPUT)
    ] = None,
    labels: Annotated[
        str | None,
        Parameter(help="Column or file of labels, for names and colours only.", group=OUTPUT),
    ] = None,
    colour: Annotated[
        str | None, Parameter(help="Column that gives colours and stays a feature.", group=OUTPUT)
    ] = None,
    dark: Annotated[bool, THERE, Parameter(help="Draw on a dark ground.", group=OUTPUT)] = False,
    exclude: Exclude = None,
    memory: Memory = None,
    layout: LayoutOptions = LayoutOptions(),
    training: PlacingOptions = PlacingOptions(),
    run: RunOptions = RunOptions(),
) -> int:
    """Draw data as a map in two dimensions, which keeps neighbours together.

    Where the first of the files is a model with a code of two numbers, it places the rows.

    Examples: `isthmus map images.npy -o map.png --model-out map.isthmus` and
    `isthmus map map.isthmus new.npy -o new.png`

    Parameters
    ----------
    output
        The picture (.png or .svg), or a page in which one walks through the map (.html).
    """
    model, data = (files[0], files[1:]) if files[0].endswith(".isthmus") else (None, files)
    _check(model, data, {**layout.given(), **training.given()}, model_out)
    if model_out is not None:
        check_model_path(model_out)
    places = [("--output", output), ("--model-out", model_out), ("--codes-out", codes_out)]
    check_apart([*files], places)
    limit_memory(memory)
    from isthmus.io import check_writable, read, write
    from isthmus.report.map_file import FORMATS

    if output.suffix.lower() not in (*FORMATS, _PAGE):
        raise IsthmusError(f"{output} is neither picture nor page: end it in .png, .svg or .html.")
    if codes_out is not None:
        check_writable(codes_out)
    dataset, values = coloured(read(data, exclude=exclude or ()), labels, colour)
    estimator = load_autoencoder(Path(model)) if model else None
    if estimator is None:
        estimator = _fitted(dataset, {**layout.given(), **training.given(), **run.given()})
        if model_out is not None:
            save_model(estimator, model_out)
            say(f"Model: {model_out}")
    _draw(estimator, dataset, values, output, "dark" if dark else "light")
    say(f"{len(dataset):,} rows: {output}")
    if codes_out is not None:
        names = list(estimator.get_feature_names_out())
        n_codes = write(codes_out, estimator.transform_chunks(dataset), names=names)
        say(f"{n_codes:,} places: {codes_out}")
    if estimator.interrupted_ and not model:
        say(f"{stopped()}; rows lie where had been learned.")
        return INTERRUPTED
    return 0


def _check(
    model: str | None, data: list[str], given: dict[str, Any], model_out: Path | None
) -> None:
    if model is None:
        return
    if not data:
        raise MisuseError(f"{model} is a model: name the data that it is to place too.")
    if given or model_out is not None:
        raise MisuseError(
            f"{model} is fitted already: leave --model-out and the options of fitting away."
        )


def _fitted(dataset: Any, given: dict[str, Any]) -> Any:
    from isthmus import Map

    with misuse():
        estimator = Map(**given)
        estimator.check_parameters()
    return estimator.fit(dataset)


def _draw(estimator: Any, dataset: Any, values: Any, output: Path, theme: str) -> None:
    if output.suffix.lower() == _PAGE:
        from isthmus.explorer import write_page

        write_page(estimator, dataset, output, labels=values)
        return
    from isthmus.report.map_file import write_map

    write_map(estimator, dataset, output, labels=values, theme=theme)
