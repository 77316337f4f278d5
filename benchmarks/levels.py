"""Columns of many levels: from how many on levels had better share numbers, measured.

For each table with one column of many levels, and each number of levels that get a number of their
own, an autoencoder is fitted, all defaults but the size of its code and the epochs, and rows that
it did not see are reconstructed. Each fit has a process and a core of its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
CROSSED = {
    "education, occupation": ["education", "occupation"],
    "education, occupation, country": ["education", "occupation", "native.country"],
}
SYNTHETIC = {f"synthetic, {n:,}": n for n in (500, 5_000)}
# Levels with a number of their own, numbers that all others share, and how often a level is rare.
SETTINGS = ("32/16/10", "128/16/10", "128/64/10", "128/256/10", "256/16/5", "512/16/2", "2048/16/0")
N_ROWS, N_HELD_OUT = 16_000, 4_000


def crossed(names, seed):
    """Give Adult with some columns as one."""
    table = pd.read_csv(DATA / "adult.csv")
    many = table[names].fillna("?").agg(" ".join, axis=1)
    table = table.drop(columns=names).assign(many=many)
    return table.sample(N_ROWS + N_HELD_OUT, random_state=seed)


def synthetic(n_levels, seed):
    """Draw levels as frequent as Zipf's law says, each with three numbers that others tell of."""
    generator = np.random.default_rng(seed)
    shares = 1 / np.arange(1, n_levels + 1)
    level = generator.choice(n_levels, N_ROWS + N_HELD_OUT, p=shares / shares.sum())
    told = generator.normal(size=(n_levels, 3))[level]
    told = np.hstack([told, generator.normal(size=(len(told), 2))])
    numbers = told @ generator.normal(size=(5, 8)) + 0.5 * generator.normal(size=(len(told), 8))
    kind = (told @ generator.normal(size=(5, 4))).argmax(axis=1)
    table = pd.DataFrame(numbers).add_prefix("number ")
    return table.assign(kind=[f"kind {i}" for i in kind], many=[f"level {i}" for i in level])


def measure(name, setting, arguments):
    """Fit in this process, and print what came of it."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    from isthmus import Autoencoder
    from isthmus.prepare.columns import choice

    choice.MOST_LEVELS, choice.SHARED, choice.RARE = map(int, setting.split("/"))
    make, what = (crossed, CROSSED) if name in CROSSED else (synthetic, SYNTHETIC)
    table = make(what[name], arguments.seed)
    known, later = table[:N_ROWS], table[N_ROWS:]
    model = Autoencoder(
        arguments.components, max_epochs=arguments.epochs, random_state=arguments.seed
    )
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    model.fit(known)
    seconds = time.process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    back = model.reconstruct(later)
    number = {c: pd.api.types.is_numeric_dtype(table[c]) for c in table}
    right = {c: (back[c] == later[c])[later[c].notna()].mean() for c in table if not number[c]}
    error = [((back[c] - later[c]) ** 2).mean() / later[c].var() for c in table if number[c]]
    found = {
        "levels": known.many.nunique(),
        "width": model.preparation_.n_features,
        "column": right.pop("many"),
        "others": np.mean(list(right.values())),
        "numbers": np.sqrt(np.mean(error)),
        "seconds": seconds,
        "memory": memory / 1024,
    }
    print(json.dumps({name: float(value) for name, value in found.items()}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--components", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--settings", nargs="+", default=SETTINGS)
    parser.add_argument("--tables", nargs="+", default=[*CROSSED, *SYNTHETIC])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        warnings.simplefilter("ignore")
        return measure(*arguments.one, arguments)
    print(
        "| table | levels | own, shared, rare | width | column | others | numbers | seconds | MB |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in arguments.tables:
        for setting in arguments.settings:
            one = [sys.executable, *sys.argv, "--one", name, setting]
            row = json.loads(subprocess.run(one, stdout=-1, check=True).stdout)
            print(
                f"| {name} | {row['levels']:,.0f} | {setting.replace('/', ', ')} "
                f"| {row['width']:,.0f} | {row['column']:.1%} | {row['others']:.1%} "
                f"| {row['numbers']:.3f} | {row['seconds']:.0f} | {row['memory']:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
