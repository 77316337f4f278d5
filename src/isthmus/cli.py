"""The command line: one thin command per task."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, CycloptsError, Group, Parameter

import isthmus
from isthmus.errors import IsthmusError

# Libraries are imported inside the commands: --help and mistakes must not wait for them.

app = App(
    name="isthmus",
    help="Squeeze your data through a narrow code, and rebuild them.",
    version=isthmus.__version__,
    help_format="markdown",
    suppress_keyboard_interrupt=False,
)
classify = App(
    name="classify",
    help="Tell classes apart, from few labelled rows and many unlabelled ones.",
    help_format="markdown",
    sort_key=5,
)
app.command(classify)
_MODEL = Group("Model", sort_key=2)
_KINDS = Group("One kind of model only", sort_key=3)
_TRAINING = Group("Training", sort_key=4)
_OUTPUT = Group("Output", sort_key=5)
_HOSTS = Group("Many hosts", sort_key=6)

_MEMORY = "ISTHMUS_MEMORY"
FAILED, MISUSED, INTERRUPTED = 1, 2, 130


class _MisuseError(IsthmusError):
    """Options that no data could make right."""


Data = Annotated[
    list[str],
    Parameter(help="Data files, globs, or a folder of images; several are read as one."),
]
Model = Annotated[Path, Parameter(help="Model file (.isthmus).")]
Codes = Annotated[list[str], Parameter(help="Files with codes, as encode writes them.")]
Memory = Annotated[
    str | None,
    Parameter(
        help="What rows may take, such as 1GB; by default about a quarter of the memory there is."
    ),
]
Exclude = Annotated[
    list[str] | None,
    Parameter(help="Columns of a table to leave out.", consume_multiple=True, negative=()),
]
Log = Annotated[
    Path | None,
    Parameter(help="File that gets a line of JSON after every epoch.", group=_TRAINING),
]
TensorBoard = Annotated[
    Path | None,
    Parameter(
        name="--tensorboard",
        help="Folder for TensorBoard's files; needs isthmus[tensorboard].",
        group=_TRAINING,
    ),
]


@app.command(sort_key=1)
def demo(
    *,
    output: Annotated[
        Path, Parameter(name=["--output", "-o"], help="Folder for models and report.")
    ] = Path("isthmus-demo"),
    random_state: Annotated[int, Parameter(help="Seed.")] = 0,
) -> int:
    """Squeeze handwritten digits into 2 and into 16 numbers, beside PCA.

    Needs no data and no network: the 1,797 digits come with scikit-learn.
    """
    from sklearn.datasets import load_digits

    from isthmus import Autoencoder
    from isthmus.report import print_table, write_report
    from isthmus.training import Interruption

    digits: Any = load_digits()
    images = (digits.images / 16).astype("float32")
    estimators = []
    # One Ctrl-C is for both trainings.
    with Interruption():
        for n_components in (2, 16):
            _say(f"Training on 1,797 digits of 8 × 8 pixels, {n_components} numbers for each …")
            estimators.append(Autoencoder(n_components, random_state=random_state).fit(images))
    with _kept(f"{output} may hold a part of the report, and no models"):
        comparisons = write_report(
            estimators,
            images,
            output,
            labels=digits.target,
            source="scikit-learn’s digits",
            title="Handwritten digits, through a narrow code",
        )
    with _kept(f"{output} holds the report, and not all models"):
        for estimator in estimators:
            estimator.save(output / f"digits-{estimator.n_components_}.isthmus")
    print_table(comparisons)
    print(f"Report: {output / 'report.html'}")
    if any(estimator.interrupted_ for estimator in estimators):
        _say("Stopped by Ctrl-C; what had been learned was kept.")
        return INTERRUPTED
    return 0


@app.command(sort_key=2)
def fit(
    data: Data,
    /,
    *,
    output: Annotated[
        Path,
        Parameter(name=["--output", "-o"], help="Model file to write (.isthmus).", group=_OUTPUT),
    ],
    report: Annotated[
        Path | None,
        Parameter(
            help="Folder for report.html and its pictures; beside the model by default.",
            group=_OUTPUT,
        ),
    ] = None,
    no_report: Annotated[
        bool, Parameter(help="Write no report.", negative=(), group=_OUTPUT)
    ] = False,
    labels: Annotated[
        str | None,
        Parameter(
            help="Column with labels (left out of the features), or a csv with a header or an npy "
            "with one label a row; for colour in the report."
        ),
    ] = None,
    exclude: Exclude = None,
    init: Annotated[
        Path | None,
        Parameter(help="Model file whose weights and scale training starts from.", group=_MODEL),
    ] = None,
    memory: Memory = None,
    checkpoint: Annotated[
        Path | None,
        Parameter(
            help="Folder to keep what a killed run needs to go on; the same command resumes.",
            group=_TRAINING,
        ),
    ] = None,
    checkpoint_seconds: Annotated[
        float | None, Parameter(help="Seconds between two checkpoints.", group=_TRAINING)
    ] = None,
    fresh: Annotated[
        bool,
        Parameter(help="Start over, whatever --checkpoint holds.", negative=(), group=_TRAINING),
    ] = False,
    model: Annotated[
        Literal[
            "deep",
            "linear",
            "denoising",
            "contractive",
            "sparse",
            "convolutional",
            "variational",
            "stacked",
            "boltzmann",
        ],
        Parameter(help="Which autoencoder.", group=_MODEL),
    ] = "deep",
    n_components: Annotated[
        float | None,
        Parameter(
            help="Size of the code; linear: or a share of the variance, such as 0.9.", group=_MODEL
        ),
    ] = None,
    network: Annotated[
        Literal["dense", "convolutional", "linear"] | None,
        Parameter(help="Another network than the model's own.", group=_MODEL),
    ] = None,
    hidden: Annotated[
        str | None,
        Parameter(
            help="Widths of the hidden layers, such as 512,128; one number tapers.", group=_MODEL
        ),
    ] = None,
    activation: Annotated[
        str | None, Parameter(help="Nonlinearity between layers, such as silu.", group=_MODEL)
    ] = None,
    code_activation: Annotated[
        str | None, Parameter(help="Nonlinearity of the code, such as sigmoid.", group=_MODEL)
    ] = None,
    tied_weights: Annotated[
        bool | None, Parameter(help="Decoder uses the encoder's weights.", group=_MODEL)
    ] = None,
    channels: Annotated[
        str | None,
        Parameter(
            help="Convolutional network: channels of the layers, such as 32,64.", group=_MODEL
        ),
    ] = None,
    kernel_size: Annotated[
        int | None, Parameter(help="Convolutional network: side of the kernels.", group=_MODEL)
    ] = None,
    signal: Annotated[
        bool,
        Parameter(
            help="Convolutional network: rows are signals, (length, channels), and no images.",
            negative=(),
            group=_MODEL,
        ),
    ] = False,
    likelihood: Annotated[
        str | None,
        Parameter(
            help="auto, squared_error, bernoulli, gaussian or discretized_logistic.", group=_MODEL
        ),
    ] = None,
    variance: Annotated[
        str | None,
        Parameter(
            help="Of --likelihood gaussian: code (one for every value), feature, shared or a "
            "number.",
            group=_MODEL,
        ),
    ] = None,
    corruption: Annotated[
        str | None,
        Parameter(
            help="Noise that the encoder sees: gaussian, masking, salt_and_pepper or swap.",
            group=_MODEL,
        ),
    ] = None,
    level: Annotated[
        float | None,
        Parameter(
            help="With --corruption: deviation of the noise, or share of values hit; 0.3 by "
            "default.",
            group=_MODEL,
        ),
    ] = None,
    penalty: Annotated[
        str | None,
        Parameter(
            help="Added to the loss, each with its strength, such as l1=0.01,contractive=0.1; also "
            "weight_decay, target_activation and auxiliary_top_k.",
            group=_MODEL,
        ),
    ] = None,
    scaling: Annotated[
        str | None,
        Parameter(help="auto, standardize, range, center or none.", group=_MODEL),
    ] = None,
    solver: Annotated[
        str | None, Parameter(help="Linear: closed_form or gradient.", group=_KINDS)
    ] = None,
    l2: Annotated[
        float | None, Parameter(help="Linear: strength of the L2 penalty.", group=_KINDS)
    ] = None,
    strength: Annotated[
        float | None,
        Parameter(help="Contractive, sparse: weight of the penalty.", group=_KINDS),
    ] = None,
    sparsity: Annotated[
        str | None, Parameter(help="Sparse: top_k, l1 or target_activation.", group=_KINDS)
    ] = None,
    k: Annotated[
        int | None, Parameter(help="Sparse, top_k: active units per row.", group=_KINDS)
    ] = None,
    target: Annotated[
        float | None,
        Parameter(help="Sparse, target_activation: mean activation wanted.", group=_KINDS),
    ] = None,
    beta: Annotated[
        float | None, Parameter(help="Variational: weight of the divergence.", group=_KINDS)
    ] = None,
    free_bits: Annotated[
        float | None,
        Parameter(help="Variational: nats that each unit costs uncharged.", group=_KINDS),
    ] = None,
    n_warmup_epochs: Annotated[
        int | None,
        Parameter(help="Variational: epochs over which the divergence sets in.", group=_KINDS),
    ] = None,
    n_importance_samples: Annotated[
        int | None, Parameter(help="Variational: draws in the bound trained on.", group=_KINDS)
    ] = None,
    binarize: Annotated[
        bool | None,
        Parameter(
            help="Variational: draw values anew as 0 or 1, with themselves as probabilities.",
            group=_KINDS,
        ),
    ] = None,
    pretrain: Annotated[
        str | None,
        Parameter(
            help="Stacked, deep, denoising, contractive, convolutional: let each layer learn "
            "first, as autoencoder, denoising or rbm.",
            group=_KINDS,
        ),
    ] = None,
    n_pretraining_epochs: Annotated[
        int | None, Parameter(help="With --pretrain: passes for each layer.", group=_KINDS)
    ] = None,
    visible: Annotated[
        str | None,
        Parameter(help="Boltzmann: visible units, auto, bernoulli or gaussian.", group=_KINDS),
    ] = None,
    n_steps: Annotated[
        int | None, Parameter(help="Boltzmann: Gibbs steps in an update.", group=_KINDS)
    ] = None,
    persistent: Annotated[
        bool | None, Parameter(help="Boltzmann: let Gibbs chains go on.", group=_KINDS)
    ] = None,
    batch_size: Annotated[
        int | None, Parameter(help="Rows in a minibatch.", group=_TRAINING)
    ] = None,
    max_epochs: Annotated[
        int | None, Parameter(help="Passes over the data.", group=_TRAINING)
    ] = None,
    learning_rate: Annotated[
        float | None, Parameter(help="Peak of the learning rate.", group=_TRAINING)
    ] = None,
    learning_rate_schedule: Annotated[
        str | None, Parameter(help="How it goes: cosine or constant.", group=_TRAINING)
    ] = None,
    weight_decay: Annotated[
        float | None, Parameter(help="Decoupled weight decay.", group=_TRAINING)
    ] = None,
    early_stopping: Annotated[
        bool | None, Parameter(help="Stop when held-out rows gain no more.", group=_TRAINING)
    ] = None,
    validation_fraction: Annotated[
        float | None, Parameter(help="Share of the rows held out.", group=_TRAINING)
    ] = None,
    patience: Annotated[
        int | None, Parameter(help="Epochs that early stopping waits.", group=_TRAINING)
    ] = None,
    precision: Annotated[
        str | None,
        Parameter(help="Of matrix products in training: float32 or bfloat16.", group=_TRAINING),
    ] = None,
    random_state: Annotated[
        int, Parameter(help="Seed; the same seed gives the same model.", group=_TRAINING)
    ] = 0,
    verbose: Annotated[
        bool | None,
        Parameter(help="Progress bar; by default on a terminal only.", group=_TRAINING),
    ] = None,
    log: Log = None,
    tensorboard: TensorBoard = None,
    coordinator: Annotated[
        str | None,
        Parameter(
            help="HOST:PORT where process 0 meets the others, or auto inside of Slurm, Open MPI "
            "or Kubernetes.",
            group=_HOSTS,
        ),
    ] = None,
    processes: Annotated[
        int | None, Parameter(help="How many processes train together.", group=_HOSTS)
    ] = None,
    process_id: Annotated[
        int | None, Parameter(help="Which one this is, from 0.", group=_HOSTS)
    ] = None,
    join_seconds: Annotated[
        float, Parameter(help="Seconds to wait until all have come.", group=_HOSTS)
    ] = 25.0,
) -> int:
    """Train an autoencoder on your data, save it, and report beside PCA.

    Options that are not given keep the defaults of the Python class of that model.

    Examples
    --------
    `isthmus fit measurements.csv -o model.isthmus --n-components 3`

    `isthmus fit "scans/part-*.parquet" -o scans.isthmus --hidden 512,128 --labels diagnosis`
    """
    given = {
        "n_components": _whole(n_components),
        "network": network,
        "hidden": _widths(hidden),
        "activation": activation,
        "code_activation": code_activation,
        "tied_weights": tied_weights,
        "channels": _channels(channels),
        "kernel_size": kernel_size,
        "signal": signal or None,
        "likelihood": likelihood,
        "variance": variance,
        "corruption": corruption,
        "level": level,
        "penalty": penalty,
        "scaling": scaling,
        "solver": solver,
        "l2": l2,
        "strength": strength,
        "sparsity": sparsity,
        "k": k,
        "target": target,
        "beta": beta,
        "free_bits": free_bits,
        "n_warmup_epochs": n_warmup_epochs,
        "n_importance_samples": n_importance_samples,
        "binarize": binarize,
        "pretrain": pretrain,
        "n_pretraining_epochs": n_pretraining_epochs,
        "visible": visible,
        "n_steps": n_steps,
        "persistent": persistent,
        "batch_size": batch_size,
        "max_epochs": max_epochs,
        "learning_rate": learning_rate,
        "learning_rate_schedule": learning_rate_schedule,
        "weight_decay": weight_decay,
        "early_stopping": early_stopping,
        "validation_fraction": validation_fraction,
        "patience": patience,
        "precision": precision,
        "random_state": random_state,
        "verbose": verbose,
    }
    _limit_memory(memory)
    _check_model_path(output)
    folder = report or output.with_name(f"{output.stem}-report")
    if not no_report:
        _check_report_folder(folder)
    for option, value in (
        ("--init", init),
        ("--checkpoint", checkpoint),
        ("--coordinator", coordinator),
        ("--log", log),
        ("--tensorboard", tensorboard),
    ):
        if model == "linear" and value is not None:
            raise _MisuseError(f"{option} means nothing to --model linear: leave it away.")
    if checkpoint is None and (fresh or checkpoint_seconds is not None):
        option = "--fresh" if fresh else "--checkpoint-seconds"
        raise _MisuseError(f"{option} means nothing without --checkpoint: give its folder.")
    estimator = _make_estimator(model, {k: v for k, v in given.items() if v is not None})
    with _joined(coordinator, processes, process_id, join_seconds) as first:
        from isthmus.io import read

        dataset = read(data, exclude=exclude or ())
        dataset, known_labels = _split_labels(dataset, labels)
        options: Any = {
            "init": init,
            "checkpoint": _make_checkpoint(checkpoint, checkpoint_seconds, fresh),
            "log": log,
            "tensorboard": tensorboard,
        }
        if not first:
            estimator.set_params(verbose=False)
        with _watched(log, tensorboard, checkpoint):
            estimator.fit(dataset, **{name: v for name, v in options.items() if v is not None})
    if not first:
        return INTERRUPTED if getattr(estimator, "interrupted_", False) else 0
    with _watched(log, tensorboard, checkpoint):
        _save(estimator, output)
    if not no_report:
        with _kept(f"the model is {output}, but its report is not whole"):
            from isthmus.report import print_table, write_report

            comparisons = write_report(
                estimator,
                dataset,
                folder,
                labels=known_labels,
                title=f"Code of {dataset.source}",
            )
        print_table(comparisons)
        print(f"Report: {folder / 'report.html'}")
    print(f"Model: {output}")
    if getattr(estimator, "interrupted_", False):
        _say(_what_was_kept(estimator))
        return INTERRUPTED
    return 0


@app.command(sort_key=2)
def sweep(
    data: Data,
    /,
    *,
    components: Annotated[
        str, Parameter(help="Sizes of the code to try, such as 1,2,4,8.", group=_MODEL)
    ] = "1,2,4,8,16,32",
    output: Annotated[
        Path,
        Parameter(
            name=["--output", "-o"], help="Folder for sweep.png and sweep.csv.", group=_OUTPUT
        ),
    ] = Path("isthmus-sweep"),
    best: Annotated[
        Path | None,
        Parameter(help="Model file for the size suggested (.isthmus).", group=_OUTPUT),
    ] = None,
    exclude: Exclude = None,
    model: Annotated[
        Literal["deep", "denoising", "contractive", "sparse", "convolutional", "variational"],
        Parameter(help="Which autoencoder.", group=_MODEL),
    ] = "deep",
    hidden: Annotated[
        str | None,
        Parameter(
            help="Widths of the hidden layers, such as 512,128; one number tapers.", group=_MODEL
        ),
    ] = None,
    n_seeds: Annotated[
        int, Parameter(help="Trainings of each size, from other weights.", group=_TRAINING)
    ] = 1,
    batch_size: Annotated[
        int | None, Parameter(help="Rows in a minibatch.", group=_TRAINING)
    ] = None,
    max_epochs: Annotated[
        int | None, Parameter(help="Passes over the data.", group=_TRAINING)
    ] = None,
    learning_rate: Annotated[
        float | None, Parameter(help="Peak of the learning rate.", group=_TRAINING)
    ] = None,
    random_state: Annotated[int, Parameter(help="Seed.", group=_TRAINING)] = 0,
    verbose: Annotated[
        bool | None,
        Parameter(help="Progress bar; by default on a terminal only.", group=_TRAINING),
    ] = None,
    log: Log = None,
    tensorboard: TensorBoard = None,
) -> int:
    """Find out how large a code your data need: error by size, beside PCA.

    All sizes are trained together.

    Example: `isthmus sweep measurements.csv --components 1,2,3,4`
    """
    sizes = _widths(components, "--components")
    _check_report_folder(output)
    if best is not None:
        _check_model_path(best)
    given = {
        "hidden": _widths(hidden),
        "batch_size": batch_size,
        "max_epochs": max_epochs,
        "learning_rate": learning_rate,
    }
    autoencoder = _make_estimator(model, {k: v for k, v in given.items() if v is not None})
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
    _check_parameters(found)
    dataset = read(data, exclude=exclude or ())
    with _watched(log, tensorboard):
        found.fit(dataset, log=log, tensorboard=tensorboard)
    with _kept(f"{output} may hold a part of the results"):
        write_sweep(found, output)
    print_sweep(found)
    print(suggestion(found))
    print(f"Picture: {output / 'sweep.png'}")
    if best is not None:
        with _kept(f"the results are in {output}, but no model was written"):
            _save(found.best_estimator_, best)
        print(f"Model: {best}")
    if found.interrupted_:
        _say("Stopped by Ctrl-C; the best of each size so far was judged.")
        return INTERRUPTED
    return 0


@app.command(sort_key=3)
def encode(
    model: Model,
    data: Data,
    /,
    *,
    output: Annotated[
        Path,
        Parameter(name=["--output", "-o"], help="Codes: .npy, .parquet, .csv, .tsv or .feather."),
    ],
    memory: Memory = None,
) -> None:
    """Turn data into codes, which are written as they are made.

    Example: `isthmus encode model.isthmus measurements.csv -o codes.parquet`
    """
    _limit_memory(memory)
    from isthmus import load
    from isthmus.io import check_writable, read, write

    check_writable(output)
    estimator = load(model)
    names = list(estimator.get_feature_names_out())
    n_codes = write(output, estimator.transform_chunks(read(data)), names=names)
    _say(f"{n_codes:,} codes of {len(names)}: {output}")


@app.command(sort_key=4)
def decode(
    model: Model,
    codes: Codes,
    /,
    *,
    output: Annotated[
        Path,
        Parameter(
            name=["--output", "-o"],
            help="Rows: a table or array file, or for images a folder (no suffix).",
        ),
    ],
    memory: Memory = None,
) -> None:
    """Turn codes back into data, with their columns, dtypes and shapes.

    Example: `isthmus decode model.isthmus codes.parquet -o measurements-again.csv`
    """
    _limit_memory(memory)
    from isthmus.io import check_writable, read, write

    estimator = _load_autoencoder(model)
    check_writable(output, estimator.preparation_.schema)
    n_rows = write(output, estimator.inverse_transform_chunks(read(codes)))
    _say(f"{n_rows:,} rows: {output}")


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
        Parameter(name=["--output", "-o"], help="Model file to write (.isthmus).", group=_OUTPUT),
    ],
    exclude: Exclude = None,
    init: Annotated[
        Path | None,
        Parameter(
            help="Autoencoder to start from, as fit saves it; without one, a denoising "
            "autoencoder learns from all rows first.",
            group=_MODEL,
        ),
    ] = None,
    n_components: Annotated[
        int | None, Parameter(help="Size of the code, without --init.", group=_MODEL)
    ] = None,
    hidden: Annotated[
        str | None,
        Parameter(help="Widths of the hidden layers, without --init.", group=_MODEL),
    ] = None,
    layer: Annotated[
        int | None,
        Parameter(help="Hidden layer to classify from, instead of the code.", group=_MODEL),
    ] = None,
    frozen_encoder: Annotated[
        bool, Parameter(help="Train the softmax only.", negative=(), group=_TRAINING)
    ] = False,
    layer_decay: Annotated[
        float | None,
        Parameter(help="Share of the learning rate from layer to layer down.", group=_TRAINING),
    ] = None,
    label_smoothing: Annotated[
        float | None,
        Parameter(help="Probability that labels spread over all classes.", group=_TRAINING),
    ] = None,
    dropout: Annotated[
        float | None, Parameter(help="Share of activations set to 0.", group=_TRAINING)
    ] = None,
    reconstruction: Annotated[
        float | None,
        Parameter(help="Weight of the autoencoder's own loss over all rows.", group=_TRAINING),
    ] = None,
    unlabelled: Annotated[
        Literal["pseudo_labels", "consistency", "virtual_adversarial"] | None,
        Parameter(help="What unlabelled rows teach besides.", group=_TRAINING),
    ] = None,
    batch_size: Annotated[
        int | None, Parameter(help="Rows in a minibatch.", group=_TRAINING)
    ] = None,
    max_epochs: Annotated[
        int | None, Parameter(help="Passes over the rows trained on.", group=_TRAINING)
    ] = None,
    learning_rate: Annotated[
        float | None, Parameter(help="Peak of the learning rate.", group=_TRAINING)
    ] = None,
    weight_decay: Annotated[
        float | None, Parameter(help="Decoupled weight decay.", group=_TRAINING)
    ] = None,
    early_stopping: Annotated[
        bool | None,
        Parameter(help="Hold labelled rows out; stop when they gain no more.", group=_TRAINING),
    ] = None,
    validation_fraction: Annotated[
        float | None, Parameter(help="Share of the labelled rows held out.", group=_TRAINING)
    ] = None,
    patience: Annotated[
        int | None, Parameter(help="Epochs that early stopping waits.", group=_TRAINING)
    ] = None,
    random_state: Annotated[
        int, Parameter(help="Seed; the same seed gives the same model.", group=_TRAINING)
    ] = 0,
    verbose: Annotated[
        bool | None,
        Parameter(help="Progress bar; by default on a terminal only.", group=_TRAINING),
    ] = None,
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
        "unlabelled": unlabelled,
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
    _check_model_path(output)
    shape = {"n_components": n_components, "hidden": _widths(hidden)}
    shape = {name: value for name, value in shape.items() if value is not None}
    if init is not None and shape:
        raise _MisuseError("--n-components and --hidden come with --init already: leave them away.")
    from isthmus import AutoencoderClassifier, DenoisingAutoencoder
    from isthmus.estimators.labels import known_labels
    from isthmus.io import read

    settings: Any = {name: value for name, value in given.items() if value is not None}
    code: Any = {"n_components": 64, "random_state": random_state, "verbose": verbose, **shape}
    autoencoder = DenoisingAutoencoder(**code) if init is None else _load_autoencoder(init)
    estimator = AutoencoderClassifier(autoencoder, **settings)
    _check_parameters(autoencoder, estimator)
    dataset, values = _take_labels(read(data, exclude=exclude or ()), labels)
    with _watched(log, tensorboard):
        estimator.fit(dataset, values, log=log, tensorboard=tensorboard)
        _save(estimator, output)
    n_labelled = int(known_labels(values).sum())
    classes = ", ".join(map(str, estimator.classes_[:12]))
    more = ", …" if len(estimator.classes_) > 12 else ""
    _say(f"{n_labelled:,} of {len(values):,} rows labelled; classes: {classes}{more}")
    print(f"Model: {output}")
    if estimator.interrupted_:
        _say("Stopped by Ctrl-C; what had been learned was kept.")
        return INTERRUPTED
    return 0


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
    from isthmus.estimators.labels import known_labels
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
        dataset, truth = _take_labels(dataset, labels)
    shares = classifier.predict_proba(dataset)
    found = classifier.classes_[np.argmax(shares, axis=1)]
    table = {"prediction": found.tolist()}
    if probabilities:
        table |= dict(zip(names, shares.T, strict=True))
    write(output, pa.table(table))
    _say(f"{len(found):,} predictions: {output}")
    if truth is not None:
        known = known_labels(truth, classifier.classes_)
        # A column of digits is read as numbers, though the classes may be text.
        kind = str if isinstance(classifier.classes_[0], str) else lambda value: value
        pairs = zip(found[known].tolist(), np.array(truth, object)[known], strict=True)
        hits, n_known = sum(a == kind(b) for a, b in pairs), int(known.sum())
        share = f" ({100 * hits / n_known:.2f} %)" if n_known else ""
        print(f"Right: {hits:,} of {n_known:,} labelled rows{share}")


@app.command(sort_key=5)
def score(
    model: Model,
    data: Data,
    /,
    *,
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"],
            help="One score a row: .npy, .parquet, .csv, .tsv or .feather.",
        ),
    ] = None,
    memory: Memory = None,
) -> None:
    """Print how well a model knows rows: the mean of their scores; higher is more normal.

    A row's score is its log-likelihood under its reconstruction, or its negative squared error;
    for a variational autoencoder the evidence lower bound.

    Example: `isthmus score model.isthmus new.csv -o scores.csv`
    """
    _limit_memory(memory)
    from isthmus.estimators.base import running_mean
    from isthmus.io import check_writable, read, write

    if output is not None:
        check_writable(output)
    estimator = _load_autoencoder(model)
    chunks = estimator.score_chunks(read(data))
    if output is None:
        print(f"{running_mean(chunks):.6g}")
        return
    sums: list[float] = []

    def columns() -> Iterator[Any]:
        for scores in chunks:
            sums.append(scores.sum(dtype=float))
            yield scores[:, None]

    n_rows = write(output, columns(), names=["score"])
    _say(f"{n_rows:,} scores: {output}")
    print(f"{sum(sums) / n_rows:.6g}")


@app.command(sort_key=6)
def sample(
    model: Model,
    /,
    *,
    output: Annotated[
        Path,
        Parameter(
            name=["--output", "-o"],
            help="Rows: a table or array file, or for images a folder (no suffix).",
        ),
    ],
    n_samples: Annotated[int, Parameter(name=["--n-samples", "-n"], help="How many rows.")] = 16,
    noise: Annotated[
        bool, Parameter(help="Draw from p(x|z) too, not only its mean.", negative=())
    ] = False,
    random_state: Annotated[int, Parameter(help="Seed.")] = 0,
) -> None:
    """Draw new rows from a variational autoencoder or a Boltzmann machine.

    Example: `isthmus sample model.isthmus -n 100 -o drawn.csv`
    """
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
    _say(f"{n_samples:,} rows: {output}")


@app.command(sort_key=7)
def info(
    model: Model,
    /,
    *,
    json: Annotated[bool, Parameter(help="Print JSON.", negative=())] = False,
) -> None:
    """Tell what a model file holds.

    Example: `isthmus info model.isthmus --json`
    """
    from isthmus import load
    from isthmus.report.description import describe

    description = describe(load(model))
    if json:
        from json import dumps

        print(dumps(description, indent=2, ensure_ascii=False))
        return
    width = max(map(len, description))
    for name, value in description.items():
        print(f"{name:<{width}}  {value}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    0: done. 1: the data, a file or the machine would not do. 2: the command was misused.
    130: stopped by Ctrl-C; what had been learned was saved.
    """
    # All that the libraries bring in stays to the end. Looking through it for garbage, again and
    # again and once more on the way out, takes half a second of every command.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command and give its exit code; every failure is one line on standard error."""
    budget = os.environ.get(_MEMORY)
    try:
        return _run(arguments)
    finally:
        os.environ.pop(_MEMORY, None)
        if budget is not None:
            os.environ[_MEMORY] = budget


def _run(arguments: Sequence[str]) -> int:
    try:
        result = app(
            list(arguments),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except CycloptsError as error:
        _fail(_one_line(error), "See `isthmus --help`.")
        return MISUSED
    except KeyboardInterrupt as error:
        _fail(f"stopped by Ctrl-C; {str(error) or 'nothing was written'}.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has left; leaving quietly is what it expects.
        sys.stderr.close()
        return 0
    except SystemExit:
        # What rich makes of a BrokenPipeError while it prints help or a table.
        return 0
    except _MisuseError as error:
        _fail(_one_line(error))
        return MISUSED
    except (ValueError, MemoryError, OSError) as error:
        _fail(_one_line(error))
        return FAILED
    except Exception as error:
        if os.environ.get("ISTHMUS_TRACEBACK"):
            raise
        _fail(
            f"a defect of Isthmus came to light ({type(error).__name__}: {_one_line(error)});",
            "please report it with what ISTHMUS_TRACEBACK=1 prints.",
        )
        return FAILED


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _fail(*sentences: str) -> None:
    print("isthmus:", *sentences, file=sys.stderr)


@contextmanager
def _kept(what: str) -> Iterator[None]:
    """Let the sentence after Ctrl-C say what is there."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(what) from None


@contextmanager
def _watched(
    log: Path | None, tensorboard: Path | None, checkpoint: Path | None = None
) -> Iterator[None]:
    """Tell what could not be written meanwhile, and what is there after Ctrl-C without a model."""
    what = "nothing was written"
    if checkpoint is not None:
        what = f"no model was written; what {checkpoint} holds can be gone on from"
    elif log is not None or tensorboard is not None:
        what = "no model was written"
    with warnings.catch_warnings(), _kept(what):
        warnings.filterwarnings("always", ".*; training goes on")
        warnings.showwarning = _say_warning
        yield


def _what_was_kept(estimator: Any) -> str:
    n_epochs = len(estimator.history_["loss"])
    n_layers = sum(name.endswith("_seconds") for name in estimator.history_)
    if n_layers and not estimator.best_epoch_:
        return (
            f"Stopped by Ctrl-C while layer {n_layers} was pretrained; what the layers up to it "
            "had learned was kept, and the whole was not trained."
        )
    kept = f"the best of {n_epochs} epochs" if n_epochs else "what part of an epoch had taught"
    if n_epochs == 1:
        kept = "what one epoch had taught"
    return f"Stopped by Ctrl-C; {kept} was kept."


def _say_warning(message: Warning | str, *details: Any, **more: Any) -> None:
    _say(f"isthmus: {message}")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _widths(text: str | None, option: str = "--hidden") -> int | tuple[int, ...] | None:
    if text is None:
        return None
    try:
        widths = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        widths = ()
    if not widths:
        raise _MisuseError(
            f"{option} {text!r} is not a list of whole numbers: write it like 512,128."
        )
    return widths[0] if len(widths) == 1 and "," not in text else widths


def _whole(number: float | None) -> float | None:
    return int(number) if number is not None and number.is_integer() else number


def _channels(text: str | None) -> tuple[int, ...] | None:
    widths = _widths(text, "--channels")
    return (widths,) if isinstance(widths, int) else widths


@contextmanager
def _joined(
    coordinator: str | None, processes: int | None, process_id: int | None, seconds: float
) -> Iterator[bool]:
    """Join the other processes, if any; yield whether this is the one that writes."""
    if coordinator is None:
        if processes is not None or process_id is not None:
            raise _MisuseError(
                "--processes and --process-id mean nothing without --coordinator: give HOST:PORT."
            )
        yield True
        return
    if coordinator != "auto" and (processes is None or process_id is None):
        raise _MisuseError(
            f"--coordinator {coordinator} needs --processes and --process-id: give both, or "
            "--coordinator auto inside of Slurm, Open MPI or Kubernetes."
        )
    from isthmus.training import Hosts, Job, end_process

    if coordinator == "auto":
        job = Job.detect()
    else:
        job = Job(coordinator, processes or 0, process_id or 0)
    with Hosts(job, end_process(_fail, FAILED), patience=seconds):
        yield job.process_id == 0


def _limit_memory(text: str | None) -> None:
    """Let rows take this much until the command ends."""
    if text is None:
        return
    from isthmus.io.budget import parse_bytes

    try:
        os.environ[_MEMORY] = str(parse_bytes(text, "--memory"))
    except IsthmusError as error:
        raise _MisuseError(str(error)) from error


def _make_checkpoint(folder: Path | None, seconds: float | None, fresh: bool) -> Any:
    if folder is None:
        return None
    from isthmus import Checkpoint

    given: Any = {} if seconds is None else {"seconds": seconds}
    return Checkpoint(folder, fresh=fresh, **given)


def _check_model_path(path: Path) -> None:
    parent = path.absolute().parent
    if path.is_dir() or not parent.is_dir():
        what = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
        raise IsthmusError(f"{path} {what}: name a file such as model.isthmus.")
    if path.suffix != ".isthmus":
        raise IsthmusError(f"{path} does not end in .isthmus: name the model file so.")
    # Hours of training must not end at a door that was closed from the start.
    if not os.access(parent, os.W_OK | os.X_OK):
        raise IsthmusError(
            f"{path} cannot be written, because its folder may not be written to: "
            "name a file in another one."
        )


def _save(estimator: Any, path: Path) -> None:
    """Save a model, elsewhere if need be: what was learned must not be lost to a full disk."""
    try:
        estimator.save(path)
    except IsthmusError as error:
        import tempfile

        place = Path(tempfile.mkdtemp(prefix="isthmus-")) / path.name
        try:
            estimator.save(place)
        except IsthmusError:
            place.parent.rmdir()
            raise error from None
        raise IsthmusError(f"{error} What was learned is in {place}: move it from there.") from None


def _check_report_folder(path: Path) -> None:
    places = (path, *path.absolute().parents)
    for place in places:
        if place.exists() and not place.is_dir():
            raise IsthmusError(f"{place} is a file: name a folder for the report.")
    nearest = next(place for place in places if place.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise IsthmusError(
            f"{path} cannot be written, because {nearest} may not be written to: name another "
            "folder for the report."
        )


def _make_estimator(model: str, given: dict[str, Any]) -> Any:
    from isthmus.cli_models import make_estimator

    try:
        return make_estimator(model, given)
    except ValueError as error:
        raise _MisuseError(str(error)) from error


def _check_parameters(*estimators: Any) -> None:
    try:
        for estimator in estimators:
            estimator._validate_params()
    except ValueError as error:
        raise _MisuseError(str(error)) from error


def _load_autoencoder(path: Path) -> Any:
    from isthmus import load
    from isthmus.estimators import BaseAutoencoder

    estimator = load(path)
    if not isinstance(estimator, BaseAutoencoder):
        raise IsthmusError(
            f"{path} holds a {type(estimator).__name__}, which has no decoder: "
            "name a model that isthmus fit made."
        )
    return estimator


def _split_labels(dataset: Any, labels: str | None) -> tuple[Any, Any]:
    """Give the features, and labels that can be drawn."""
    if labels is None:
        return dataset, None
    dataset, values = _take_labels(dataset, labels)
    return dataset, _fill_gaps(values)


def _take_labels(dataset: Any, labels: str) -> tuple[Any, list[Any]]:
    """Give the features, and one label a row, None where there is none."""
    names = dataset.schema.names or ()
    if labels in names:
        column = dataset.select([labels]).to_memory().column(0).to_pylist()
        return dataset.select([name for name in names if name != labels]), column
    if not Path(labels).exists():
        raise IsthmusError(
            f"--labels {labels!r} is neither a column of {dataset.source} nor a file: "
            "name one of them."
        )
    from isthmus.io import read

    values: Any = read(labels).to_memory()
    shape = values.shape
    if len(shape) > 1 and shape[1:] != (1,):
        raise IsthmusError(
            f"{labels} holds {values.shape[1]:,} columns, expected one: keep the labels only."
        )
    column = values.column(0).to_pylist() if hasattr(values, "column") else values.ravel().tolist()
    return dataset, _check_labels(column, dataset)


def _check_labels(labels: list[Any], dataset: Any) -> list[Any]:
    if len(labels) != len(dataset):
        raise IsthmusError(
            f"{len(labels):,} labels were given for the {len(dataset):,} rows of "
            f"{dataset.source}: give one label a row."
        )
    return labels


def _fill_gaps(labels: list[Any]) -> list[Any]:
    if None not in labels:
        return labels
    if all(value is None or isinstance(value, (int, float)) for value in labels):
        return [float("nan") if value is None else value for value in labels]
    return ["missing" if value is None else str(value) for value in labels]
