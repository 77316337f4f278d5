"""Raw columns or pixels ↔ a float32 matrix in which NaN is a gap, with an inverse."""

from isthmus.prepare.choice import find_preparation, restore_preparation
from isthmus.prepare.columns import KINDS, Column
from isthmus.prepare.layout import ColumnLayout
from isthmus.prepare.matrix import (
    as_float,
    check_numeric,
    mean_row,
    precision_of,
    to_float,
    to_matrix,
    without_gaps,
)
from isthmus.prepare.normal_scores import normal_scores
from isthmus.prepare.numbers import NumberPreparation
from isthmus.prepare.odd_values import refuse_odd_values
from isthmus.prepare.preparation import Preparation, raw_rows
from isthmus.prepare.principal_components import PrincipalComponents, find_principal_components
from isthmus.prepare.scaling import SCALINGS, Support
from isthmus.prepare.table import TablePreparation

__all__ = [
    "KINDS",
    "SCALINGS",
    "Column",
    "ColumnLayout",
    "NumberPreparation",
    "Preparation",
    "PrincipalComponents",
    "Support",
    "TablePreparation",
    "as_float",
    "check_numeric",
    "find_preparation",
    "find_principal_components",
    "mean_row",
    "normal_scores",
    "precision_of",
    "raw_rows",
    "refuse_odd_values",
    "restore_preparation",
    "to_float",
    "to_matrix",
    "without_gaps",
]
