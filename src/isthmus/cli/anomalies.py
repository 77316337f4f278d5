"""Find odd rows, and tell why they are odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from pathlib import Path
from typing import Annotated, Any, ClassVar

from cyclopts import Parameter

from isthmus.cli.app import app
from isthmus.cli.messages import MisuseError, say, tell
from isthmus.cli.options import (
    MODEL,
    OUTPUT,
    Data,
    Exclude,
    Kinds,
    Memory,
    Options,
    Output,
    written,
)
from isthmus.cli.places import check_apart, check_model_path, save_model
from isthmus.cli.values import check_parameters, kinds_of, limit_memory
from isthmus.errors import IsthmusError

_MODEL_FILE = ".isthmus"


def _share(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


@Parameter(name="*", group=MODEL)
@dataclass(frozen=True, kw_only=True)
class DetectorOptions(Options):
    """What rows are judged by.

    Parameters
    ----------
    contamination
        Or a number such as 0.05.
    kinds
        Such as zip=category; several with --kind each.
    random_state
        Seed.
    """

    estimator: ClassVar[str] = "OutlierDetector"

    contamination: str | None = written(_share)
    method: str | None = None
    kinds: Kinds = field(default=None, metadata={"read": kinds_of})
    random_state: int = 0


@app.command(sort_key=5)
def anomalies(
    data: Data,
    /,
    *,
    output: Annotated[Output, Parameter(group=OUTPUT)],
    model_out: Annotated[
        Path | None, Parameter(help="Model file to keep the detector in (.isthmus).", group=OUTPUT)
    ] = None,
    n_reasons: Annotated[
        int,
        Parameter(help="The most columns to name for a row; with 0 it is quicker.", group=OUTPUT),
    ] = 3,
    n_shown: Annotated[int, Parameter(help="The oddest rows to print.", group=OUTPUT)] = 5,
    exclude: Exclude = None,
    detector: DetectorOptions = DetectorOptions(),
    memory: Memory = None,
) -> None:
    """Find odd rows, and name the columns that make them odd, with what was expected there.

    Where the first of the files is a detector that --model-out kept, it judges the others.

    Examples: `isthmus anomalies sensors.csv -o scores.csv --model-out odd.isthmus` and
    `isthmus anomalies odd.isthmus new.csv -o scores.csv`

    Parameters
    ----------
    output
        Scores, verdicts and reasons, a line a row: {files_of_tables}.
    """
    saved = Path(data[0]) if data[0].endswith(_MODEL_FILE) else None
    _check_company(saved, data, detector, exclude, model_out)
    check_apart(data, [("--output", output), ("--model-out", model_out)])
    if model_out is not None:
        check_model_path(model_out)
    limit_memory(memory)
    from isthmus.io import check_writable, read, write

    check_writable(output, _schema(n_reasons))
    if saved is not None:
        judge, rows = _loaded(saved), read(data[1:])
    else:
        judge = _detector(detector.given())
        rows = read(data, exclude=exclude or ())
        judge.fit(rows)
    told = _Told(judge, n_shown)
    n_rows = write(output, told.tables(rows, n_reasons))
    if model_out is not None:
        save_model(judge, model_out)
    told.tell()
    say(f"{n_rows:,} scores, {told.n_outliers:,} of them of outliers: {output}")
    if model_out is not None:
        tell(f"Model: {model_out}")


class _Told:
    """What is told of rows that pass by on their way to a file."""

    def __init__(self, judge: Any, n_shown: int) -> None:
        self.judge, self.n_shown = judge, max(n_shown, 0)
        self.n_rows = self.n_outliers = 0
        self.oddest: list[tuple[float, int, str]] = []

    def tables(self, rows: Any, n_reasons: int) -> Iterator[Any]:
        """Give what is written, and take note of the oddest."""
        import numpy as np
        import pyarrow as pa

        for part in self.judge.explain_chunks(rows, n_reasons):
            outliers = part.scores < self.judge.offset_
            seen = [
                (
                    float(part.scores[row]),
                    self.n_rows + int(row) + 1,
                    part.sentence(row) if n_reasons else "",
                )
                for row in np.argsort(part.scores, kind="stable")[: self.n_shown]
            ]
            self.oddest = nsmallest(self.n_shown, [*self.oddest, *seen])
            self.n_rows, self.n_outliers = self.n_rows + len(part), self.n_outliers + outliers.sum()
            yield part.to_arrow(n_reasons).add_column(1, "outlier", pa.array(outliers))

    def tell(self) -> None:
        """Print the oddest rows, the oddest first."""
        for score, row, sentence in self.oddest:
            tell(f"row {row:,}: {score:.4g}" + (f"; {sentence}" if sentence else ""))


def _check_company(
    saved: Path | None,
    data: list[str],
    detector: DetectorOptions,
    exclude: list[str] | None,
    model_out: Path | None,
) -> None:
    """Refuse options that a detector that is there already would not follow."""
    if saved is None:
        return
    if len(data) == 1:
        raise MisuseError(f"{saved} is a detector: name the data that it is to judge after it.")
    given = [f"--{name}" for name in detector.given() if name != "random_state"]
    given = ["--kind" if name == "--kinds" else name for name in given]
    given += ["--exclude"] * (exclude is not None) + ["--model-out"] * (model_out is not None)
    if given:
        raise MisuseError(f"{given[0]} means nothing to {saved}, which is fitted: leave it away.")


def _detector(given: dict[str, Any]) -> Any:
    from isthmus import OutlierDetector

    detector = OutlierDetector(**given)
    check_parameters(detector)
    return detector


def _loaded(path: Path) -> Any:
    from isthmus import OutlierDetector, load

    detector = load(path)
    if not isinstance(detector, OutlierDetector):
        raise IsthmusError(
            f"{path} holds a {type(detector).__name__}, which is no detector: make one with "
            "isthmus anomalies DATA -o scores.csv --model-out."
        )
    return detector


def _schema(n_reasons: int) -> Any:
    """Give what the table will look like."""
    if n_reasons < 0:
        raise MisuseError(f"--n-reasons {n_reasons} is no number of columns: choose 0 or more.")
    from isthmus.io.dataset import Schema

    kinds = ("string", "double", "double", "double") * n_reasons
    names = tuple(f"{i}" for i in range(2 + len(kinds)))
    return Schema(names, ("double", "bool", *kinds), (len(names),))
