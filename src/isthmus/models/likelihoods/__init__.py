"""How likely the data are, given what the decoder says."""

from isthmus.models.likelihoods.base import Likelihood
from isthmus.models.likelihoods.bernoulli import Bernoulli
from isthmus.models.likelihoods.discretized_logistic import DiscretizedLogistic
from isthmus.models.likelihoods.gaussian import Gaussian
from isthmus.models.likelihoods.mixed import Mixed
from isthmus.models.likelihoods.squared_error import SquaredError

__all__ = ["Bernoulli", "DiscretizedLogistic", "Gaussian", "Likelihood", "Mixed", "SquaredError"]
