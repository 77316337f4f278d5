"""Squeeze digits: needs no data and no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import INTERRUPTED, kept, say, stopped, tell
from isthmus.cli.places import save_model


@app.command(sort_key=1)
def demo(
    *,
    output: Annotated[
        Path, Parameter(name=["--output", "-o"], help="Folder for models and report.")
    ] = Path("isthmus-demo"),
    random_state: Annotated[int, Parameter(help="Seed.")] = 0,
) -> int:
    """Squeeze handwritten digits into 2 and into 16 numbers, beside PCA.

    Needs no data and no network: the 1,797 digits come with scikit-learn.
    """
    from sklearn.datasets import load_digits

    from isthmus import Autoencoder
    from isthmus.report import print_table, write_report
    from isthmus.runs import Interruption

    digits: Any = load_digits()
    images = (digits.images / 16).astype("float32")
    estimators = []
    # One Ctrl-C is for both trainings.
    with Interruption():
        for n_components in (2, 16):
            say(f"Training on 1,797 digits of 8 × 8 pixels, {n_components} numbers for each …")
            estimators.append(Autoencoder(n_components, random_state=random_state).fit(images))
    with kept(f"{output} may hold a part of the report, and no models"):
        comparisons = write_report(
            estimators,
            images,
            output,
            labels=digits.target,
            source="scikit-learn’s digits",
            title="Handwritten digits, through a narrow code",
        )
    with kept(f"{output} holds the report, and not all models"):
        for estimator in estimators:
            save_model(estimator, output / f"digits-{estimator.n_components_}.isthmus")
    print_table(comparisons)
    tell(f"Report: {output / 'report.html'}")
    if any(estimator.interrupted_ for estimator in estimators):
        say(f"{stopped()}; what had been learned was kept.")
        return INTERRUPTED
    return 0
