"""What the loss adds besides likelihood and code."""

from isthmus.objectives.penalties.auxiliary_top_k import AuxiliaryTopK
from isthmus.objectives.penalties.base import Penalty
from isthmus.objectives.penalties.contractive import Contractive
from isthmus.objectives.penalties.l1 import L1
from isthmus.objectives.penalties.target_activation import TargetActivation
from isthmus.objectives.penalties.weight_decay import WeightDecay

__all__ = ["L1", "AuxiliaryTopK", "Contractive", "Penalty", "TargetActivation", "WeightDecay"]
