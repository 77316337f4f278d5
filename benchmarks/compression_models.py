"""File sizes of archives by an autoencoder beside those without one.

    python benchmarks/compression_models.py --write

An autoencoder with the class's defaults is fitted to half of the rows, or to training images, and
the others are compressed. Sizes are of whole files, the decoder in them. Every file is decoded
again in fresh processes.
"""

import argparse
import functools
import os
import tempfile
from pathlib import Path

import numpy as np
from compression import DATA, load_digits, mnist, ours, telling, versions, write

import isthmus

# Tables by their numbers and names, of which an autoencoder sees one half and the other is coded.
TABLES = ((19, "landsat"), (31, "satimage-2"), (25, "musk"), (41, "Waveform"), (35, "SpamBase"))


def cases():
    """Give a name, rows, the allowed share of the range, and what fits an autoencoder to others."""
    rng = np.random.default_rng(0)
    t = np.linspace(0, 4, 100)
    height, decay, speed = rng.uniform([1, 0.2, 1], [2, 1, 2], (20_000, 3)).T[:, :, None]
    pulses = height * np.exp(-decay * t) * np.sin(speed * t)
    pulses += rng.normal(0, 1e-3, pulses.shape)
    tables = {"pulses, 100 columns": (pulses, 4)}
    up, across = rng.normal(size=(4, 40)), rng.normal(size=(40, 200)) / 6
    curved = np.tanh(rng.uniform(-1, 1, (25_000, 4)) @ (1.2 * up) + rng.normal(size=40)) @ across
    tables["curved, 200 columns"] = curved + rng.normal(0, 3e-3, curved.shape), 6
    for number, name in TABLES:
        rows = np.load(DATA / f"adbench/{number}_{name}.npz")["X"]
        rows = rows[rng.permutation(len(rows))[:60_000]]
        tables[f"{name}, {rows.shape[1]} columns"] = rows, max(rows.shape[1] // 4, 2)
    for name, (rows, n_codes) in tables.items():
        half = len(rows) // 2
        fit = fitting(n_codes, rows[:half])
        for share in (1e-2, 1e-3):
            yield name, rows[half:], share, fit
    digits = load_digits()
    yield "digits", digits[1_000:], 0, fitting(16, digits[:1_000])
    yield "MNIST test", mnist(), 0, fitting(32, mnist("train"))


def fitting(n_codes, rows):
    """Give what fits an autoencoder once."""

    @functools.cache
    def fit():
        return isthmus.Autoencoder(n_codes, random_state=0, verbose=False).fit(rows)

    return fit


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--effort", default="default")
    parser.add_argument("--only", help="rows whose names begin so")
    parser.add_argument("--write", action="store_true", help="write results/compression_models.md")
    arguments = parser.parse_args()
    lines, tell = telling()
    tell("| rows | error | without | codec | autoencoder | of that decoder | ratio | seconds |")
    tell("|---|---|---:|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data.isz"
        for case, rows, share, fit in cases():
            if arguments.only and not case.startswith(arguments.only):
                continue
            without = ours(rows, share, arguments.effort, path)
            given = {"model": fit(), "codecs": ["autoencoder"]}
            own = ours(rows, share, arguments.effort, path, **given)
            tell(
                f"| {case} | {share or 'exact'} | {without['bytes']:,} | {without['codec']} | "
                f"{own['bytes']:,} | {own['model']:,} | {without['bytes'] / own['bytes']:.2f} | "
                f"{own['seconds']:.0f} |"
            )
    if arguments.write:
        about = (
            "`make bench-compression` runs `benchmarks/compression_models.py --write`, here with "
            f"`--effort {arguments.effort}` on {os.cpu_count()} cores, with other work on them; "
            f"{versions()}. The autoencoder has the class's defaults and a quarter as many codes "
            "as columns (4 and 6 for pulses and curved, 16 for digits, 32 for MNIST), and was "
            "fitted to other rows than are compressed. Sizes are of whole files, the decoder in "
            "them. Every file was decoded again in fresh processes with one and three threads: "
            "the same bits, and no JAX."
        )
        write("compression_models", "Archives by an autoencoder", about, lines)


if __name__ == "__main__":
    main()
