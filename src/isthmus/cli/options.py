"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

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
    Parameter(help="File that gets a line of JSON after every epoch.", group=TRAINING),
]
TensorBoard = Annotated[
    Path | None,
    Parameter(
        name="--tensorboard",
        help="Folder for TensorBoard's files; needs isthmus[tensorboard].",
        group=TRAINING,
    ),
]
BatchSize = Annotated[int | None, Parameter(help="Rows in a minibatch.", group=TRAINING)]
LearningRate = Annotated[float | None, Parameter(help="Peak of the learning rate.", group=TRAINING)]
Verbose = Annotated[
    bool | None,
    Parameter(help="Progress bar; by default on a terminal only.", group=TRAINING),
]
WeightDecay = Annotated[float | None, Parameter(help="Decoupled weight decay.", group=TRAINING)]
Patience = Annotated[
    int | None, Parameter(help="Epochs that early stopping waits.", group=TRAINING)
]
Seed = Annotated[int, Parameter(help="Seed; the same seed gives the same model.", group=TRAINING)]
