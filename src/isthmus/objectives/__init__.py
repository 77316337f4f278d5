"""Codes, likelihoods, corruptions and penalties, and the one loss that adds them up."""

from isthmus.objectives.boltzmann import free_energy, gibbs, sample_hidden, sample_visible
from isthmus.objectives.codes import CODES, Code, Deterministic, GaussianCode, TopK
from isthmus.objectives.contrastive_divergence import ContrastiveDivergence
from isthmus.objectives.corruptions import (
    CORRUPTIONS,
    Corruption,
    GaussianNoise,
    Masking,
    SaltAndPepper,
    Swap,
)
from isthmus.objectives.jointly import Jointly
from isthmus.objectives.likelihoods import (
    LIKELIHOODS,
    ActivationError,
    Bernoulli,
    DiscretizedLogistic,
    Gaussian,
    Likelihood,
    SquaredError,
)
from isthmus.objectives.loss import Loss, Minibatch
from isthmus.objectives.model import Model
from isthmus.objectives.objective import Objective, log_importance_weights
from isthmus.objectives.outcomes import Classes, Numbers, Outcome
from isthmus.objectives.penalties import (
    L1,
    PENALTIES,
    AuxiliaryTopK,
    Contractive,
    Penalty,
    TargetActivation,
    WeightDecay,
)
from isthmus.objectives.predictor import Predictor
from isthmus.objectives.supervision import Supervision
from isthmus.objectives.unlabelled import (
    UNLABELLED,
    Consistency,
    PseudoLabels,
    Unlabelled,
    VirtualAdversarial,
)

__all__ = [
    "CODES",
    "CORRUPTIONS",
    "L1",
    "LIKELIHOODS",
    "PENALTIES",
    "UNLABELLED",
    "ActivationError",
    "AuxiliaryTopK",
    "Bernoulli",
    "Classes",
    "Code",
    "Consistency",
    "Contractive",
    "ContrastiveDivergence",
    "Corruption",
    "Deterministic",
    "DiscretizedLogistic",
    "Gaussian",
    "GaussianCode",
    "GaussianNoise",
    "Jointly",
    "Likelihood",
    "Loss",
    "Masking",
    "Minibatch",
    "Model",
    "Numbers",
    "Objective",
    "Outcome",
    "Penalty",
    "Predictor",
    "PseudoLabels",
    "SaltAndPepper",
    "SquaredError",
    "Supervision",
    "Swap",
    "TargetActivation",
    "TopK",
    "Unlabelled",
    "VirtualAdversarial",
    "WeightDecay",
    "free_energy",
    "gibbs",
    "log_importance_weights",
    "sample_hidden",
    "sample_visible",
]
