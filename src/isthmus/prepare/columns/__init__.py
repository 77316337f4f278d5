"""The kinds of columns that a table may have, each with its way into numbers and back."""

from isthmus.prepare.columns.base import Column
from isthmus.prepare.columns.boolean import BooleanColumn
from isthmus.prepare.columns.category import CategoryColumn
from isthmus.prepare.columns.choice import KINDS, choose_columns, restore_column
from isthmus.prepare.columns.date import DateColumn
from isthmus.prepare.columns.left_out import LeftOutColumn
from isthmus.prepare.columns.number import HeavyTailedColumn, NumberColumn

__all__ = [
    "KINDS",
    "BooleanColumn",
    "CategoryColumn",
    "Column",
    "DateColumn",
    "HeavyTailedColumn",
    "LeftOutColumn",
    "NumberColumn",
    "choose_columns",
    "restore_column",
]
