"""Six sizes of code trained together, beside one alone: seconds an epoch of the small table.

Run it: ``python benchmarks/sweep.py``. Runs are interleaved; ratios are those of medians.
"""

import argparse
import os
import platform
import time

import jax
import numpy as np

from isthmus import Autoencoder, ComponentSweep
from isthmus.training import together

SIZES = (1, 2, 4, 8, 16, 32)
EPOCHS, COMPILED = 40, 10  # the first ones compile and warm up


def seconds_an_epoch(sizes, batch_size, rows):
    """Train, and give the median seconds between the ends of the slowest group's epochs."""
    ends, observe = {}, together._Best.observe

    def note(self, epoch, models):
        ends.setdefault(id(self), []).append(time.perf_counter())
        observe(self, epoch, models)

    autoencoder = Autoencoder(
        hidden=[32], activation="relu", likelihood="squared_error", batch_size=batch_size,
        max_epochs=EPOCHS, verbose=False,
    )  # fmt: skip
    together._Best.observe = note
    try:
        ComponentSweep(autoencoder, components=sizes, random_state=0).fit(rows)
    finally:
        together._Best.observe = observe
    return max(np.median(np.diff(times[COMPILED:])) for times in ends.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5)
    repetitions = parser.parse_args().repetitions
    rows = np.random.default_rng(0).normal(size=(20_000, 30)).astype(np.float32)
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, JAX {jax.__version__}; "
        "20,000 × 30, 32-k-32, milliseconds an epoch"
    )
    print("batch | one, k = 8 | six, k = 1 … 32 | ratio (least–most)")
    for batch_size in (256, 128, 64):
        runs = [
            (seconds_an_epoch((8,), batch_size, rows), seconds_an_epoch(SIZES, batch_size, rows))
            for _ in range(repetitions)
        ]
        one, six = 1e3 * np.median(runs, axis=0)
        ratios = [b / a for a, b in runs]
        print(
            f"{batch_size:>5} | {one:10.2f} | {six:15.2f} | "
            f"{six / one:.2f} ({min(ratios):.2f}–{max(ratios):.2f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
