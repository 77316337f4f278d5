"""Options of commands, in groups that several commands share.

An option without a text here is a parameter of an estimator, whose docstring has the text:
`isthmus.cli.help` takes it from there when help is asked for. What an entry here says besides
comes after that, and names in braces are filled in. None is what was not given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

from cyclopts import Group, Parameter

from isthmus.cli.messages import MisuseError
from isthmus.cli.values import kinds_of, make_checkpoint, numbers, whole, widths

MODEL = Group("Model", sort_key=2)
KINDS = Group("One kind of model only", sort_key=3)
TRAINING = Group("Training", sort_key=4)
OUTPUT = Group("Output", sort_key=5)
HOSTS = Group("Many hosts", sort_key=6)

Data = Annotated[
    list[str],
    Parameter(help="Data files, globs, or a folder of images; several are read as one."),
]
Model = Annotated[Path, Parameter(help="Model file (.isthmus).")]
Codes = Annotated[list[str], Parameter(help="Files with codes, as encode writes them.")]
Output = Annotated[Path, Parameter(name=["--output", "-o"])]
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
Kinds = Annotated[list[str] | None, Parameter(name="--kind", consume_multiple=True, negative=())]
# There or not: without it, each --flag had a --no-flag.
THERE = Parameter(negative=())


def written(read: Callable[[Any], Any], default: Any = None) -> Any:
    """Declare an option that is not written as the library takes it."""
    return field(default=default, metadata={"read": read})


@dataclass(frozen=True, kw_only=True)
class Options:
    """Some options of a command."""

    estimator: ClassVar[str] = "Autoencoder"
    """Whose docstring is asked for texts before all others."""

    by_kind: ClassVar[bool] = False
    """Whether a text tells which autoencoders take the option."""

    text: ClassVar[str]
    """The docstring as it was written."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.text = cls.__doc__ or ""

    def given(self) -> dict[str, Any]:
        """Give what was given, by the names of the parameters that it sets."""
        values = ((item, getattr(self, item.name)) for item in fields(self))
        return {
            item.name: item.metadata["read"](value) if "read" in item.metadata else value
            for item, value in values
            if value is not None
        }


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True, kw_only=True)
class ModelOptions(Options):
    """Which autoencoder, and how wide it is.

    Parameters
    ----------
    model
        Which autoencoder: {models}.
    hidden
        Such as 512,128; one number tapers.
    """

    model: str = "deep"
    hidden: str | None = written(widths)


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True, kw_only=True)
class PartOptions(Options):
    """The size of the code, and the parts that a model is made of.

    Parameters
    ----------
    n_components
        Linear: or a share of the variance, such as 0.9.
    channels
        Such as 32,64.
    variance
        A number fixes it.
    level
        0.3 by default.
    penalty
        Each with its strength, such as l1=0.01,contractive=0.1.
    kinds
        Such as zip=category; several with --kind each.
    """

    n_components: float | None = written(whole)
    network: str | None = None
    activation: str | None = None
    code_activation: str | None = None
    tied_weights: bool | None = None
    shortcut: bool | None = None
    channels: str | None = written(partial(numbers, option="--channels"))
    kernel_size: int | None = None
    signal: Annotated[bool | None, THERE] = None
    likelihood: str | None = None
    variance: str | None = None
    corruption: str | None = None
    level: float | None = None
    penalty: str | None = None
    scaling: str | None = None
    kinds: Kinds = field(default=None, metadata={"read": kinds_of})


@Parameter(name="*", group=KINDS)
@dataclass(frozen=True, kw_only=True)
class KindOptions(Options):
    """What some kinds of model have and others do not."""

    by_kind: ClassVar[bool] = True

    solver: str | None = None
    l2: float | None = None
    whiten: bool | None = None
    strength: float | None = None
    sparsity: str | None = None
    k: int | None = None
    target: float | None = None
    beta: float | None = None
    free_bits: float | None = None
    n_warmup_epochs: int | None = None
    n_cycle_epochs: int | None = None
    n_importance_samples: int | None = None
    binarize: bool | None = None
    pretrain: str | None = None
    n_pretraining_epochs: int | None = None
    visible: str | None = None
    n_steps: int | None = None
    persistent: bool | None = None


@Parameter(name="*", group=TRAINING)
@dataclass(frozen=True, kw_only=True)
class MinibatchOptions(Options):
    """Training by minibatches."""

    batch_size: int | None = None
    max_epochs: int | None = None
    learning_rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class EarlyStoppingOptions(MinibatchOptions):
    """When training ends, and which rows judge that."""

    weight_decay: float | None = None
    early_stopping: bool | None = None
    validation_fraction: float | None = None
    patience: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingOptions(EarlyStoppingOptions):
    """Training of one autoencoder."""

    learning_rate_schedule: str | None = None
    precision: str | None = None


@Parameter(name="*", group=TRAINING)
@dataclass(frozen=True, kw_only=True)
class RunOptions(Options):
    """What every training takes."""

    random_state: int = 0
    verbose: bool | None = None


@Parameter(name="*", group=TRAINING)
@dataclass(frozen=True, kw_only=True)
class LogOptions(Options):
    """Where a training can be watched: what `fit` takes besides rows.

    Parameters
    ----------
    log
        File that gets a line of JSON after every epoch.
    tensorboard
        Folder for TensorBoard's files; needs isthmus[tensorboard].
    """

    log: Path | None = None
    tensorboard: Annotated[Path | None, Parameter(name="--tensorboard")] = None


@dataclass(frozen=True, kw_only=True)
class CheckpointOptions(LogOptions):
    """What a training leaves for another start, and where it can be watched.

    Parameters
    ----------
    checkpoint
        Folder to keep what a killed run needs to go on; the same command resumes.
    checkpoint_seconds
        Seconds between two checkpoints.
    fresh
        Start over, whatever --checkpoint holds.
    """

    checkpoint: Path | None = None
    checkpoint_seconds: float | None = None
    fresh: Annotated[bool, THERE] = False

    def given(self) -> dict[str, Any]:
        given = super().given()
        seconds, fresh = given.pop("checkpoint_seconds", None), given.pop("fresh")
        checkpoint = make_checkpoint(self.checkpoint, seconds, fresh)
        return given if checkpoint is None else {**given, "checkpoint": checkpoint}

    def check(self) -> None:
        """Refuse what means nothing without a folder for checkpoints."""
        if self.checkpoint is None and (self.fresh or self.checkpoint_seconds is not None):
            option = "--fresh" if self.fresh else "--checkpoint-seconds"
            raise MisuseError(f"{option} means nothing without --checkpoint: give its folder.")

    @property
    def files(self) -> list[tuple[str, Path | None]]:
        """The files that are written meanwhile, by the options that name them."""
        folder = self.checkpoint
        checkpoint = None if folder is None else folder / "checkpoint.isthmus"
        return [("--log", self.log), ("--checkpoint", checkpoint)]


@dataclass(frozen=True, kw_only=True)
class StartOptions(CheckpointOptions):
    """Where a training starts, what it leaves for another start, and where it can be watched.

    Parameters
    ----------
    init
        Model file whose weights and scale training starts from.
    """

    init: Annotated[Path | None, Parameter(group=MODEL)] = None


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, kw_only=True)
class ModelFileOptions(Options):
    """Where a model goes.

    Parameters
    ----------
    output
        Model file to write (.isthmus).
    """

    output: Output


@dataclass(frozen=True, kw_only=True)
class OutputOptions(ModelFileOptions):
    """Where a model and its report go.

    Parameters
    ----------
    report
        Folder for report.html and its pictures; beside the model by default.
    no_report
        Write no report.
    """

    report: Path | None = None
    no_report: Annotated[bool, THERE] = False

    @property
    def report_folder(self) -> Path | None:
        """Where the report goes, None if there is to be none."""
        beside = self.output.with_name(f"{self.output.stem}-report")
        return None if self.no_report else self.report or beside


@Parameter(name="*", group=HOSTS)
@dataclass(frozen=True, kw_only=True)
class HostOptions(Options):
    """The other processes of a training.

    Parameters
    ----------
    coordinator
        HOST:PORT where process 0 meets the others, or auto inside of Slurm or Open MPI.
    processes
        How many processes train together.
    process_id
        Which one this is, from 0.
    join_seconds
        Seconds to wait until all have come.
    """

    coordinator: str | None = None
    processes: int | None = None
    process_id: int | None = None
    join_seconds: float = 25.0
