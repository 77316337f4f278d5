"""The table at the end of a fit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from isthmus.report.comparison import Comparison


def print_table(comparisons: Sequence[Comparison], console: Console | None = None) -> None:
    """Print each estimator's error beside PCA's.

    Parameters
    ----------
    comparisons : sequence of Comparison
        One per row of the table.
    console : rich.console.Console or None
        Where to print; standard output by default.
    """
    console = console or Console()
    table = Table(title=f"Squared error per row, on {judged_on(comparisons[0])}")
    table.add_column("model", no_wrap=True)
    for heading in HEADINGS[1:]:
        table.add_column(heading, justify="right")
    for comparison in comparisons:
        table.add_row(*cells(comparison))
    console.print(table)


# Larger changes are told as multiples.
MOST_PERCENT = 9.0

HEADINGS = ("model", "code", "error", "PCA’s", "change", "kept", "PCA’s", "seconds")


def cells(comparison: Comparison) -> list[str]:
    """Give the table's row for one estimator."""
    seconds = comparison.seconds
    return [
        type(comparison.estimator).__name__,
        str(comparison.estimator.n_components_),
        f"{comparison.error:.4g}",
        f"{comparison.pca_error:.4g}",
        change(comparison),
        f"{comparison.explained:.1%}",
        f"{comparison.pca_explained:.1%}",
        "–" if seconds is None else f"{seconds:.1f}",
    ]


def judged_on(comparison: Comparison) -> str:
    """Say which rows the errors are about."""
    return counted(len(comparison.rows), "held-out" if comparison.held_out else "training")


def counted(n_rows: int, kind: str) -> str:
    """Say how many rows of a kind there are."""
    return f"{n_rows:,} {kind} row{'s' * (n_rows != 1)}"


def change(comparison: Comparison) -> str:
    """Say how the error compares with PCA's."""
    if comparison.pca_error == 0:
        return "–"
    ratio = comparison.error / comparison.pca_error - 1
    if abs(ratio) < 5e-4:
        return "equal"
    if ratio > MOST_PERCENT:
        return f"× {ratio + 1:,.0f}"
    return f"{ratio:+.0%}" if abs(ratio) >= 0.01 else f"{ratio:+.1%}"
