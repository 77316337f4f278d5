"""Gaps filled, beside scikit-learn's imputers: 20 % of the cells are hidden, and told.

All imputers are fitted on the table with gaps, and fill it; defaults but where said. Tables are cut
to 10,000 rows. Results are kept in a file as they come, and what it holds is not run again.

For scikit-learn's imputers numbers are standardized. Categories are one-hot for neighbours and for
linear models, and the level with the largest share is taken; for trees they are codes, and trees of
classes tell them, as in MissForest (30 trees, leaves of two rows, five rounds).
"""

import argparse
import json
import os
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer

from isthmus import AutoencoderImputer

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
RESULTS = Path(__file__).parent / "results" / "imputation.md"
TABLES = ("adult", "landsat", "PageBlocks", "Cardiotocography")
MOST_ROWS, HIDDEN = 10_000, 0.2
# Codes of levels begin here, where no standardized number is.
_LEVELS = 10_000.0


class Trees(RegressorMixin, BaseEstimator):
    """Extra trees, of classes where a column holds codes of levels."""

    def __init__(self, random_state=0):
        self.random_state = random_state

    def fit(self, X, y):
        kind = ExtraTreesClassifier if np.min(y) >= _LEVELS else ExtraTreesRegressor
        self.trees_ = kind(30, min_samples_leaf=2, random_state=self.random_state).fit(X, y)
        return self

    def predict(self, X):
        return self.trees_.predict(X)


def load(name):
    if name == "adult":
        table = pd.read_csv(DATA / "adult.csv")
    else:
        (path,) = (DATA / "adbench").glob(f"*_{name}.npz")
        table = pd.DataFrame(np.load(path)["X"].astype(float)).add_prefix("column ")
    chosen = np.random.default_rng(0).permutation(len(table))[:MOST_ROWS]
    return table.iloc[chosen].reset_index(drop=True)


def hide(table, seed):
    """Give the table with gaps, and where values were hidden."""
    drawn = np.random.default_rng(seed).random(table.shape) < HIDDEN
    return table.mask(drawn), drawn & table.notna().to_numpy()


class Numbers:
    """A table as numbers, and back: standardized, categories as shares of levels or as codes."""

    def __init__(self, table, one_hot):
        self.is_number = {c: pd.api.types.is_numeric_dtype(table[c]) for c in table}
        self.columns, parts = table.columns, []
        self.levels = {
            c: sorted(table[c].dropna().unique()) for c in table if not self.is_number[c]
        }
        self.mean, self.deviation = {}, {}
        for c in table:
            if self.is_number[c]:
                self.mean[c], self.deviation[c] = table[c].mean(), table[c].std() or 1.0
                parts.append(
                    ((table[c] - self.mean[c]) / self.deviation[c]).to_numpy(float)[:, None]
                )
                continue
            codes = pd.Categorical(table[c], categories=self.levels[c]).codes.astype(float)
            missing = codes < 0
            if one_hot:
                part = (codes[:, None] == np.arange(len(self.levels[c]))).astype(float)
            else:
                part = codes[:, None] + _LEVELS
            part[missing] = np.nan
            parts.append(part)
        self.one_hot, self.matrix = one_hot, np.concatenate(parts, axis=1)

    def back(self, matrix):
        found, first = {}, 0
        for c in self.columns:
            if self.is_number[c]:
                found[c] = matrix[:, first] * self.deviation[c] + self.mean[c]
                first += 1
            elif self.one_hot:
                width = len(self.levels[c])
                codes = matrix[:, first : first + width].argmax(axis=1)
                found[c] = np.array(self.levels[c], object)[codes]
                first += width
            else:
                last = len(self.levels[c]) - 1
                codes = np.rint(matrix[:, first] - _LEVELS).astype(int).clip(0, last)
                found[c] = np.array(self.levels[c], object)[codes]
                first += 1
        return pd.DataFrame(found)


def mean_or_mode(table, seed):
    of = {
        c: table[c].mean() if pd.api.types.is_numeric_dtype(table[c]) else table[c].mode()[0]
        for c in table
    }
    return table.fillna(of)


def neighbours(table, seed):
    numbers = Numbers(table, one_hot=True)
    return numbers.back(KNNImputer().fit_transform(numbers.matrix))


def linear(table, seed):
    numbers = Numbers(table, one_hot=True)
    return numbers.back(IterativeImputer(random_state=seed).fit_transform(numbers.matrix))


def trees(table, seed):
    numbers = Numbers(table, one_hot=False)
    imputer = IterativeImputer(
        Trees(seed), initial_strategy="most_frequent", max_iter=5, random_state=seed
    )
    return numbers.back(imputer.fit_transform(numbers.matrix))


def autoencoder(table, seed):
    return AutoencoderImputer(random_state=seed, verbose=False).fit_transform(table)


IMPUTERS = {
    "mean, mode": mean_or_mode,
    "AutoencoderImputer": autoencoder,
    "KNNImputer": neighbours,
    "IterativeImputer": linear,
    "with extra trees": trees,
}


def judge(table, filled, hidden):
    """Give the error of numbers in deviations of their columns, and the accuracy of categories."""
    squares, hits = [], []
    for i, c in enumerate(table):
        chosen = hidden[:, i]
        truth, found = table[c].to_numpy()[chosen], filled[c].to_numpy()[chosen]
        if not pd.api.types.is_numeric_dtype(table[c]):
            hits.append(truth == found)
        elif table[c].std() > 0:
            squares.append(((truth - found).astype(float) / table[c].std()) ** 2)
    error = float(np.sqrt(np.mean(np.concatenate(squares))))
    return error, float(np.mean(np.concatenate(hits))) if hits else None


def run(name, seed, label):
    table = load(name)
    given, hidden = hide(table, seed)
    start = time.perf_counter()
    filled = IMPUTERS[label](given, seed)
    seconds = time.perf_counter() - start
    error, accuracy = judge(table, filled, hidden)
    return {"error": error, "accuracy": accuracy, "seconds": seconds}


def page(kept, seeds):
    versions = ", ".join(f"{name} {version(name)}" for name in ("isthmus", "jax", "scikit-learn"))
    draws = "one draw" if len(seeds) == 1 else f"means over {len(seeds)} draws"
    lines = [
        "# Gaps filled",
        "",
        f"`python benchmarks/imputation.py --seeds {len(seeds)}` on {platform.machine()}, "
        f"{os.cpu_count()} cores; {versions}.",
        "",
        f"20 % of the cells are hidden at random, and told from the others; {draws}. Errors are "
        "root mean squares over hidden numbers, in standard deviations of their columns; accuracy "
        "is over hidden categories. Tables are cut to 10,000 rows. Categories are one-hot for "
        "KNNImputer and IterativeImputer (the level with the largest share is taken; these levels "
        "tell each other exactly, so that IterativeImputer never leaves the mode), and codes, told "
        "by classification trees, where there are trees (30 extra trees, five rounds). Seconds are "
        "of one core that other work shared.",
        "",
        "| table | imputer | error | accuracy | seconds |",
        "|---|---|---:|---:|---:|",
    ]
    for name in TABLES:
        for label in IMPUTERS:
            found = [kept[key] for s in seeds if (key := f"{name}, {label}, {s}") in kept]
            if not found:
                continue
            error, seconds = (np.mean([f[what] for f in found]) for what in ("error", "seconds"))
            accuracies = [f["accuracy"] for f in found if f["accuracy"] is not None]
            accuracy = f"{np.mean(accuracies):.3f}" if accuracies else ""
            lines.append(f"| {name} | {label} | {error:.3f} | {accuracy} | {seconds:.0f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", type=Path, default=Path("imputation.json"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    kept = json.loads(options.kept.read_text()) if options.kept.exists() else {}
    seeds = range(options.seeds)
    for seed in seeds:
        for label in IMPUTERS:
            for name in TABLES:
                key = f"{name}, {label}, {seed}"
                if key not in kept:
                    kept[key] = run(name, seed, label)
                    options.kept.write_text(json.dumps(kept, indent=1))
                    print(key, kept[key], flush=True)
    RESULTS.write_text(page(kept, seeds))
    print(page(kept, seeds))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
