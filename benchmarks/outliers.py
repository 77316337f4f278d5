"""Outliers by `score_samples`, on the tables of ADBench as they are and scaled to [0, 1].

Fitted on 70 % of the rows, labels never seen, judged on the others by the area under the ROC curve;
all defaults, tables cut to 10,000 rows. What a scaler does to data must not turn scores around.
"""

import os
import platform
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from isthmus import Autoencoder, DataWarning

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
MOST_ROWS = 10_000


def load(path):
    stored = np.load(path)
    X, y = stored["X"].astype(float), stored["y"]
    chosen = np.random.default_rng(0).permutation(len(X))[:MOST_ROWS]
    return train_test_split(X[chosen], y[chosen], test_size=0.3, stratify=y[chosen], random_state=0)


def area(train, test, outlier):
    size = max(1, min(8, train.shape[1] // 2))
    model = Autoencoder(size, random_state=0, verbose=False).fit(train)
    return roc_auc_score(outlier, -model.score_samples(test))


def main():
    versions = " ".join(f"{name} {version(name)}" for name in ("isthmus", "jax", "scikit-learn"))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {versions}\n")
    print("| table | rows | columns | as it is | in [0, 1] |\n|---|---:|---:|---:|---:|")
    areas = []
    for path in sorted((DATA / "adbench").glob("*.npz"), key=lambda p: int(p.stem.split("_")[0])):
        train, test, _, outlier = load(path)
        scaler = MinMaxScaler().fit(train)
        pair = [
            area(train, test, outlier),
            area(scaler.transform(train), scaler.transform(test), outlier),
        ]
        areas.append(pair)
        n_rows, n_columns = len(train) + len(test), train.shape[1]
        print(
            f"| {path.stem} | {n_rows:,} | {n_columns:,} | {pair[0]:.3f} | {pair[1]:.3f} |",
            flush=True,
        )
    raw, scaled = np.mean(areas, axis=0)
    print(f"| mean | | | {raw:.4f} | {scaled:.4f} |")


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.simplefilter("ignore", DataWarning)
    main()
