"""The compiled loop and everything around it."""

from isthmus.training.batches import ArrayBatches
from isthmus.training.inference import decode_rows, encode_rows, score_rows
from isthmus.training.loop import Settings, Training, TrainingState, train
from isthmus.training.progress import Progress, ProgressBar

__all__ = [
    "ArrayBatches",
    "Progress",
    "ProgressBar",
    "Settings",
    "Training",
    "TrainingState",
    "decode_rows",
    "encode_rows",
    "score_rows",
    "train",
]
