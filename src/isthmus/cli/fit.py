"""Train an autoencoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.hosts import joined
from isthmus.cli.labels import split_labels
from isthmus.cli.messages import INTERRUPTED, MisuseError, kept, say, watched, what_was_kept
from isthmus.cli.options import (
    HOSTS,
    KINDS,
    MODEL,
    OUTPUT,
    TRAINING,
    BatchSize,
    Data,
    Exclude,
    LearningRate,
    Log,
    Memory,
    Patience,
    Seed,
    TensorBoard,
    Verbose,
    WeightDecay,
)
from isthmus.cli.places import check_model_path, check_report_folder, save_model
from isthmus.cli.values import (
    channels_of,
    estimator_from,
    limit_memory,
    make_checkpoint,
    whole,
    widths,
)


@app.command(sort_key=2)
def fit(
    data: Data,
    /,
    *,
    output: Annotated[
        Path,
        Parameter(name=["--output", "-o"], help="Model file to write (.isthmus).", group=OUTPUT),
    ],
    report: Annotated[
        Path | None,
        Parameter(
            help="Folder for report.html and its pictures; beside the model by default.",
            group=OUTPUT,
        ),
    ] = None,
    no_report: Annotated[
        bool, Parameter(help="Write no report.", negative=(), group=OUTPUT)
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
        Parameter(help="Model file whose weights and scale training starts from.", group=MODEL),
    ] = None,
    memory: Memory = None,
    checkpoint: Annotated[
        Path | None,
        Parameter(
            help="Folder to keep what a killed run needs to go on; the same command resumes.",
            group=TRAINING,
        ),
    ] = None,
    checkpoint_seconds: Annotated[
        float | None, Parameter(help="Seconds between two checkpoints.", group=TRAINING)
    ] = None,
    fresh: Annotated[
        bool,
        Parameter(help="Start over, whatever --checkpoint holds.", negative=(), group=TRAINING),
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
        Parameter(help="Which autoencoder.", group=MODEL),
    ] = "deep",
    n_components: Annotated[
        float | None,
        Parameter(
            help="Size of the code; linear: or a share of the variance, such as 0.9.", group=MODEL
        ),
    ] = None,
    network: Annotated[
        str | None,
        Parameter(
            help="Another network than the model's own: dense, convolutional or linear.",
            group=MODEL,
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        Parameter(
            help="Widths of the hidden layers, such as 512,128; one number tapers.", group=MODEL
        ),
    ] = None,
    activation: Annotated[
        str | None, Parameter(help="Nonlinearity between layers, such as silu.", group=MODEL)
    ] = None,
    code_activation: Annotated[
        str | None, Parameter(help="Nonlinearity of the code, such as sigmoid.", group=MODEL)
    ] = None,
    tied_weights: Annotated[
        bool | None, Parameter(help="Decoder uses the encoder's weights.", group=MODEL)
    ] = None,
    channels: Annotated[
        str | None,
        Parameter(
            help="Convolutional network: channels of the layers, such as 32,64.", group=MODEL
        ),
    ] = None,
    kernel_size: Annotated[
        int | None, Parameter(help="Convolutional network: side of the kernels.", group=MODEL)
    ] = None,
    signal: Annotated[
        bool,
        Parameter(
            help="Convolutional network: rows are signals, (length, channels), and no images.",
            negative=(),
            group=MODEL,
        ),
    ] = False,
    likelihood: Annotated[
        str | None,
        Parameter(
            help="auto, squared_error, bernoulli, gaussian or discretized_logistic.", group=MODEL
        ),
    ] = None,
    variance: Annotated[
        str | None,
        Parameter(
            help="Of --likelihood gaussian: code (one for every value), feature, shared or a "
            "number.",
            group=MODEL,
        ),
    ] = None,
    corruption: Annotated[
        str | None,
        Parameter(
            help="Noise that the encoder sees: gaussian, masking, salt_and_pepper or swap.",
            group=MODEL,
        ),
    ] = None,
    level: Annotated[
        float | None,
        Parameter(
            help="With --corruption: deviation of the noise, or share of values hit; 0.3 by "
            "default.",
            group=MODEL,
        ),
    ] = None,
    penalty: Annotated[
        str | None,
        Parameter(
            help="Added to the loss, each with its strength, such as l1=0.01,contractive=0.1; also "
            "weight_decay, target_activation and auxiliary_top_k.",
            group=MODEL,
        ),
    ] = None,
    scaling: Annotated[
        str | None,
        Parameter(help="auto, standardize, range, center or none.", group=MODEL),
    ] = None,
    solver: Annotated[
        str | None, Parameter(help="Linear: closed_form or gradient.", group=KINDS)
    ] = None,
    l2: Annotated[
        float | None, Parameter(help="Linear: strength of the L2 penalty.", group=KINDS)
    ] = None,
    strength: Annotated[
        float | None,
        Parameter(help="Contractive, sparse: weight of the penalty.", group=KINDS),
    ] = None,
    sparsity: Annotated[
        str | None, Parameter(help="Sparse: top_k, l1 or target_activation.", group=KINDS)
    ] = None,
    k: Annotated[
        int | None, Parameter(help="Sparse, top_k: active units per row.", group=KINDS)
    ] = None,
    target: Annotated[
        float | None,
        Parameter(help="Sparse, target_activation: mean activation wanted.", group=KINDS),
    ] = None,
    beta: Annotated[
        float | None, Parameter(help="Variational: weight of the divergence.", group=KINDS)
    ] = None,
    free_bits: Annotated[
        float | None,
        Parameter(help="Variational: nats that each unit costs uncharged.", group=KINDS),
    ] = None,
    n_warmup_epochs: Annotated[
        int | None,
        Parameter(help="Variational: epochs over which the divergence sets in.", group=KINDS),
    ] = None,
    n_importance_samples: Annotated[
        int | None, Parameter(help="Variational: draws in the bound trained on.", group=KINDS)
    ] = None,
    binarize: Annotated[
        bool | None,
        Parameter(
            help="Variational: draw values anew as 0 or 1, with themselves as probabilities.",
            group=KINDS,
        ),
    ] = None,
    pretrain: Annotated[
        str | None,
        Parameter(
            help="Stacked, deep, denoising, contractive, convolutional: let each layer learn "
            "first, as autoencoder, denoising or rbm.",
            group=KINDS,
        ),
    ] = None,
    n_pretraining_epochs: Annotated[
        int | None, Parameter(help="With --pretrain: passes for each layer.", group=KINDS)
    ] = None,
    visible: Annotated[
        str | None,
        Parameter(help="Boltzmann: visible units, auto, bernoulli or gaussian.", group=KINDS),
    ] = None,
    n_steps: Annotated[
        int | None, Parameter(help="Boltzmann: Gibbs steps in an update.", group=KINDS)
    ] = None,
    persistent: Annotated[
        bool | None, Parameter(help="Boltzmann: let Gibbs chains go on.", group=KINDS)
    ] = None,
    batch_size: BatchSize = None,
    max_epochs: Annotated[
        int | None, Parameter(help="Passes over the data.", group=TRAINING)
    ] = None,
    learning_rate: LearningRate = None,
    learning_rate_schedule: Annotated[
        str | None, Parameter(help="How it goes: cosine or constant.", group=TRAINING)
    ] = None,
    weight_decay: WeightDecay = None,
    early_stopping: Annotated[
        bool | None, Parameter(help="Stop when held-out rows gain no more.", group=TRAINING)
    ] = None,
    validation_fraction: Annotated[
        float | None, Parameter(help="Share of the rows held out.", group=TRAINING)
    ] = None,
    patience: Patience = None,
    precision: Annotated[
        str | None,
        Parameter(help="Of matrix products in training: float32 or bfloat16.", group=TRAINING),
    ] = None,
    random_state: Seed = 0,
    verbose: Verbose = None,
    log: Log = None,
    tensorboard: TensorBoard = None,
    coordinator: Annotated[
        str | None,
        Parameter(
            help="HOST:PORT where process 0 meets the others, or auto inside of Slurm or Open MPI.",
            group=HOSTS,
        ),
    ] = None,
    processes: Annotated[
        int | None, Parameter(help="How many processes train together.", group=HOSTS)
    ] = None,
    process_id: Annotated[
        int | None, Parameter(help="Which one this is, from 0.", group=HOSTS)
    ] = None,
    join_seconds: Annotated[
        float, Parameter(help="Seconds to wait until all have come.", group=HOSTS)
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
        "n_components": whole(n_components),
        "network": network,
        "hidden": widths(hidden),
        "activation": activation,
        "code_activation": code_activation,
        "tied_weights": tied_weights,
        "channels": channels_of(channels),
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
    limit_memory(memory)
    check_model_path(output)
    folder = report or output.with_name(f"{output.stem}-report")
    if not no_report:
        check_report_folder(folder)
    for option, value in (
        ("--init", init),
        ("--checkpoint", checkpoint),
        ("--coordinator", coordinator),
        ("--log", log),
        ("--tensorboard", tensorboard),
    ):
        if model == "linear" and value is not None:
            raise MisuseError(f"{option} means nothing to --model linear: leave it away.")
    if checkpoint is None and (fresh or checkpoint_seconds is not None):
        option = "--fresh" if fresh else "--checkpoint-seconds"
        raise MisuseError(f"{option} means nothing without --checkpoint: give its folder.")
    estimator = estimator_from(model, {k: v for k, v in given.items() if v is not None})
    with joined(coordinator, processes, process_id, join_seconds) as first:
        from isthmus.io import read

        dataset = read(data, exclude=exclude or ())
        dataset, known_labels = split_labels(dataset, labels)
        options: Any = {
            "init": init,
            "checkpoint": make_checkpoint(checkpoint, checkpoint_seconds, fresh),
            "log": log,
            "tensorboard": tensorboard,
        }
        if not first:
            estimator.set_params(verbose=False)
        with watched(log, tensorboard, checkpoint):
            estimator.fit(dataset, **{name: v for name, v in options.items() if v is not None})
    if not first:
        return INTERRUPTED if getattr(estimator, "interrupted_", False) else 0
    with watched(log, tensorboard, checkpoint):
        save_model(estimator, output)
    if not no_report:
        with kept(f"the model is {output}, but its report is not whole"):
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
        say(what_was_kept(estimator))
        return INTERRUPTED
    return 0
