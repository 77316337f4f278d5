"""Which change of scale suits data, and why: looked for in the numbers, not in their dtype."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from isthmus.errors import DataError
from isthmus.io.dataset import Dataset, Schema
from isthmus.prepare.statistics import ColumnStatistics

Support = Literal["binary", "unit", "real", "mixed"]
"""Where prepared values lie: in {0, 1}, in [0, 1], anywhere, or by columns, with gaps."""

SCALINGS = ("auto", "standardize", "range", "center", "none")

ROUNDING = 1e-6
"""How far beyond 0 and 1 the arithmetic of a scaler may have brought what lies in [0, 1]."""

# The range of a wider integer says nothing about the numbers that are in it.
_RANGE_DTYPES = ("bool", "uint8", "int8", "uint16", "int16")
SHADES = ("uint8", "uint16")
"""What an unsigned integer of these holds is mostly a shade between black and white."""

# A column that spans less of [0, 1] is hardly told from a constant by a network that starts at
# its mean; where most do, they are brought to scale instead.
_LEAST_SPAN = 0.25
# Channels whose deviations differ by less, such as those of colours, are measured in one unit.
_SAME_UNIT = 3.0
# Rows by which to judge whether neighbours on an axis go together, and how closely.
_JUDGED, _SMOOTH = 256, 0.5
# How much less the columns of a picture may vary than the one that varies most.
_FAINT = 10.0


@dataclass(frozen=True)
class Scale:
    """A change of scale, ``prepared = (raw − offset) / scale``.

    Parameters
    ----------
    scaling : {"standardize", "range", "center", "none"}
        How it was chosen.
    reason : str
        Why, as it follows "since"; empty where it was asked for.
    support : {"binary", "unit", "real"}
        Where the prepared values lie.
    offset, scale : ndarray of float64, shape (n_features,) or (1,)
        One number per column, or one for all.
    """

    scaling: str
    reason: str
    support: Support
    offset: np.ndarray
    scale: np.ndarray


def find_scale(scaling: str, dataset: Dataset, statistics: ColumnStatistics) -> Scale:
    """Choose the scale of data with these statistics.

    With ``scaling="auto"``, 0 and 1 and other numbers that fill [0, 1] are left alone, unsigned
    8- and 16-bit integers that fill the range of their dtype are divided by it, and everything
    else is standardized: tables column by column, images and signals channel by channel unless
    the channels agree.
    """
    reason = ""
    if scaling == "auto":
        scaling, reason = _choose(dataset.schema, statistics)
    offset, scale = _offset_and_scale(scaling, dataset, statistics)
    return Scale(scaling, reason, _support(statistics, offset, scale), offset, scale)


def _choose(schema: Schema, statistics: ColumnStatistics) -> tuple[str, str]:
    dtype = schema.dtypes[0]
    if statistics.binary:
        return "none", "all values are 0 or 1"
    if schema.names is None and dtype in SHADES:
        if _fills(statistics, float(np.iinfo(dtype).max)):
            return "range", f"the values fill the range of {dtype}"
        return "standardize", f"the values use little of the range of {dtype}"
    if statistics.least.min() < -ROUNDING or statistics.greatest.max() > 1 + ROUNDING:
        return "standardize", "some values lie outside [0, 1]"
    if _fills(statistics, 1.0):
        return "none", "all values lie in [0, 1]"
    return "standardize", "the values use little of [0, 1]"


def _fills(statistics: ColumnStatistics, width: float) -> bool:
    """Tell whether most columns that vary span a good part of ``[0, width]``."""
    spans = (statistics.greatest - statistics.least) / width
    return not spans.any() or bool(np.median(spans[spans > 0]) >= _LEAST_SPAN)


def _offset_and_scale(
    scaling: str, dataset: Dataset, statistics: ColumnStatistics
) -> tuple[np.ndarray, np.ndarray]:
    if scaling == "range":
        return _range(dataset)
    if scaling == "center":
        return statistics.mean, np.ones(1)
    if scaling == "none":
        return np.zeros(1), np.ones(1)
    if not np.isfinite(statistics.squared_deviations).all():
        raise DataError(
            f"{dataset.source} holds numbers up to {statistics.greatest.max():.3g}, "
            "too large to square in 64 bits: divide them by a constant first."
        )
    return _standardized(dataset, statistics)


def _range(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    dtype = dataset.schema.dtypes[0]
    if dataset.schema.names is not None or dtype not in _RANGE_DTYPES:
        raise DataError(
            f"{dataset.source} holds {dataset.schema}, and scaling='range' divides by the range "
            f"of an 8- or 16-bit integer dtype: use scaling='standardize'."
        )
    if dtype == "bool":
        return np.zeros(1), np.ones(1)
    limits = np.iinfo(dtype)
    return np.array([float(limits.min)]), np.array([float(limits.max) - float(limits.min)])


def _standardized(dataset: Dataset, statistics: ColumnStatistics) -> tuple[np.ndarray, np.ndarray]:
    row_shape = dataset.schema.row_shape
    if len(row_shape) == 1:
        return statistics.mean, statistics.standard_deviation
    axis = channel_axis(row_shape)
    mean, deviation = statistics.over_axes(row_shape, -1 if axis is None else axis)
    if _agree(mean, deviation) or (axis is None and _is_picture(dataset, mean, deviation)):
        return statistics.over_axes(row_shape, None)
    shape = [1] * len(row_shape)
    shape[-1 if axis is None else axis] = -1
    both = (np.broadcast_to(each.reshape(shape), row_shape) for each in (mean, deviation))
    offset, scale = (np.ascontiguousarray(each).reshape(-1) for each in both)
    return offset, scale


def channel_axis(row_shape: tuple[int, ...]) -> int | None:
    """Give the axis of a row along which numbers may be of different units, if its shape tells.

    Three axes are height, width and channels. Two are a picture's, or a signal's length and
    channels, which mostly are fewer by far; some write channels first.
    """
    if len(row_shape) != 2:
        return len(row_shape) - 1
    if 2 * row_shape[1] <= row_shape[0]:
        return 1
    return 0 if 2 * row_shape[0] <= row_shape[1] else None


def _is_picture(dataset: Dataset, mean: np.ndarray, deviation: np.ndarray) -> bool:
    """Tell whether rows of two axes are pictures with faint edges, not channels in other units.

    Most columns of a picture vary about as much as the one that varies most. What is faint is far
    from that only where neighbours go together.
    """
    widest = deviation.max()
    if widest > _FAINT * np.median(deviation) or np.ptp(mean) > _FAINT * widest:
        return False
    return widest <= _FAINT**2 * deviation.min() or _is_smooth(dataset)


def _is_smooth(dataset: Dataset) -> bool:
    """Tell whether numbers beside each other go together."""
    rows = np.asarray(next(dataset.chunks(_JUDGED)), np.float64)
    deviations = rows - rows.mean(axis=0)
    left, right = deviations[..., :-1], deviations[..., 1:]
    products = (left * right).sum(axis=(0, 1))
    sizes = np.sqrt((left**2).sum(axis=(0, 1)) * (right**2).sum(axis=(0, 1)))
    correlations = products[sizes > 0] / sizes[sizes > 0]
    return bool(correlations.size) and bool(np.median(correlations) > _SMOOTH)


def _agree(mean: np.ndarray, deviation: np.ndarray) -> bool:
    """Tell whether channels with these means and deviations may share one of each."""
    widest = deviation.max()
    alike = widest <= _SAME_UNIT * deviation.min()
    return bool(alike and np.ptp(mean) <= _SAME_UNIT * widest)


def _support(statistics: ColumnStatistics, offset: np.ndarray, scale: np.ndarray) -> Support:
    least = ((statistics.least - offset) / scale).min()
    greatest = ((statistics.greatest - offset) / scale).max()
    stays = bool((offset == 0).all() and (scale == 1).all())
    # What is constant and was brought to 0 says nothing of where other rows may lie.
    if least < -ROUNDING or greatest > 1 + ROUNDING or (least == greatest and not stays):
        return "real"
    return "binary" if stays and statistics.binary else "unit"
