"""Raw columns or pixels ↔ a float32 matrix, with an inverse."""

from isthmus.prepare.matrix import (
    as_float,
    check_numeric,
    mean_row,
    precision_of,
    to_float,
    to_matrix,
)
from isthmus.prepare.odd_values import refuse_odd_values
from isthmus.prepare.preparation import Preparation
from isthmus.prepare.principal_components import PrincipalComponents, find_principal_components
from isthmus.prepare.scaling import SCALINGS, Support

__all__ = [
    "SCALINGS",
    "Preparation",
    "PrincipalComponents",
    "Support",
    "as_float",
    "check_numeric",
    "find_principal_components",
    "mean_row",
    "precision_of",
    "refuse_odd_values",
    "to_float",
    "to_matrix",
]
