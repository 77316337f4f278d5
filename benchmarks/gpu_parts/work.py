"""The rows of the table: networks, batch sizes and the data they learn from."""

import gzip
import json
import os
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Row(NamedTuple):
    """A network of one kind, trained by minibatches of one size."""

    kind: str  # "dense", "convolutional" or "variational"
    widths: tuple[int, ...]  # from the data to the code; channels, then the code
    batch_size: int
    data: str
    precision: str = "float32"
    n_steps: int = 400  # about so many are timed

    @property
    def name(self):
        """What tables call it."""
        widths = "-".join(map(str, self.widths))
        kind = "" if self.kind == "dense" else f"{self.kind} "
        suffix = "" if self.precision == "float32" else f" in {self.precision}"
        return f"{kind}{widths}, {self.batch_size:,}{suffix}"


WIDE, LARGE = (784, 1000, 500, 250, 30), (2048, 8192, 4096, 512)

ROWS = {
    "small": Row("dense", (30, 32, 8), 256, "numbers", n_steps=6000),
    "small large-batch": Row("dense", (30, 32, 8), 4096, "numbers", n_steps=2000),
    "wide": Row("dense", WIDE, 256, "images", n_steps=1500),
    "wide large-batch": Row("dense", WIDE, 4096, "images", n_steps=500),
    "convolutional": Row("convolutional", (32, 64, 30), 128, "images", n_steps=1500),
    "convolutional large-batch": Row("convolutional", (32, 64, 30), 2048, "images", n_steps=300),
    "convolutional bfloat16": Row(
        "convolutional", (32, 64, 30), 2048, "images", "bfloat16", n_steps=300
    ),
    "variational": Row("variational", (784, 200, 200, 50), 128, "images", n_steps=3000),
    "large": Row("dense", LARGE, 4096, "wide numbers", n_steps=90),
    "large bfloat16": Row("dense", LARGE, 4096, "wide numbers", "bfloat16", n_steps=90),
}

_NUMBERS = {"numbers": (200_000, 30), "wide numbers": (65_536, 2048)}


def rows_of(row, folder):
    """Give the rows that it learns from: images are uint8 ``(60000, 28, 28)``."""
    return _data(row.data, folder)


@cache
def _data(data, folder):
    generator = np.random.default_rng(0)
    if data in _NUMBERS:
        return generator.standard_normal(_NUMBERS[data], dtype=np.float32)
    path = Path(folder or ".") / "mnist" / "train-images-idx3-ubyte.gz"
    if path.exists():
        with gzip.open(path) as file:
            return np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28).copy()
    tell(f"{path} is not there: images are drawn at random")
    return generator.integers(0, 256, (60_000, 28, 28), dtype=np.uint8)


def flops(row):
    """Count the operations of one update of a dense network: three products a layer, twice."""
    pairs = zip(row.widths, row.widths[1:], strict=False)
    return 3 * 2 * 2 * row.batch_size * sum(a * b for a, b in pairs)


def tell(*words):
    """Print at once."""
    print(*words, flush=True)


def record(part, name, **values):
    """Print a result, and append it to the file of all results if there is one."""
    tell(f"  {part:10} {name:38}", *(f"{key}={_short(value)}" for key, value in values.items()))
    path = os.environ.get("ISTHMUS_BENCH_RESULTS")
    if path:
        with Path(path).open("a") as file:
            file.write(json.dumps({"part": part, "name": name, **values}) + "\n")


def attempt(part, name, function, *arguments):
    """Record what a function gives, or why it gave nothing."""
    start = time.perf_counter()
    try:
        found = function(*arguments)
    except Exception as error:  # one row that fails must not end the others
        reason = f"{type(error).__name__}: {error}"[:600]
        record(part, name, failed=reason)
        return None
    seconds = round(time.perf_counter() - start, 2)
    record(part, name, **found, took=seconds)
    return found


def _short(value):
    return f"{value:.5g}" if isinstance(value, float) else value
