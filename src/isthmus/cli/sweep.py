"""Compare sizes of the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import INTERRUPTED, kept, say, watched
from isthmus.cli.options import (
    MODEL,
    OUTPUT,
    TRAINING,
    BatchSize,
    Data,
    Exclude,
    LearningRate,
    Log,
    TensorBoard,
    Verbose,
)
from isthmus.cli.places import check_model_path, check_report_folder, save_model
from isthmus.cli.values import check_parameters, estimator_from, widths


@app.command(sort_key=2)
def sweep(
    data: Data,
    /,
    *,
    components: Annotated[
        str, Parameter(help="Sizes of the code to try, such as 1,2,4,8.", group=MODEL)
    ] = "1,2,4,8,16,32",
    output: Annotated[
        Path,
        Parameter(
            name=["--output", "-o"], help="Folder for sweep.png and sweep.csv.", group=OUTPUT
        ),
    ] = Path("isthmus-sweep"),
    best: Annotated[
        Path | None,
        Parameter(help="Model file for the size suggested (.isthmus).", group=OUTPUT),
    ] = None,
    exclude: Exclude = None,
    model: Annotated[
        Literal["deep", "denoising", "contractive", "sparse", "convolutional", "variational"],
        Parameter(help="Which autoencoder.", group=MODEL),
    ] = "deep",
    hidden: Annotated[
        str | None,
        Parameter(
            help="Widths of the hidden layers, such as 512,128; one number tapers.", group=MODEL
        ),
    ] = None,
    n_seeds: Annotated[
        int, Parameter(help="Trainings of each size, from other weights.", group=TRAINING)
    ] = 1,
    batch_size: BatchSize = None,
    max_epochs: Annotated[
        int | None, Parameter(help="Passes over the data.", group=TRAINING)
    ] = None,
    learning_rate: LearningRate = None,
    random_state: Annotated[int, Parameter(help="Seed.", group=TRAINING)] = 0,
    verbose: Verbose = None,
    log: Log = None,
    tensorboard: TensorBoard = None,
) -> int:
    """Find out how large a code your data need: error by size, beside PCA.

    All sizes are trained together.

    Example: `isthmus sweep measurements.csv --components 1,2,3,4`
    """
    sizes = widths(components, "--components")
    check_report_folder(output)
    if best is not None:
        check_model_path(best)
    given = {
        "hidden": widths(hidden),
        "batch_size": batch_size,
        "max_epochs": max_epochs,
        "learning_rate": learning_rate,
    }
    autoencoder = estimator_from(model, {k: v for k, v in given.items() if v is not None})
    from isthmus import ComponentSweep
    from isthmus.io import read
    from isthmus.report import print_sweep, suggestion, write_sweep

    found = ComponentSweep(
        autoencoder,
        components=(sizes,) if isinstance(sizes, int) else sizes or (),
        n_seeds=n_seeds,
        random_state=random_state,
        verbose=verbose,
    )
    check_parameters(found)
    dataset = read(data, exclude=exclude or ())
    with watched(log, tensorboard):
        found.fit(dataset, log=log, tensorboard=tensorboard)
    with kept(f"{output} may hold a part of the results"):
        write_sweep(found, output)
    print_sweep(found)
    print(suggestion(found))
    print(f"Picture: {output / 'sweep.png'}")
    if best is not None:
        with kept(f"the results are in {output}, but no model was written"):
            save_model(found.best_estimator_, best)
        print(f"Model: {best}")
    if found.interrupted_:
        say("Stopped by Ctrl-C; the best of each size so far was judged.")
        return INTERRUPTED
    return 0
