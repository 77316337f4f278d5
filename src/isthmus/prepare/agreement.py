"""What fit learned of its data, held against all data that come later."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np

from isthmus.errors import DataError, DataWarning
from isthmus.io.dataset import Schema
from isthmus.prepare.matrix import check_numeric
from isthmus.prepare.scaling import ROUNDING, SHADES, channel_axis

# Pictures in [0, 1] are brighter by rounding or by noise, never by this much.
_OTHER_UNIT = 50.0
# Rows by which to judge whether numbers are in the unit that was fitted, and the fewest that tell.
_JUDGED, _TELLING = 256, 10
# The share of a column's range, and of its reach, below which it seems to be in a larger unit.
_CRUMB = 0.02


@dataclass(frozen=True, eq=False)
class Domain:
    """Where the rows of a fit came from: their schema, and the range of every column.

    Parameters
    ----------
    schema : Schema
        What the raw rows looked like.
    least, greatest : ndarray of float64, shape (n_features,)
        The range of every column; infinite where a model file of old does not tell.
    """

    schema: Schema
    least: np.ndarray
    greatest: np.ndarray

    def check_schema(self, schema: Schema, source: str) -> None:
        """Refuse rows of other columns or another shape, or of anything but numbers.

        Raises
        ------
        DataError
            It names the column, or both shapes.
        """
        check_numeric(schema, source)
        own = self.schema
        for learned, given in ((own.names, schema.names), (own.labels, schema.labels)):
            if learned is None or given is None or learned == given:
                continue
            name, other = next((a, b) for a, b in zip_longest(learned, given) if a != b)
            raise DataError(
                f"{source} has {other!r} where the data that were fitted have column {name!r}: "
                "give the same columns in the same order."
            )
        shapes = [tuple(n for n in s.row_shape if n != 1) or (1,) for s in (own, schema)]
        if shapes[0] == shapes[1]:
            return
        # Whoever flattens pictures of one channel does so row by row; of several, one cannot know.
        is_flattened = own.n_features == schema.n_features and min(map(len, shapes)) == 1
        has_channels = any(len(s) > 1 and channel_axis(s) is not None for s in shapes)
        if is_flattened and not has_channels and own.names is None:
            return
        raise DataError(
            f"{source} has rows of shape {schema.row_shape}, but was to have the {own.row_shape} "
            "of the data that were fitted: give the same axes in the same order "
            "(height, width, channels for pictures)."
        )

    def widened(self, least: np.ndarray, greatest: np.ndarray) -> Domain:
        """Give the domain that this range belongs to as well."""
        least, greatest = np.minimum(self.least, least), np.maximum(self.greatest, greatest)
        return replace(self, least=least, greatest=greatest)

    def check_values(self, matrix: np.ndarray, source: str, *, as_shades: bool) -> None:
        """Refuse numbers that count in another unit than those that were fitted.

        Parameters
        ----------
        matrix : ndarray, shape (rows, n_features)
            Finite numbers, in the original scale.
        source : str
            What messages call the data.
        as_shades : bool
            Whether the numbers are divided by the range of the dtype that was fitted.

        Raises
        ------
        DataError
            Shades of another depth, or fractions where shades were fitted, or shades for fractions.
        """
        if not len(matrix):
            return
        fitted, given = self.schema.dtypes[0], matrix.dtype.name
        if self.schema.names is None and fitted in SHADES and given != fitted:
            self._check_shades(matrix, source, as_shades)
        elif self.schema.names is None and fitted not in SHADES:
            self._check_fractions(matrix, source)
        self._judge_unit(matrix, source)

    def _check_shades(self, matrix: np.ndarray, source: str, as_shades: bool) -> None:
        fitted, given = self.schema.dtypes[0], matrix.dtype.name
        white = np.iinfo(fitted).max
        least, greatest = matrix.min(), matrix.max()
        if (given == "bool" and self.greatest.max() > 1) or (as_shades and given in SHADES):
            remedy = f"bring it to {fitted} first"
        elif least < 0 or greatest > white:
            remedy = f"bring it into 0 to {white}"
        elif 0 < greatest <= 1 < self.greatest.max() and (
            as_shades or not np.array_equal(matrix, np.rint(matrix))
        ):
            remedy = f"multiply it by {white} if 1 is white"
        else:
            return
        raise DataError(
            f"{source} holds {given} numbers from {least:.4g} to {greatest:.4g}, but the model was "
            f"fitted on {fitted} numbers up to {min(self.greatest.max(), white):.4g}: {remedy}."
        )

    def _check_fractions(self, matrix: np.ndarray, source: str) -> None:
        """Refuse whole shades, or pictures as bright as those, where all was in [0, 1]."""
        if self.least.min() < -ROUNDING or self.greatest.max() > 1 + ROUNDING:
            return
        given = matrix.dtype.name
        is_picture = len(self.schema.row_shape) > 1
        if not is_picture and given not in SHADES:
            return
        greatest = matrix.max()
        if greatest > (1 if given in SHADES else _OTHER_UNIT):
            raise DataError(
                f"{source} holds {given} numbers up to {greatest:.4g}, but the model was fitted on "
                f"{self.schema.dtypes[0]} numbers in [0, 1]: divide it by what stands for 1, "
                "such as 255, first."
            )

    def _judge_unit(self, matrix: np.ndarray, source: str) -> None:
        """Warn where most numbers lie far beyond the range that was fitted, or in a crumb of it."""
        if len(matrix) < _TELLING:
            return
        rows = matrix[:: -(-len(matrix) // _JUDGED)]
        span = self.greatest - self.least
        outside = (rows < self.least - span) | (rows > self.greatest + span)
        if np.mean(outside, dtype=float) > 0.5:
            where, column = "far beyond", int(np.argmax(outside.mean(axis=0)))
        elif self._is_crumb(rows, span):
            where, column = "in a small part of the range of", int(np.argmax(span))
        else:
            return
        name = f"column {column}" if self.schema.names is None else repr(self.schema.names[column])
        warnings.warn(
            f"Most numbers of {source} lie {where} those that were fitted: in {name} from "
            f"{rows[:, column].min():.4g} to {rows[:, column].max():.4g}, where the model was "
            f"fitted on {self.least[column]:.4g} to {self.greatest[column]:.4g}; give them in the "
            "same unit, with the same scaling as before.",
            DataWarning,
            stacklevel=2,
        )

    def _is_crumb(self, rows: np.ndarray, span: np.ndarray) -> bool:
        """Tell whether most columns both differ and reach a fiftieth of what they did, and no more.

        Rows that are alike do not differ either, but reach as far.
        """
        varied = np.isfinite(span) & (span > 0)
        if not varied.any():
            return False
        least, greatest = rows.min(axis=0)[varied], rows.max(axis=0)[varied]
        reach = np.maximum(np.abs(self.least), np.abs(self.greatest))[varied]
        differs = np.subtract(greatest, least, dtype=float) / span[varied]
        reaches = np.maximum(np.abs(least, dtype=float), np.abs(greatest, dtype=float)) / reach
        most = np.median(np.maximum(differs, reaches))
        return bool(0 < most < _CRUMB)
