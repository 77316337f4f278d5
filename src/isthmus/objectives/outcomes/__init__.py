"""What is told from rows: classes or numbers."""

from isthmus.objectives.outcomes.base import Outcome
from isthmus.objectives.outcomes.classes import Classes
from isthmus.objectives.outcomes.numbers import Numbers

__all__ = ["Classes", "Numbers", "Outcome"]
