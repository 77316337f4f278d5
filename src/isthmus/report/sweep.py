"""What a sweep over sizes of the code found: a table, a picture, and a file of figures."""

from __future__ import annotations

import csv
import os
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table

from isthmus.errors import IsthmusError
from isthmus.estimators import ComponentSweep
from isthmus.io import replacing
from isthmus.report.pictures.canvas import OURS, PCA, new_figure, to_png
from isthmus.report.terminal import counted

# What a table of four digits would show as the same.
_EQUAL = 1.0005

_HEADINGS = ("components", "error", "standard error", "PCA’s error", "suggested")


def print_sweep(sweep: ComponentSweep, console: Console | None = None) -> None:
    """Print error by size, beside PCA's."""
    rows = counted(len(sweep.validation_rows_), "held-out")
    table = Table(title=f"Squared error per row, on {rows}")
    for heading in _HEADINGS[:-1]:
        table.add_column(heading, justify="right")
    table.add_column(_HEADINGS[-1])
    for row in _rows(sweep):
        table.add_row(str(row[0]), *(f"{number:.4g}" for number in row[1:4]), row[4])
    (console or Console()).print(table)


def write_sweep(sweep: ComponentSweep, folder: str | os.PathLike[str]) -> None:
    """Write ``sweep.png`` and ``sweep.csv`` into a folder.

    Parameters
    ----------
    sweep : ComponentSweep
        Fitted.
    folder : str or Path
        Made if it does not exist; files of earlier sweeps in it are replaced.

    Raises
    ------
    IsthmusError
        The folder cannot be made.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IsthmusError(
            f"the sweep cannot be written to {target} ({(error.strerror or '').lower()}): "
            "choose another folder."
        ) from error
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading.replace("’", "'") for heading in _HEADINGS)
    writer.writerows(_rows(sweep))
    with replacing(target / "sweep.csv") as temporary:
        temporary.write_text(text.getvalue(), "utf-8")
    with replacing(target / "sweep.png") as temporary:
        temporary.write_bytes(draw_sweep(sweep))


def draw_sweep(sweep: ComponentSweep) -> bytes:
    """Draw error against size of the code beside PCA's, as a PNG file."""
    results = sweep.results_
    sizes, errors = results.n_components, results.mean_errors
    figure, axes = new_figure(6.4, 4.0)
    axes.plot(sizes, results.pca_errors, "o--", color=PCA, label="PCA")
    name = type(sweep.best_estimator_).__name__
    axes.errorbar(
        sizes, errors, results.standard_errors, fmt="o-", color=OURS, capsize=3, label=name
    )
    marks = {sweep.elbow_: ["elbow"]}
    marks.setdefault(sweep.n_components_, []).append("within one standard error")
    for size, reasons in marks.items():
        axes.axvline(size, color="#999999", linewidth=0.8, linestyle=":", zorder=0)
        axes.annotate(
            f"{size}: {', '.join(reasons)}",
            (size, axes.get_ylim()[1]),
            textcoords="offset points",
            xytext=(-3, -4),
            ha="right",
            va="top",
            rotation=90,
            fontsize=8,
            color="#666666",
        )
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_ylim(bottom=0)
    axes.set(xlabel="components", ylabel="squared error per held-out row")
    axes.legend(frameon=False)
    return to_png(figure)


def size_to_take(sweep: ComponentSweep) -> str:
    """Say in a sentence which sizes are worth taking, and whether PCA does as well there."""
    results = sweep.results_
    best = results.n_components[results.mean_errors.argmin()]
    sizes = list(dict.fromkeys([sweep.n_components_, sweep.elbow_]))
    if len(sizes) == 1:
        advice = f"Take {sizes[0]}: the curve bends there, and no larger code does clearly better."
    else:
        advice = (
            f"Take {sizes[0]}, the smallest within one standard error of the best ({best}); "
            f"or {sizes[1]}, where the curve bends."
        )
    as_good = [size for size in sizes if _pca_is_as_good(sweep, size)]
    if not as_good:
        return advice
    return (
        f"{advice} PCA is as good with {' and '.join(map(str, as_good))} components: "
        "LinearAutoencoder gives it at once."
    )


def _pca_is_as_good(sweep: ComponentSweep, size: int) -> bool:
    results = sweep.results_
    position = int((results.n_components == size).argmax())
    return bool(results.pca_errors[position] <= results.mean_errors[position] * _EQUAL)


def _rows(sweep: ComponentSweep) -> list[tuple[int, float, float, float, str]]:
    results = sweep.results_
    reasons = {sweep.elbow_: ["elbow"]}
    reasons.setdefault(sweep.n_components_, []).append("within one standard error of the best")
    return [
        (int(size), float(error), float(deviation), float(pca), ", ".join(reasons.get(size, [])))
        for size, error, deviation, pca in zip(
            results.n_components,
            results.mean_errors,
            results.standard_errors,
            results.pca_errors,
            strict=True,
        )
    ]
