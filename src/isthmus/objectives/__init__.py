"""How a model learns: corruptions, penalties, supervision, and the loss that adds them up."""

from isthmus.objectives import corruptions, outcomes, penalties, unlabelled
from isthmus.objectives.contrastive_divergence import ContrastiveDivergence
from isthmus.objectives.corruptions import *
from isthmus.objectives.imputation import Imputation
from isthmus.objectives.ladder_supervision import LadderSupervision
from isthmus.objectives.loss import Loss, Minibatch
from isthmus.objectives.objective import Objective
from isthmus.objectives.outcomes import *
from isthmus.objectives.penalties import *
from isthmus.objectives.placement import Placement
from isthmus.objectives.scores import (
    code_divergence,
    code_std,
    importance_weighted_bound,
    log_probability,
    mean_row_scores,
    row_scores,
)
from isthmus.objectives.sum_of_losses import SumOfLosses
from isthmus.objectives.supervision import Supervision
from isthmus.objectives.unlabelled import *

__all__ = [
    "ContrastiveDivergence",
    "Imputation",
    "LadderSupervision",
    "Loss",
    "Minibatch",
    "Objective",
    "Placement",
    "SumOfLosses",
    "Supervision",
    "code_divergence",
    "code_std",
    "importance_weighted_bound",
    "log_probability",
    "mean_row_scores",
    "row_scores",
]
__all__ += corruptions.__all__
__all__ += outcomes.__all__
__all__ += penalties.__all__
__all__ += unlabelled.__all__
