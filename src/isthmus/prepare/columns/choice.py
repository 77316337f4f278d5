"""Which kind a column is of: its type tells, and what its values look like."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError, IsthmusError
from isthmus.prepare.columns.base import Column
from isthmus.prepare.columns.boolean import BooleanColumn
from isthmus.prepare.columns.category import CategoryColumn, bucket, is_level, is_text
from isthmus.prepare.columns.date import DateColumn, is_date, ticks_per_second
from isthmus.prepare.columns.left_out import LeftOutColumn
from isthmus.prepare.columns.number import HeavyTailedColumn, NumberColumn, bend, is_number
from isthmus.prepare.columns.summary import DateSummary, LevelSummary, NumberSummary, Summary

_CLASSES: dict[str, type[Column]] = {
    cls.kind: cls
    for cls in (
        NumberColumn,
        HeavyTailedColumn,
        BooleanColumn,
        CategoryColumn,
        DateColumn,
        LeftOutColumn,
    )
}
KINDS = tuple(_CLASSES)
"""Kinds of columns by the names that `kinds=` takes."""

# The mean fourth power of standardized values, 3 for a normal distribution, from which on a scale
# that draws in the tails pays, if it makes half of it.
_HEAVY, _LIGHTER = 20.0, 0.5
_NORMAL_RANGE = 1.349  # between the quartiles of a standard normal distribution

# Levels with a number of their own at most, and numbers that further ones share.
MOST_LEVELS, SHARED = 128, 16
# Levels are rare that occur in less than one row of a thousand, and in less than ten.
_RARE_SHARE, RARE = 1000, 10
# Text of which most values are as good as unique tells rows apart and nothing else, in so many
# rows surely: of later ones it would be new in most (Good, 1953).
_TELLING, _MOST_RARE = 20, 0.5
# Such as 29/2/2024 or 29.02.24 11:30, which may be read in more ways than one.
_LIKE_A_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
_DATES = "dates are known as 2024-02-29 in files, and by their type in frames"
_DAY, _WEEK, _QUARTER = 86_400.0, 7 * 86_400.0, 90 * 86_400.0


def restore_column(name: str, kind: pa.DataType, values: dict[str, Any]) -> Column:
    """Make a column again from what its `state` gave."""
    return _CLASSES[values["kind"]].from_state(name, kind, values)


def choose_columns(
    schema: pa.Schema,
    chunks: Any,
    n_rows: int,
    source: str,
    kinds: Mapping[str, str],
    *,
    bends: bool = True,
) -> tuple[Column, ...]:
    """Choose the kind of every column in one pass over the rows.

    Parameters
    ----------
    schema : arrow schema
        Names and types.
    chunks : iterable of arrow tables
        The training rows.
    n_rows : int
        How many they are.
    source : str
        What messages call them.
    kinds : mapping of str to str
        The kinds of columns that are not to be chosen.
    bends : bool
        Whether long tails may be drawn in.

    Raises
    ------
    DataError
        A column of a type that nothing can be learned of, or of a kind that its values are not.
    """
    _check_kinds(kinds, schema, source)
    asked = [kinds.get(name) for name in schema.names]
    summaries = [
        _summary(field.type, kind, repr(field.name), n_rows, source)
        for field, kind in zip(schema, asked, strict=True)
    ]
    first = 0
    for table in chunks:
        for summary, column in zip(summaries, table.columns, strict=True):
            if summary is not None:
                summary.add(column, first)
        first += table.num_rows
    if not first:
        raise DataError(f"{source} has no rows: there is nothing to learn from.")
    return tuple(
        _column(summary, field, kind, source, bends)
        for summary, field, kind in zip(summaries, schema, asked, strict=True)
    )


def _check_kinds(kinds: Mapping[str, str], schema: pa.Schema, source: str) -> None:
    for name, kind in kinds.items():
        if name not in schema.names:
            raise DataError(
                f"kinds names the column {name!r}, which {source} does not have: its columns are "
                f"{', '.join(map(repr, schema.names[:8]))}{', …' if len(schema.names) > 8 else ''}."
            )
        if kind not in KINDS:
            raise IsthmusError(
                f"kinds={{{name!r}: {kind!r}}} names no kind of column: choose one of "
                f"{', '.join(KINDS)}."
            )


def _summary(
    kind: pa.DataType, asked: str | None, name: str, n_rows: int, source: str
) -> Summary | None:
    """Give what to look for in a column; None where there is nothing to learn."""
    fits = {
        "category": is_level(kind),
        "number": is_number(kind),
        "heavy_tailed": is_number(kind),
        "boolean": is_number(kind),
        "date": is_date(kind),
    }
    if asked == "left_out" or pa.types.is_null(kind):
        return None
    if asked is not None and not fits[asked]:
        possible = ", ".join([name for name, fit in fits.items() if fit] or ["left_out"])
        written = f", or mend it ({_DATES})" if asked == "date" and is_text(kind) else ""
        raise DataError(
            f"{source}: column {name} holds {kind}, which cannot be of the kind {asked}: "
            f"choose {possible}{written}."
        )
    if asked == "category" or (asked is None and (is_text(kind) or pa.types.is_dictionary(kind))):
        if not is_level(kind):
            raise _unusable(source, name, kind)
        return LevelSummary()
    if is_number(kind):
        return NumberSummary(n_rows)
    if is_date(kind):
        return DateSummary(n_rows, kind)
    raise _unusable(source, name, kind)


def _unusable(source: str, name: str, kind: pa.DataType) -> DataError:
    return DataError(
        f"{source}: column {name} holds values of type {kind}, expected numbers, text, categories, "
        "booleans, dates or times: leave the column out, or turn it into such columns first."
    )


def _column(
    summary: Summary | None, field: pa.Field, asked: str | None, source: str, bends: bool
) -> Column:
    common: dict[str, Any] = {"called": field.name, "type": field.type}
    if summary is None:
        reason = "" if asked else "all its values are missing"
        return LeftOutColumn(**common, reason=reason)
    common["n_missing"] = summary.n_missing
    if isinstance(summary, LevelSummary):
        return _category(summary, asked, common)
    assert isinstance(summary, NumberSummary)
    if summary.infinite is not None:
        raise DataError(
            f"{source}: column {field.name!r} holds infinity in row {summary.infinite + 1:,}, "
            "expected finite numbers or gaps: mend that value, or leave the row or the column out."
        )
    if not np.isfinite(summary.squares):
        raise DataError(
            f"{source}: column {field.name!r} holds numbers up to {summary.greatest:.3g}, too "
            "large to square in 64 bits: divide them by a constant, or leave the column out."
        )
    if not summary.count:
        return LeftOutColumn(**common, reason="all its values are missing")
    if isinstance(summary, DateSummary):
        return _date(summary, common)
    if asked == "boolean" or (asked is None and pa.types.is_boolean(field.type)):
        return BooleanColumn(**common)
    return _number(summary, asked if bends or asked else "number", common)


def _number(summary: NumberSummary, asked: str | None, common: dict[str, Any]) -> NumberColumn:
    limits = {"least": summary.least, "greatest": summary.greatest}
    plain = NumberColumn(mean=summary.mean, deviation=summary.deviation, **limits, **common)
    if asked == "number":
        return plain
    sample = summary.sample()
    weight = _tail_weight(sample)
    if not len(sample) or (asked is None and weight <= _HEAVY):
        return plain
    lower, centre, upper = np.quantile(sample, [0.25, 0.5, 0.75])
    # Where half of the values are one and the same, the others tell how far they spread.
    others = np.abs(sample - centre)
    others = others[others > 0]
    spread = (upper - lower) / _NORMAL_RANGE or (np.median(others) if len(others) else 1.0)
    bent = bend(sample, centre, spread)
    if asked is None and _tail_weight(bent) > _LIGHTER * weight:
        return plain
    return HeavyTailedColumn(
        mean=float(bent.mean()),
        deviation=float(bent.std()) or 1.0,
        centre=float(centre),
        spread=float(spread),
        reason="" if asked else f"its fourth moment is {weight:,.0f}, 3 if it were normal",
        **limits,
        **common,
    )


def _tail_weight(values: np.ndarray) -> float:
    """Give the mean fourth power of the standardized values."""
    deviations = values - values.mean() if len(values) else values
    variance = np.mean(deviations**2) if len(values) else 0.0
    return float(np.mean((deviations**2 / variance) ** 2)) if variance > 0 else 0.0


def _date(summary: DateSummary, common: dict[str, Any]) -> DateColumn:
    kind: Any = common["type"]
    per_second = ticks_per_second(kind)
    span = (summary.greatest - summary.least) / per_second
    resolution = max(summary.steps, 1)
    cycles = ()
    if not pa.types.is_duration(kind):
        daily = not pa.types.is_date(kind) and resolution % round(_DAY * per_second)
        dated = not pa.types.is_time(kind)
        tells = {"day": daily, "week": dated and span > _WEEK, "year": dated and span > _QUARTER}
        cycles = tuple(name for name, told in tells.items() if told)
    return DateColumn(
        mean=summary.mean,
        deviation=summary.deviation,
        least=int(summary.least),
        greatest=int(summary.greatest),
        resolution=resolution,
        cycles=cycles,
        **common,
    )


def _category(
    summary: LevelSummary, asked: str | None, common: dict[str, Any]
) -> CategoryColumn | LeftOutColumn:
    n_values = summary.n_values
    if not n_values:
        return LeftOutColumn(**common, reason="all its values are missing")
    least = min(RARE, n_values // _RARE_SHARE)
    if asked is None and is_text(common["type"]) and n_values >= _TELLING:
        once = max(least, 1)
        rare = 1 - sum(count for count in summary.counts.values() if count > once) / n_values
        if rare > _MOST_RARE:
            return LeftOutColumn(**common, reason=_why_telling(summary, once, rare))
    # In order of the levels where they are as frequent, so that the order of rows is no matter.
    frequent = sorted(summary.counts.items(), key=lambda item: (-item[1], item[0]))
    own = [text for text, count in frequent[:MOST_LEVELS] if count > least or count == n_values]
    rest = frequent[len(own) :]
    many = len(rest) > SHARED or summary.n_uncounted > 0
    by_bucket: dict[int, str | None] = defaultdict(lambda: None)
    n_shared = SHARED if many else 1
    for text, _ in reversed(rest):
        by_bucket[bucket(text, n_shared)] = text
    return CategoryColumn(
        levels=tuple(own),
        shared=tuple(by_bucket[i] for i in range(n_shared)),
        categories=summary.categories,
        reason=f"{len(own):,} of {summary.n_levels:,} levels have a number of their own"
        if rest
        else "",
        **common,
    )


def _why_telling(summary: LevelSummary, once: int, rare: float) -> str:
    dates = f" ({_DATES})" if all(map(_LIKE_A_DATE.match, summary.counts)) else ""
    if summary.n_levels == summary.n_values:
        return f"every value is another, as names and numbers of rows are{dates}"
    times = "once" if once == 1 else f"{once} times at most"
    return f"{rare:.0%} of its values occur {times}, as names and numbers of rows do{dates}"
