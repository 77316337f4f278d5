"""The compiled loop and everything around it."""

from isthmus.training.batches import ArrayBatches, MixedRows
from isthmus.training.inference import (
    code_divergence,
    code_std,
    decode_rows,
    encode_rows,
    feature_rows,
    importance_weighted_bound,
    predict_rows,
    sample_rows,
    score_rows,
    score_rows_alone,
)
from isthmus.training.loop import Settings, Training, TrainingState, train
from isthmus.training.progress import Progress, ProgressBar

__all__ = [
    "ArrayBatches",
    "MixedRows",
    "Progress",
    "ProgressBar",
    "Settings",
    "Training",
    "TrainingState",
    "code_divergence",
    "code_std",
    "decode_rows",
    "encode_rows",
    "feature_rows",
    "importance_weighted_bound",
    "predict_rows",
    "sample_rows",
    "score_rows",
    "score_rows_alone",
    "train",
]
