"""Train an autoencoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.hosts import joined, learn
from isthmus.cli.labels import coloured
from isthmus.cli.messages import INTERRUPTED, MisuseError, kept, say, tell, watched, what_was_kept
from isthmus.cli.models import estimator_from
from isthmus.cli.options import (
    Data,
    Exclude,
    HostOptions,
    KindOptions,
    Memory,
    ModelOptions,
    OutputOptions,
    PartOptions,
    RunOptions,
    StartOptions,
    TrainingOptions,
)
from isthmus.cli.places import check_apart, check_model_path, check_report_folder, save_model
from isthmus.cli.values import limit_memory, misuse


@app.command(sort_key=2)
def fit(
    data: Data,
    /,
    *,
    output: OutputOptions,
    labels: Annotated[
        str | None,
        Parameter(
            help="Column with labels (left out of the features), or a csv with a header or an npy "
            "with one label a row; for colour in the report."
        ),
    ] = None,
    colour: Annotated[
        str | None,
        Parameter(help="Column that colours the code in the report, and stays a feature."),
    ] = None,
    exclude: Exclude = None,
    memory: Memory = None,
    start: StartOptions = StartOptions(),
    model: ModelOptions = ModelOptions(),
    parts: PartOptions = PartOptions(),
    kind: KindOptions = KindOptions(),
    training: TrainingOptions = TrainingOptions(),
    run: RunOptions = RunOptions(),
    hosts: HostOptions = HostOptions(),
) -> int:
    """Train an autoencoder on your data, save it, and report beside PCA.

    Options that are not given keep the defaults of the Python class of that model.

    Example: `isthmus fit measurements.csv -o model.isthmus --n-components 3`
    """
    limit_memory(memory)
    _check_places([*data, labels, start.init], output, start)
    estimator = estimator_from(model, parts, kind, training, run)
    start.check()
    with misuse():
        estimator.check_start(start.init, start.checkpoint)
    if hosts.coordinator is not None and model.model == "linear":
        raise MisuseError("--coordinator means nothing to --model linear: leave it away.")
    with joined(hosts) as first:
        from isthmus.io import read

        dataset = read(data, exclude=exclude or ())
        dataset, known_labels = coloured(dataset, labels, colour)
        learn(estimator, dataset, start, first)
    if first:
        _write(estimator, dataset, known_labels, output, start)
    return INTERRUPTED if estimator.interrupted_ else 0


def _check_places(
    reads: list[str | Path | None], output: OutputOptions, start: StartOptions
) -> None:
    check_model_path(output.output)
    if output.report_folder is not None:
        check_report_folder(output.report_folder)
    files = [("--output", output.output), *start.files]
    check_apart(reads, files, [("--report", output.report_folder)])


def _write(
    estimator: Any, dataset: Any, labels: Any, output: OutputOptions, start: StartOptions
) -> None:
    """Write the model and its report, and tell where they are."""
    with watched(start.log, start.tensorboard, start.checkpoint):
        save_model(estimator, output.output)
    if output.report_folder is not None:
        _report(estimator, dataset, labels, output.output, output.report_folder)
    tell(f"Model: {output.output}")
    from isthmus.fitting.training_advice import training_advice

    for sentence in training_advice([estimator]):
        say(sentence)
    if estimator.interrupted_:
        say(what_was_kept(estimator))


def _report(estimator: Any, dataset: Any, labels: Any, model: Path, folder: Path) -> None:
    with kept(f"the model is {model}, but its report is not whole"):
        from isthmus.report import print_table, without_folders, write_report

        title = f"Code of {without_folders(dataset.source)}"
        comparisons = write_report(estimator, dataset, folder, labels=labels, title=title)
    print_table(comparisons)
    tell(f"Report: {folder / 'report.html'}")
