"""Compare sizes of the code."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, ClassVar

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import INTERRUPTED, kept, say, stopped, tell, watched
from isthmus.cli.models import estimator_from
from isthmus.cli.options import (
    MODEL,
    OUTPUT,
    TRAINING,
    Data,
    Exclude,
    Kinds,
    LogOptions,
    MinibatchOptions,
    ModelOptions,
    Options,
    Output,
    RunOptions,
    written,
)
from isthmus.cli.places import check_apart, check_model_path, check_report_folder, save_model
from isthmus.cli.values import check_parameters, kinds_of, numbers


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True, kw_only=True)
class SweepOptions(Options):
    """Which sizes, and how often each.

    Parameters
    ----------
    components
        Such as 1,2,4,8.
    """

    estimator: ClassVar[str] = "ComponentSweep"

    components: str = written(partial(numbers, option="--components"), "1,2,4,8,16,32")
    n_seeds: Annotated[int, Parameter(group=TRAINING)] = 1


@dataclass(frozen=True, kw_only=True)
class SweptOptions(ModelOptions):
    """Which autoencoder.

    Parameters
    ----------
    model
        Which autoencoder: {swept_models}.
    kinds
        Such as zip=category; several with --kind each.
    """

    kinds: Kinds = field(default=None, metadata={"read": kinds_of})


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class SweepOutputOptions(Options):
    """Where the results go.

    Parameters
    ----------
    output
        Folder for sweep.png and sweep.csv.
    best
        Model file for the size suggested (.isthmus).
    """

    output: Output = Path("isthmus-sweep")
    best: Path | None = None


@app.command(sort_key=2)
def sweep(
    data: Data,
    /,
    *,
    exclude: Exclude = None,
    sizes: SweepOptions = SweepOptions(),
    model: SweptOptions = SweptOptions(),
    training: MinibatchOptions = MinibatchOptions(),
    run: RunOptions = RunOptions(),
    logs: LogOptions = LogOptions(),
    output: SweepOutputOptions = SweepOutputOptions(),
) -> int:
    """Find out how large a code your data need: error by size, beside PCA.

    All sizes are trained together.

    Example: `isthmus sweep measurements.csv --components 1,2,3,4`
    """
    swept = sizes.given()
    check_report_folder(output.output)
    if output.best is not None:
        check_model_path(output.best)
    table = output.output / "sweep.csv"
    files = [("--output", table), ("--best", output.best), ("--log", logs.log)]
    check_apart(data, files, [("--output", output.output)])
    autoencoder = estimator_from(model, training)
    from isthmus import ComponentSweep
    from isthmus.fitting.training_advice import training_advice
    from isthmus.io import read
    from isthmus.report import print_sweep, size_to_take, write_sweep

    found = ComponentSweep(autoencoder, **swept, **run.given())
    check_parameters(found)
    dataset = read(data, exclude=exclude or ())
    with watched(logs.log, logs.tensorboard):
        found.fit(dataset, **logs.given())
    with kept(f"{output.output} may hold a part of the results"):
        write_sweep(found, output.output)
    print_sweep(found)
    tell(size_to_take(found))
    for sentence in training_advice([fitted for of in found.estimators_ for fitted in of]):
        tell(sentence)
    tell(f"Picture: {output.output / 'sweep.png'}")
    if output.best is not None:
        with kept(f"the results are in {output.output}, but no model was written"):
            save_model(found.best_estimator_, output.best)
        tell(f"Model: {output.best}")
    if found.interrupted_:
        say(f"{stopped()}; the best of each size so far was judged.")
        return INTERRUPTED
    return 0
