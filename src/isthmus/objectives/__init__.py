"""Codes, likelihoods, corruptions and penalties, and the one loss that adds them up."""

from isthmus.objectives.codes import CODES, Code, Deterministic, GaussianCode, TopK
from isthmus.objectives.corruptions import (
    CORRUPTIONS,
    Corruption,
    GaussianNoise,
    Masking,
    SaltAndPepper,
    Swap,
)
from isthmus.objectives.likelihoods import (
    LIKELIHOODS,
    Bernoulli,
    DiscretizedLogistic,
    Gaussian,
    Likelihood,
    SquaredError,
)
from isthmus.objectives.loss import Loss, Minibatch
from isthmus.objectives.model import Model
from isthmus.objectives.objective import Objective, log_importance_weights
from isthmus.objectives.penalties import (
    L1,
    PENALTIES,
    AuxiliaryTopK,
    Contractive,
    Penalty,
    TargetActivation,
    WeightDecay,
)

__all__ = [
    "CODES",
    "CORRUPTIONS",
    "L1",
    "LIKELIHOODS",
    "PENALTIES",
    "AuxiliaryTopK",
    "Bernoulli",
    "Code",
    "Contractive",
    "Corruption",
    "Deterministic",
    "DiscretizedLogistic",
    "Gaussian",
    "GaussianCode",
    "GaussianNoise",
    "Likelihood",
    "Loss",
    "Masking",
    "Minibatch",
    "Model",
    "Objective",
    "Penalty",
    "SaltAndPepper",
    "SquaredError",
    "Swap",
    "TargetActivation",
    "TopK",
    "WeightDecay",
    "log_importance_weights",
]
