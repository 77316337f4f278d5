"""What the loss adds besides likelihood and code."""

from isthmus.objectives.penalties.auxiliary_top_k import AuxiliaryTopK
from isthmus.objectives.penalties.base import Penalty
from isthmus.objectives.penalties.contractive import Contractive
from isthmus.objectives.penalties.l1 import L1
from isthmus.objectives.penalties.target_activation import TargetActivation
from isthmus.objectives.penalties.weight_decay import WeightDecay

PENALTIES: dict[str, type[Penalty]] = {
    "auxiliary_top_k": AuxiliaryTopK,
    "contractive": Contractive,
    "l1": L1,
    "target_activation": TargetActivation,
    "weight_decay": WeightDecay,
}

__all__ = [
    "L1",
    "PENALTIES",
    "AuxiliaryTopK",
    "Contractive",
    "Penalty",
    "TargetActivation",
    "WeightDecay",
]
