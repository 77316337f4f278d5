"""The compiled loop and everything around it."""

from isthmus.training.batches import ArrayBatches
from isthmus.training.inference import (
    code_divergence,
    code_std,
    decode_rows,
    encode_rows,
    importance_weighted_bound,
    sample_rows,
    score_rows,
    score_rows_alone,
)
from isthmus.training.loop import Settings, Training, TrainingState, train
from isthmus.training.progress import Progress, ProgressBar

__all__ = [
    "ArrayBatches",
    "Progress",
    "ProgressBar",
    "Settings",
    "Training",
    "TrainingState",
    "code_divergence",
    "code_std",
    "decode_rows",
    "encode_rows",
    "importance_weighted_bound",
    "sample_rows",
    "score_rows",
    "score_rows_alone",
    "train",
]
