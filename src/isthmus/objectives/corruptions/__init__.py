"""Noise on the way into the encoder."""

from isthmus.objectives.corruptions.base import Corruption
from isthmus.objectives.corruptions.gaussian import GaussianNoise
from isthmus.objectives.corruptions.hiding import Hiding
from isthmus.objectives.corruptions.masking import Masking
from isthmus.objectives.corruptions.salt_and_pepper import SaltAndPepper
from isthmus.objectives.corruptions.swap import Swap

__all__ = ["Corruption", "GaussianNoise", "Hiding", "Masking", "SaltAndPepper", "Swap"]
