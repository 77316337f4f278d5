"""What classifiers learn from unlabelled rows."""

from isthmus.objectives.unlabelled.base import Unlabelled
from isthmus.objectives.unlabelled.consistency import Consistency
from isthmus.objectives.unlabelled.pseudo_labels import PseudoLabels
from isthmus.objectives.unlabelled.virtual_adversarial import VirtualAdversarial

UNLABELLED: dict[str, type[Unlabelled]] = {
    "consistency": Consistency,
    "pseudo_labels": PseudoLabels,
    "virtual_adversarial": VirtualAdversarial,
}

__all__ = ["UNLABELLED", "Consistency", "PseudoLabels", "Unlabelled", "VirtualAdversarial"]
