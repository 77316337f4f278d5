"""The compiled loop and everything around it."""

from isthmus.training.batches import ArrayBatches, Batches, MixedRows
from isthmus.training.checkpoints import Checkpoint, CheckpointFile, Identity
from isthmus.training.devices import Devices
from isthmus.training.inference import (
    code_divergence,
    code_std,
    decode_rows,
    encode_chunks,
    encode_rows,
    feature_rows,
    free_energy_rows,
    gibbs_rows,
    importance_weighted_bound,
    predict_rows,
    sample_rows,
    score_rows,
    score_rows_alone,
)
from isthmus.training.loop import Settings, Training, TrainingState, train
from isthmus.training.optimizer import SCHEDULES
from isthmus.training.pretraining import (
    PRETRAININGS,
    LayerTraining,
    Pretraining,
    pretrain,
    single_layer_models,
)
from isthmus.training.streaming import StreamedBatches
from isthmus.training.together import train_together

__all__ = [
    "PRETRAININGS",
    "SCHEDULES",
    "ArrayBatches",
    "Batches",
    "Checkpoint",
    "CheckpointFile",
    "Devices",
    "Identity",
    "LayerTraining",
    "MixedRows",
    "Pretraining",
    "Settings",
    "StreamedBatches",
    "Training",
    "TrainingState",
    "code_divergence",
    "code_std",
    "decode_rows",
    "encode_chunks",
    "encode_rows",
    "feature_rows",
    "free_energy_rows",
    "gibbs_rows",
    "importance_weighted_bound",
    "predict_rows",
    "pretrain",
    "sample_rows",
    "score_rows",
    "score_rows_alone",
    "single_layer_models",
    "train",
    "train_together",
]
