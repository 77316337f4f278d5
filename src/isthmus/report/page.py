"""The report as one page that opens from disk, and its pictures as files."""

from __future__ import annotations

import base64
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment

from isthmus.errors import IsthmusError, printable
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.training_advice import training_advice
from isthmus.io import replacing
from isthmus.report.comparison import Comparison, compare
from isthmus.report.description import likelihood_of, since
from isthmus.report.devices import devices_in_a_line
from isthmus.report.neighborhoods import measure_neighborhoods
from isthmus.report.pictures import draw_all, draw_together
from isthmus.report.terminal import HEADINGS, MOST_PERCENT, cells, change, judged_on

_LISTED_ROWS = 5
_LIBRARIES = ("isthmus", "jax", "scikit-learn", "numpy")


@dataclass(frozen=True)
class _Picture:
    caption: str
    file: str
    data: bytes

    @property
    def address(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.data).decode()


def write_report(
    estimators: BaseAutoencoder | Sequence[BaseAutoencoder],
    X: Any,
    folder: str | os.PathLike[str],
    *,
    labels: Any = None,
    source: str | None = None,
    title: str = "Autoencoder report",
) -> list[Comparison]:
    """Write ``report.html`` and its pictures as PNG files into a folder.

    The page needs nothing from outside. It shows the held-out error beside that of PCA with as
    many components on the same training rows, loss curves, reconstructions, the code, and the
    settings that repeat it.

    Parameters
    ----------
    estimators : estimator or sequence of them
        Freshly fitted on X.
    X : array, frame, path or Dataset
        What they were fitted on.
    folder : str or Path
        Made if it does not exist; files of earlier reports in it are replaced.
    labels : array-like of shape (n_samples,) or None
        Known labels, for colour in pictures only.
    source : str or None
        What the data are called; None takes the name of their file.
    title : str
        Heading of the page.

    Returns
    -------
    list of Comparison
        The figures on the page.
    """
    if isinstance(estimators, BaseAutoencoder):
        estimators = [estimators]
    comparisons = [compare(estimator, X, labels, source) for estimator in estimators]
    save_report(comparisons, folder, title)
    return comparisons


def save_report(
    comparisons: Sequence[Comparison], folder: str | os.PathLike[str], title: str
) -> None:
    """Write the page and the pictures of comparisons already made."""
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IsthmusError(
            f"the report cannot be written to {target} ({(error.strerror or '').lower()}): "
            "choose another folder."
        ) from error
    sections = [_section(comparison) for comparison in comparisons]
    together = [
        _Picture(caption, f"{_slug(caption)}.png", data)
        for caption, data in draw_together(comparisons).items()
    ]
    template = files("isthmus.report").joinpath("page.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    page = environment.from_string(template)
    html = page.render(
        title=title,
        date=date.today().isoformat(),
        headings=HEADINGS,
        judged_on=judged_on(comparisons[0]),
        about_rows=_about_rows(comparisons),
        together=together,
        sections=sections,
        python=platform.python_version(),
        devices=devices_in_a_line(),
        versions={library: version(library) for library in _LIBRARIES},
    )
    for picture in [*together, *(picture for s in sections for picture in s["pictures"])]:
        with replacing(target / picture.file) as temporary:
            temporary.write_bytes(picture.data)
    with replacing(target / "report.html") as temporary:
        temporary.write_text(html, "utf-8")


def _shown(value: Any) -> Any:
    """Let no name turn round the line that it is in, or be there unseen."""
    return printable(value, keep="\n") if isinstance(value, str) else value


def _about_rows(comparisons: Sequence[Comparison]) -> str:
    """Say what part the judged rows had in training."""
    sentences = []
    if any(comparison.held_out for comparison in comparisons):
        sentences.append(
            "Held-out rows also decided which parameters to keep and, with early stopping, when "
            "to stop; no weight was fitted to them."
        )
    trained_on = dict.fromkeys(type(c.estimator).__name__ for c in comparisons if not c.held_out)
    if trained_on:
        sentences.append(
            f"Of {', '.join(trained_on)} no rows are held out: these errors are those of rows that "
            "it has learned from."
        )
    return " ".join(sentences)


def _section(comparison: Comparison) -> dict[str, Any]:
    estimator = comparison.estimator
    return {
        "name": comparison.name,
        "class": type(estimator).__name__,
        "cells": cells(comparison),
        "comparison": comparison,
        "better": comparison.error <= comparison.pca_error,
        "sentences": [
            _sentence(comparison),
            _denoising_sentence(comparison),
            *training_advice([estimator]),
        ],
        "pictures": [
            _Picture(caption, f"{_slug(comparison.name)}-{_slug(caption)}.png", data)
            for caption, data in draw_all(comparison).items()
        ],
        "names": {
            **comparison.columns.replaced,
            **comparison.table_names.replaced,
            **comparison.classes.replaced,
        },
        "neighborhoods": measure_neighborhoods(comparison),
        "rows": None if comparison.image_shape else _worst_and_best_rows(comparison),
        "settings": repr(estimator),
        "parameters": {name: repr(value) for name, value in estimator.get_params().items()},
        "schema": str(estimator.preparation_.schema),
        "scaling": since(estimator.preparation_.scaling, estimator.preparation_.reason),
        "likelihood": likelihood_of(estimator),
    }


def _sentence(comparison: Comparison) -> str:
    rows = "held-out rows" if comparison.held_out else "training rows (none are held out)"
    n = comparison.estimator.n_components_
    start = (
        f"A code of {n} number{'s' if n > 1 else ''} for each row of {comparison.x.shape[1]:,} "
        f"keeps {comparison.explained:.1%} of the variance of the {rows}; PCA with "
        f"{_pca_components(comparison)} keeps {comparison.pca_explained:.1%}."
    )
    if comparison.pca_error == 0:
        return f"{start} With components for all columns, PCA loses nothing."
    ratio = comparison.error / comparison.pca_error - 1
    if change(comparison) == "equal":
        return start
    if ratio > MOST_PERCENT:
        return f"{start} That is {ratio + 1:,.0f} times the squared error."
    word = "less" if ratio < 0 else "more"
    return f"{start} That is {abs(ratio):.0%} {word} squared error."


def _pca_components(comparison: Comparison) -> str:
    n = comparison.n_pca_components
    if n == comparison.estimator.n_components_:
        return "as many components"
    return f"{n:,} components" + (" (its most)" if n == comparison.x.shape[1] else "")


def _denoising_sentence(comparison: Comparison) -> str | None:
    if comparison.denoising is None:
        return None
    noisy, denoised, by_pca = comparison.denoising.errors(comparison.x)
    return (
        f"With {comparison.estimator.corruption_in_training!r}, noise drawn anew, the squared "
        f"distance of these rows from the clean ones is {noisy:.4g}; after the autoencoder it is "
        f"{denoised:.4g}, after PCA {by_pca:.4g}."
    )


def _worst_and_best_rows(comparison: Comparison) -> dict[str, list[tuple[int, float]]]:
    order = np.argsort(comparison.row_errors)
    count = min(_LISTED_ROWS, len(order) // 2)

    def listed(chosen: np.ndarray) -> list[tuple[int, float]]:
        errors = comparison.row_errors
        return [(int(comparison.rows[i]) + 1, float(errors[i])) for i in chosen]

    return {"worst": listed(order[::-1][:count]), "best": listed(order[:count])}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
