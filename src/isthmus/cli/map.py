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
from isthmus.cli.values import kinds_of, limit_memory, load_autoencoder, misuse, model_first
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


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class DrawingOptions(Options):
    """Where the map goes, and how it looks.

    Parameters
    ----------
    output
        The picture (.png or .svg), or a page in which one walks through the map (.html).
    model_out
        Model file (.isthmus) for the map that is fitted.
    codes_out
        File for the places of the rows.
    labels
        Column or file of labels, for names and colours only.
    colour
        Column that gives colours and stays a feature.
    dark
        Draw on a dark ground.
    """

    output: Output
    model_out: Annotated[Path | None, Parameter(name="--model-out")] = None
    codes_out: Annotated[Path | None, Parameter(name="--codes-out")] = None
    labels: str | None = None
    colour: str | None = None
    dark: Annotated[bool, THERE] = False


@app.command(name="map", sort_key=3)
def draw(
    files: Annotated[
        list[str],
        Parameter(help="Model file (.isthmus), or none, then data files, globs, or several."),
    ],
    /,
    *,
    exclude: Exclude = None,
    memory: Memory = None,
    layout: LayoutOptions = LayoutOptions(),
    training: PlacingOptions = PlacingOptions(),
    run: RunOptions = RunOptions(),
    drawing: DrawingOptions,
) -> int:
    """Draw data as a map in two dimensions, which keeps neighbours together.

    Where the first of the files is a model with a code of two numbers, it places the rows.

    Examples: `isthmus map images.npy -o map.png --model-out map.isthmus` and
    `isthmus map map.isthmus new.npy -o new.png`
    """
    model, data = model_first(files)
    given, model_out = {**layout.given(), **training.given()}, drawing.model_out
    _check(model, data, given, model_out)
    if model_out is not None:
        check_model_path(model_out)
    places = (drawing.output, model_out, drawing.codes_out)
    check_apart([*files], zip(("--output", "--model-out", "--codes-out"), places, strict=True))
    limit_memory(memory)
    _check_places(drawing)
    from isthmus.io import read

    dataset = read(data, exclude=exclude or ())
    dataset, values = coloured(dataset, drawing.labels, drawing.colour)
    if model is not None:
        _draw(load_autoencoder(Path(model)), dataset, values, drawing)
        return 0
    estimator = _fitted(dataset, {**given, **run.given()})
    if model_out is not None:
        save_model(estimator, model_out)
        say(f"Model: {model_out}")
    _draw(estimator, dataset, values, drawing)
    if estimator.interrupted_:
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


def _check_places(drawing: DrawingOptions) -> None:
    from isthmus.io import check_writable
    from isthmus.io.write import check_folder_around
    from isthmus.report.map_file import FORMATS

    if drawing.output.suffix.lower() not in (*FORMATS, _PAGE):
        raise IsthmusError(
            f"{drawing.output} is neither picture nor page: end it in .png, .svg or .html."
        )
    check_folder_around(drawing.output)
    if drawing.codes_out is not None:
        check_writable(drawing.codes_out)


def _draw(estimator: Any, dataset: Any, values: Any, drawing: DrawingOptions) -> None:
    output = drawing.output
    if output.suffix.lower() == _PAGE:
        import pyarrow as pa

        from isthmus.explorer import write_page

        beside = None if values is None else pa.table({"label": values})
        write_page(estimator, dataset, output, labels=beside)
        codes = estimator.transform_chunks(dataset)
    else:
        from isthmus import write_map

        theme = "dark" if drawing.dark else "light"
        codes = iter([write_map(estimator, dataset, output, labels=values, theme=theme)])
    say(f"{len(dataset):,} rows: {output}")
    if drawing.codes_out is not None:
        from isthmus.io import write

        names = list(estimator.get_feature_names_out())
        n_codes = write(drawing.codes_out, codes, names=names)
        say(f"{n_codes:,} places: {drawing.codes_out}")
