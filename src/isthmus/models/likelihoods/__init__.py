"""How likely the data are, given what the decoder says."""

from isthmus.models.likelihoods.activation_error import ActivationError
from isthmus.models.likelihoods.base import Likelihood
from isthmus.models.likelihoods.bernoulli import Bernoulli
from isthmus.models.likelihoods.discretized_logistic import DiscretizedLogistic
from isthmus.models.likelihoods.gaussian import Gaussian
from isthmus.models.likelihoods.squared_error import SquaredError

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
