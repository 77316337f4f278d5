"""Tell classes apart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from isthmus.cli.app import classify
from isthmus.cli.labels import take_labels
from isthmus.cli.messages import INTERRUPTED, MisuseError, say, watched
from isthmus.cli.options import (
    MODEL,
    OUTPUT,
    TRAINING,
    BatchSize,
    Data,
    Exclude,
    LearningRate,
    Log,
    Model,
    Patience,
    Seed,
    TensorBoard,
    Verbose,
    WeightDecay,
)
from isthmus.cli.places import check_model_path, save_model
from isthmus.cli.values import check_parameters, load_autoencoder, noise_of, widths
from isthmus.errors import IsthmusError


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
    output: Annotated[
        Path,
        Parameter(name=["--output", "-o"], help="Model file to write (.isthmus).", group=OUTPUT),
    ],
    exclude: Exclude = None,
    init: Annotated[
        Path | None,
        Parameter(
            help="Autoencoder to start from, as fit saves it; without one, a denoising "
            "autoencoder learns from all rows first.",
            group=MODEL,
        ),
    ] = None,
    n_components: Annotated[
        int | None, Parameter(help="Size of the code, without --init.", group=MODEL)
    ] = None,
    hidden: Annotated[
        str | None,
        Parameter(help="Widths of the hidden layers, without --init.", group=MODEL),
    ] = None,
    layer: Annotated[
        int | None,
        Parameter(help="Hidden layer to classify from, instead of the code.", group=MODEL),
    ] = None,
    frozen_encoder: Annotated[
        bool, Parameter(help="Train the softmax only.", negative=(), group=TRAINING)
    ] = False,
    layer_decay: Annotated[
        float | None,
        Parameter(help="Share of the learning rate from layer to layer down.", group=TRAINING),
    ] = None,
    label_smoothing: Annotated[
        float | None,
        Parameter(help="Probability that labels spread over all classes.", group=TRAINING),
    ] = None,
    dropout: Annotated[
        float | None, Parameter(help="Share of activations set to 0.", group=TRAINING)
    ] = None,
    reconstruction: Annotated[
        float | None,
        Parameter(help="Weight of the autoencoder's own loss over all rows.", group=TRAINING),
    ] = None,
    corruption: Annotated[
        str | None,
        Parameter(
            help="Noise on labelled rows: gaussian, masking, salt_and_pepper or swap.",
            group=TRAINING,
        ),
    ] = None,
    level: Annotated[
        float | None,
        Parameter(
            help="With --corruption: deviation of the noise, or share of values hit; 0.3 by "
            "default.",
            group=TRAINING,
        ),
    ] = None,
    unlabelled: Annotated[
        Literal["pseudo_labels", "consistency", "virtual_adversarial"] | None,
        Parameter(help="What unlabelled rows teach besides.", group=TRAINING),
    ] = None,
    radius: Annotated[
        float | None,
        Parameter(
            help="With --unlabelled virtual_adversarial: length of the change, 2 by default.",
            group=TRAINING,
        ),
    ] = None,
    entropy: Annotated[
        float | None,
        Parameter(
            help="With --unlabelled virtual_adversarial: weight of the predictions' entropy, 0 by "
            "default.",
            group=TRAINING,
        ),
    ] = None,
    batch_size: BatchSize = None,
    max_epochs: Annotated[
        int | None, Parameter(help="Passes over the rows trained on.", group=TRAINING)
    ] = None,
    learning_rate: LearningRate = None,
    weight_decay: WeightDecay = None,
    early_stopping: Annotated[
        bool | None,
        Parameter(help="Hold labelled rows out; stop when they gain no more.", group=TRAINING),
    ] = None,
    validation_fraction: Annotated[
        float | None, Parameter(help="Share of the labelled rows held out.", group=TRAINING)
    ] = None,
    patience: Patience = None,
    random_state: Seed = 0,
    verbose: Verbose = None,
    log: Log = None,
    tensorboard: TensorBoard = None,
) -> int:
    """Train a classifier on labelled and unlabelled rows, and save it.

    Example: `isthmus classify fit sensors.csv --labels fault -o faults.isthmus`
    """
    given = {
        "layer": layer,
        "frozen_encoder": frozen_encoder,
        "layer_decay": layer_decay,
        "label_smoothing": label_smoothing,
        "dropout": dropout,
        "reconstruction": reconstruction,
        "corruption": None if corruption is None else noise_of(corruption, level),
        "unlabelled": _unlabelled(unlabelled, radius, entropy),
        "batch_size": batch_size,
        "max_epochs": max_epochs,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "early_stopping": early_stopping,
        "validation_fraction": validation_fraction,
        "patience": patience,
        "random_state": random_state,
        "verbose": verbose,
    }
    if level is not None and corruption is None:
        raise MisuseError("--level means nothing without --corruption: give that too.")
    check_model_path(output)
    shape = {"n_components": n_components, "hidden": widths(hidden)}
    shape = {name: value for name, value in shape.items() if value is not None}
    if init is not None and shape:
        raise MisuseError("--n-components and --hidden come with --init already: leave them away.")
    from isthmus import AutoencoderClassifier, DenoisingAutoencoder
    from isthmus.fitting.labels import known_labels
    from isthmus.io import read

    settings: Any = {name: value for name, value in given.items() if value is not None}
    code: Any = {"n_components": 64, "random_state": random_state, "verbose": verbose, **shape}
    autoencoder = DenoisingAutoencoder(**code) if init is None else load_autoencoder(init)
    estimator = AutoencoderClassifier(autoencoder, **settings)
    check_parameters(autoencoder, estimator)
    dataset, values = take_labels(read(data, exclude=exclude or ()), labels)
    with watched(log, tensorboard):
        estimator.fit(dataset, values, log=log, tensorboard=tensorboard)
        save_model(estimator, output)
    n_labelled = int(known_labels(values).sum())
    classes = ", ".join(map(str, estimator.classes_[:12]))
    more = ", …" if len(estimator.classes_) > 12 else ""
    say(f"{n_labelled:,} of {len(values):,} rows labelled; classes: {classes}{more}")
    print(f"Model: {output}")
    if estimator.interrupted_:
        say("Stopped by Ctrl-C; what had been learned was kept.")
        return INTERRUPTED
    return 0


def _unlabelled(name: str | None, radius: float | None, entropy: float | None) -> Any:
    given = {"radius": radius, "entropy": entropy}
    given = {option: value for option, value in given.items() if value is not None}
    if not given:
        return name
    if name != "virtual_adversarial":
        raise MisuseError(
            f"--{next(iter(given))} means nothing without --unlabelled virtual_adversarial: "
            "give that too, or leave it away."
        )
    from isthmus import VirtualAdversarial

    return VirtualAdversarial(**given)


@classify.command(name="predict", sort_key=2)
def classify_predict(
    model: Model,
    data: Data,
    /,
    *,
    output: Annotated[
        Path,
        Parameter(name=["--output", "-o"], help="Table to write: .csv, .tsv, .parquet, .feather."),
    ],
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
    """
    import numpy as np
    import pyarrow as pa

    from isthmus import AutoencoderClassifier, load
    from isthmus.fitting.labels import known_labels
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
        known = known_labels(truth, classifier.classes_)
        # A column of digits is read as numbers, though the classes may be text.
        kind = str if isinstance(classifier.classes_[0], str) else lambda value: value
        pairs = zip(found[known].tolist(), np.array(truth, object)[known], strict=True)
        hits, n_known = sum(a == kind(b) for a, b in pairs), int(known.sum())
        share = f" ({100 * hits / n_known:.2f} %)" if n_known else ""
        print(f"Right: {hits:,} of {n_known:,} labelled rows{share}")
