"""What classifiers learn from unlabelled rows."""

from isthmus.objectives.unlabelled.base import Unlabelled
from isthmus.objectives.unlabelled.class_shares import ClassShares
from isthmus.objectives.unlabelled.consistency import Consistency
from isthmus.objectives.unlabelled.pseudo_labels import PseudoLabels
from isthmus.objectives.unlabelled.virtual_adversarial import VirtualAdversarial

__all__ = ["ClassShares", "Consistency", "PseudoLabels", "Unlabelled", "VirtualAdversarial"]
