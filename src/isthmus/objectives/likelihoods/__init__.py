"""How likely the data are, given what the decoder says."""

from isthmus.objectives.likelihoods.activation_error import ActivationError
from isthmus.objectives.likelihoods.base import Likelihood
from isthmus.objectives.likelihoods.bernoulli import Bernoulli
from isthmus.objectives.likelihoods.discretized_logistic import DiscretizedLogistic
from isthmus.objectives.likelihoods.gaussian import Gaussian
from isthmus.objectives.likelihoods.squared_error import SquaredError

LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "discretized_logistic": DiscretizedLogistic,
    "gaussian": Gaussian,
    "squared_error": SquaredError,
}

__all__ = [
    "LIKELIHOODS",
    "ActivationError",
    "Bernoulli",
    "DiscretizedLogistic",
    "Gaussian",
    "Likelihood",
    "SquaredError",
]
