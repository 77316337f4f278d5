"""Codes, likelihoods and penalties, and the one loss that adds them up."""

from isthmus.objectives.codes import Code, Deterministic
from isthmus.objectives.likelihoods import LIKELIHOODS, Bernoulli, Likelihood, SquaredError
from isthmus.objectives.model import Model
from isthmus.objectives.objective import Objective
from isthmus.objectives.penalties import Penalty, WeightDecay

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "Code",
    "Deterministic",
    "Likelihood",
    "Model",
    "Objective",
    "Penalty",
    "SquaredError",
    "WeightDecay",
]
