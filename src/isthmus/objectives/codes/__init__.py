"""What lies between encoder and decoder."""

from isthmus.objectives.codes.base import Code
from isthmus.objectives.codes.deterministic import Deterministic

__all__ = ["Code", "Deterministic"]
