"""What a model is: codes, likelihoods, and the network between them."""

from isthmus.models import codes, likelihoods
from isthmus.models.boltzmann import (
    free_energy,
    gibbs,
    hidden_after,
    sample_hidden,
    sample_visible,
)
from isthmus.models.codes import *
from isthmus.models.ladder import LadderNetwork
from isthmus.models.likelihoods import *
from isthmus.models.likelihoods.activation_error import ActivationError
from isthmus.models.model import Model
from isthmus.models.predictor import Predictor

__all__ = [
    "ActivationError",
    "LadderNetwork",
    "Model",
    "Predictor",
    "free_energy",
    "gibbs",
    "hidden_after",
    "sample_hidden",
    "sample_visible",
]
__all__ += codes.__all__
__all__ += likelihoods.__all__
