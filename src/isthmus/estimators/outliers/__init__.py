"""How odd rows are among others, and why; each way to judge them in a file of its own."""

from isthmus.estimators.outliers.by_reconstruction import ByReconstruction
from isthmus.estimators.outliers.by_statistics import ByStatistics
from isthmus.estimators.outliers.explanation import Explanation, Reason
from isthmus.estimators.outliers.fitted import JUDGES, FittedDetector

__all__ = [
    "JUDGES",
    "ByReconstruction",
    "ByStatistics",
    "Explanation",
    "FittedDetector",
    "Reason",
]
