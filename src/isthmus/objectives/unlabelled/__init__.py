"""What classifiers learn from unlabelled rows."""

from isthmus.objectives.unlabelled.base import PredictionTerm, Unlabelled
from isthmus.objectives.unlabelled.class_shares import ClassShares
from isthmus.objectives.unlabelled.consistency import Consistency
from isthmus.objectives.unlabelled.ladder import Ladder
from isthmus.objectives.unlabelled.pseudo_labels import PseudoLabels
from isthmus.objectives.unlabelled.virtual_adversarial import VirtualAdversarial

__all__ = [
    "ClassShares",
    "Consistency",
    "Ladder",
    "PredictionTerm",
    "PseudoLabels",
    "Unlabelled",
    "VirtualAdversarial",
]
