"""Tell classes apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from cyclopts import Parameter

from isthmus.cli.app import classify
from isthmus.cli.labels import take_labels
from isthmus.cli.messages import INTERRUPTED, MisuseError, say, stopped, tell, watched
from isthmus.cli.options import (
    MODEL,
    THERE,
    Data,
    EarlyStoppingOptions,
    Exclude,
    LogOptions,
    Model,
    ModelFileOptions,
    Options,
    Output,
    RunOptions,
    written,
)
from isthmus.cli.places import check_apart, check_model_path, save_model
from isthmus.cli.values import check_parameters, load_autoencoder, misuse, widths
from isthmus.errors import IsthmusError


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True, kw_only=True)
class CodeOptions(Options):
    """The autoencoder that is learned first, without --init.

    Parameters
    ----------
    n_components
        Without --init.
    hidden
        Such as 512,128; without --init.
    """

    n_components: int | None = None
    hidden: str | None = written(widths)


@dataclass(frozen=True, kw_only=True)
class FineTuningOptions(EarlyStoppingOptions):
    """How a classifier is trained.

    Parameters
    ----------
    level
        0.3 by default.
    unlabelled
        Or none.
    """

    estimator: ClassVar[str] = "AutoencoderClassifier"

    layer: Annotated[int | None, Parameter(group=MODEL)] = None
    frozen_encoder: Annotated[bool, THERE] = False
    layer_decay: float | None = None
    label_smoothing: float | None = None
    dropout: float | None = None
    reconstruction: float | None = None
    corruption: str | None = None
    level: float | None = None
    unlabelled: str | None = None
    radius: float | None = None
    entropy: float | None = None


@classify.command(name="fit", sort_key=1)
def classify_fit(
    data: Data,
    /,
    *,
    labels: Annotated[
        str,
        Parameter(
            help="Column with labels (left out of the features), or a csv with a header or an npy "
            "with one label a row; empty or -1 where a row is unlabelled."
        ),
    ],
    output: ModelFileOptions,
    exclude: Exclude = None,
    init: Annotated[
        Path | None,
        Parameter(
            help="Autoencoder to start from, as fit saves it; without one, a denoising "
            "autoencoder learns from all rows first.",
            group=MODEL,
        ),
    ] = None,
    code: CodeOptions = CodeOptions(),
    training: FineTuningOptions = FineTuningOptions(),
    run: RunOptions = RunOptions(),
    logs: LogOptions = LogOptions(),
) -> int:
    """Train a classifier on labelled and unlabelled rows, and save it.

    Example: `isthmus classify fit sensors.csv --labels fault -o faults.isthmus`
    """
    shape = code.given()
    if init is not None and shape:
        raise MisuseError("--n-components and --hidden come with --init already: leave them away.")
    check_model_path(output.output)
    check_apart([*data, labels, init], [("--output", output.output), ("--log", logs.log)])
    from isthmus.io import read

    estimator = _classifier(init, {**run.given(), **shape}, {**training.given(), **run.given()})
    dataset, values = take_labels(read(data, exclude=exclude or ()), labels)
    with watched(logs.log, logs.tensorboard):
        estimator.fit(dataset, values, **logs.given())
        save_model(estimator, output.output)
    _tell_classes(estimator, values)
    tell(f"Model: {output.output}")
    if estimator.interrupted_:
        say(f"{stopped()}; what had been learned was kept.")
        return INTERRUPTED
    return 0


def _classifier(init: Path | None, code: dict[str, Any], given: dict[str, Any]) -> Any:
    from isthmus import DenoisingAutoencoder
    from isthmus.cli.models import make_classifier

    unfitted: Any = {"n_components": 64, **code}
    autoencoder = DenoisingAutoencoder(**unfitted) if init is None else load_autoencoder(init)
    with misuse():
        estimator = make_classifier(autoencoder, given)
    check_parameters(autoencoder, estimator)
    return estimator


def _tell_classes(estimator: Any, labels: Any) -> None:
    from isthmus.fitting.labels import known_labels

    n_labelled = int(known_labels(labels).sum())
    classes = ", ".join(map(str, estimator.classes_[:12]))
    more = ", …" if len(estimator.classes_) > 12 else ""
    say(f"{n_labelled:,} of {len(labels):,} rows labelled; classes: {classes}{more}")


@classify.command(name="predict", sort_key=2)
def classify_predict(
    model: Model,
    data: Data,
    /,
    *,
    output: Output,
    labels: Annotated[
        str | None,
        Parameter(help="Column or file with the true labels: prints how many were hit."),
    ] = None,
    probabilities: Annotated[
        bool, Parameter(help="Write every class's probability too.", negative=())
    ] = False,
) -> None:
    """Tell the classes of rows.

    Example: `isthmus classify predict faults.isthmus new.csv -o faults.csv`

    Parameters
    ----------
    output
        Table to write: {files_of_tables}.
    """
    check_apart([model, *data, labels], [("--output", output)])
    import numpy as np
    import pyarrow as pa

    from isthmus import AutoencoderClassifier, load
    from isthmus.io import check_writable, read, write
    from isthmus.io.dataset import Schema

    classifier = load(model)
    if not isinstance(classifier, AutoencoderClassifier):
        raise IsthmusError(
            f"{model} holds a {type(classifier).__name__}, which tells no classes: "
            "make one with isthmus classify fit."
        )
    names = [f"probability of {name}" for name in classifier.classes_]
    columns = ["prediction", *(names if probabilities else [])]
    kinds = ("string", *["double"] * (len(columns) - 1))
    check_writable(output, Schema(tuple(columns), kinds, (len(columns),)))
    dataset = read(data)
    truth = None
    if labels is not None:
        dataset, truth = take_labels(dataset, labels)
    shares = classifier.predict_proba(dataset)
    found = classifier.classes_[np.argmax(shares, axis=1)]
    table = {"prediction": found.tolist()}
    if probabilities:
        table |= dict(zip(names, shares.T, strict=True))
    write(output, pa.table(table))
    say(f"{len(found):,} predictions: {output}")
    if truth is not None:
        _tell_hits(found, truth, classifier.classes_)


def _tell_hits(found: Any, truth: Any, classes: Any) -> None:
    import numpy as np

    from isthmus.fitting.labels import known_labels

    known = known_labels(truth, classes)
    # A column of digits is read as numbers, though the classes may be text.
    kind = str if isinstance(classes[0], str) else lambda value: value
    pairs = zip(found[known].tolist(), np.array(truth, object)[known], strict=True)
    hits, n_known = sum(a == kind(b) for a, b in pairs), int(known.sum())
    share = f" ({100 * hits / n_known:.2f} %)" if n_known else ""
    tell(f"Right: {hits:,} of {n_known:,} labelled rows{share}")
