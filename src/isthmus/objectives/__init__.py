"""How a model learns: corruptions, penalties, supervision, and the loss that adds them up."""

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
from isthmus.objectives.loss import Loss, Minibatch
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
from isthmus.objectives.scores import (
    code_divergence,
    code_std,
    importance_weighted_bound,
    log_probability,
    mean_log_probability,
)
from isthmus.objectives.supervision import Supervision
from isthmus.objectives.unlabelled import (
    UNLABELLED,
    Consistency,
    PseudoLabels,
    Unlabelled,
    VirtualAdversarial,
)

__all__ = [
    "CORRUPTIONS",
    "L1",
    "PENALTIES",
    "UNLABELLED",
    "AuxiliaryTopK",
    "Classes",
    "Consistency",
    "Contractive",
    "ContrastiveDivergence",
    "Corruption",
    "GaussianNoise",
    "Jointly",
    "Loss",
    "Masking",
    "Minibatch",
    "Numbers",
    "Objective",
    "Outcome",
    "Penalty",
    "PseudoLabels",
    "SaltAndPepper",
    "Supervision",
    "Swap",
    "TargetActivation",
    "Unlabelled",
    "VirtualAdversarial",
    "WeightDecay",
    "code_divergence",
    "code_std",
    "importance_weighted_bound",
    "log_importance_weights",
    "log_probability",
    "mean_log_probability",
]
