"""The compiled loop and everything around it."""

from isthmus.training.batches import ArrayBatches, Batches
from isthmus.training.devices import Devices
from isthmus.training.loop import train
from isthmus.training.optimizer import SCHEDULES
from isthmus.training.orders import AllOnce, LabelledInEveryMinibatch, Order
from isthmus.training.over_rows import over_rows
from isthmus.training.plan import Plan, Settings
from isthmus.training.pretraining import (
    PRETRAININGS,
    LayerTraining,
    Pretraining,
    pretrain,
    single_layer_models,
)
from isthmus.training.resident import device_memory_budget
from isthmus.training.result import Training, TrainingState
from isthmus.training.snapshot import snapshot_bytes
from isthmus.training.streaming import StreamedBatches
from isthmus.training.together import train_together

__all__ = [
    "PRETRAININGS",
    "SCHEDULES",
    "AllOnce",
    "ArrayBatches",
    "Batches",
    "Devices",
    "LabelledInEveryMinibatch",
    "LayerTraining",
    "Order",
    "Plan",
    "Pretraining",
    "Settings",
    "StreamedBatches",
    "Training",
    "TrainingState",
    "device_memory_budget",
    "over_rows",
    "pretrain",
    "single_layer_models",
    "snapshot_bytes",
    "train",
    "train_together",
]
