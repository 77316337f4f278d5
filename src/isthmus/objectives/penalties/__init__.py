"""What the loss adds besides likelihood and code."""

from isthmus.objectives.penalties.base import Penalty
from isthmus.objectives.penalties.weight_decay import WeightDecay

__all__ = ["Penalty", "WeightDecay"]
