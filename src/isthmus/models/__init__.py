"""What a model is: codes, likelihoods, and the network between them."""

from isthmus.models.boltzmann import (
    free_energy,
    gibbs,
    hidden_after,
    sample_hidden,
    sample_visible,
)
from isthmus.models.codes import CODES, Code, Deterministic, GaussianCode, TopK
from isthmus.models.likelihoods import (
    LIKELIHOODS,
    ActivationError,
    Bernoulli,
    DiscretizedLogistic,
    Gaussian,
    Likelihood,
    SquaredError,
)
from isthmus.models.model import Model
from isthmus.models.predictor import Predictor

__all__ = [
    "CODES",
    "LIKELIHOODS",
    "ActivationError",
    "Bernoulli",
    "Code",
    "Deterministic",
    "DiscretizedLogistic",
    "Gaussian",
    "GaussianCode",
    "Likelihood",
    "Model",
    "Predictor",
    "SquaredError",
    "TopK",
    "free_energy",
    "gibbs",
    "hidden_after",
    "sample_hidden",
    "sample_visible",
]
