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
    table = Table(title="Squared error per row, beside PCA with as many components")
    for heading in ("model", "judged on"):
        table.add_column(heading)
    for heading in ("error", "PCA", "change", "variance kept", "PCA", "parameters", "seconds"):
        table.add_column(heading, justify="right")
    for comparison in comparisons:
        table.add_row(*cells(comparison))
    # A pipe has no width; the table must not be cut there.
    width = None if console.is_terminal else max(console.width, 130)
    console.print(table, width=width)


def cells(comparison: Comparison) -> list[str]:
    """Give the table's row for one estimator."""
    seconds = comparison.seconds
    return [
        comparison.name,
        judged_on(comparison),
        f"{comparison.error:.4g}",
        f"{comparison.pca_error:.4g}",
        change(comparison),
        f"{comparison.explained:.1%}",
        f"{comparison.pca_explained:.1%}",
        f"{comparison.n_parameters:,}",
        "closed form" if seconds is None else f"{seconds:.1f}",
    ]


def judged_on(comparison: Comparison) -> str:
    """Say which rows the errors are about."""
    kind = "held-out" if comparison.held_out else "training"
    return f"{len(comparison.rows):,} {kind} rows"


def change(comparison: Comparison) -> str:
    """Say how the error compares with PCA's."""
    if comparison.pca_error == 0:
        return "–"
    ratio = comparison.error / comparison.pca_error - 1
    if abs(ratio) < 5e-4:
        return "equal"
    return f"{ratio:+.0%}" if abs(ratio) >= 0.01 else f"{ratio:+.1%}"
