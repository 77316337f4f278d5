"""Maps of MNIST, digits and a census: Map beside PCA, an autoencoder, UMAP and t-SNE.

Every method lays the training rows out and places the test rows, with its own defaults, alone in a
process of its own, three seeds. Figures: accuracy of the five nearest training places, as test
labels tell; trustworthiness (five neighbours) of the first 10,000 training rows and of the test
rows; squared error a number of what comes back; processor and wall seconds. ``--million`` maps and
draws 1,000,000 × 50 instead. Rivals need an environment: ``--rivals PYTHON`` with umap-learn,
openTSNE and parampacmap. Writes results/maps.md.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from map_methods import METHODS
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from isthmus import Map, read, write_map
from isthmus.metrics import trustworthiness
from isthmus.prepare import find_preparation, without_gaps
from isthmus.runs.peak_memory import peak_memory

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("ISTHMUS_DATA", HERE.parents[1] / "shared" / "data"))
OWN = ("Isthmus, Map", "Isthmus, Autoencoder", "PCA", "t-SNE")


def mnist():
    images, labels = (
        read(DATA / "mnist" / f"train-{name}-ubyte.gz").to_memory()
        for name in ("images-idx3", "labels-idx1")
    )
    new, known = (
        read(DATA / "mnist" / f"t10k-{name}-ubyte.gz").to_memory()
        for name in ("images-idx3", "labels-idx1")
    )
    rows = [x.reshape(len(x), -1) / np.float32(255) for x in (images, new)]
    return rows[0], rows[1], labels.ravel(), known.ravel()


def digits():
    rows, labels = load_digits(return_X_y=True)
    rows = (rows / 16).astype(np.float32)
    return train_test_split(rows, labels, test_size=0.3, random_state=0, stratify=labels)


def adult():
    """Give the census as all methods can take it: numbers standardized, a column for each level.

    That is how Isthmus prepares the table by itself; so it is told to scale nothing again.
    """
    table = read(DATA / "adult.csv")
    names = [name for name in table.schema.names if name != "income"]
    rows = table.select(names)
    prepared = without_gaps(find_preparation(rows, "auto").matrix(rows)).astype(np.float32)
    labels = np.array(table.select(["income"]).to_memory().column(0).to_pylist()).astype(str)
    return train_test_split(prepared, labels, test_size=0.2, random_state=0, stratify=labels)


DATASETS = {"mnist": mnist, "digits": digits, "adult": adult}
SCALED = ("adult",)


def run(method, seen, new, seed, python, scaling):
    with tempfile.TemporaryDirectory() as folder:
        task, out = Path(folder) / "task.npz", Path(folder) / "out.npz"
        np.savez(task, seen=seen, new=new, seed=seed, method=method, scaling=scaling)
        subprocess.run([python, HERE / "map_methods.py", task, out], check=True)
        with np.load(out, allow_pickle=False) as told:
            return {name: told[name] for name in told.files}


def judged(told, seen, new, labels, known):
    some = slice(None, 10_000)
    figures = {"trust": trustworthiness(seen[some], told["places"][some])}
    if "landed" in told:
        classifier = KNeighborsClassifier(5).fit(told["places"], labels)
        figures["5-NN"] = classifier.score(told["landed"], known)
        figures["trust, new"] = trustworthiness(new, told["landed"])
    for name in ("error", "fit_cpu", "fit_wall", "new_cpu", "new_wall"):
        if name in told:
            figures[name] = float(told[name])
    return figures


COLUMNS = ("5-NN", "trust", "trust, new", "error", "fit_cpu", "new_cpu", "fit_wall", "new_wall")


def table_of(results):
    lines = ["| method | " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * len(COLUMNS)]
    for method, runs in results.items():
        cells = []
        for column in COLUMNS:
            values = [run[column] for run in runs if column in run]
            digits = 1 if "cpu" in column or "wall" in column else 4
            spread = f" ± {np.std(values):.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.{digits}f}{spread}" if values else "–")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def million():
    """Map a million rows of 40 groups in 50 columns, and draw them."""
    generator = np.random.default_rng(0)
    centres = 3 * generator.normal(size=(40, 50))
    which = generator.integers(0, 40, 1_000_000)
    rows = (centres[which] + generator.normal(size=(1_000_000, 50))).astype(np.float32)
    start = time.perf_counter()
    fitted = Map(random_state=0).fit(rows)
    done = time.perf_counter()
    path = Path(tempfile.gettempdir()) / "million.png"
    write_map(fitted, rows, path, labels=which % 10)
    drawn = time.perf_counter()
    peak = peak_memory() / 1e9
    return f"fitted {done - start:.0f} s, placed and drawn {drawn - done:.0f} s, peak {peak:.2f} GB"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("datasets", nargs="*", default=list(DATASETS))
    parser.add_argument("--rivals", help="python of an environment with umap-learn and openTSNE")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--million", action="store_true")
    arguments = parser.parse_args()
    if arguments.million:
        print(million())
        return
    for name in arguments.datasets:
        seen, new, labels, known = DATASETS[name]()
        results = defaultdict(list)
        scaling = "none" if name in SCALED else "auto"
        for seed in range(arguments.seeds):
            for method in arguments.methods:
                python = sys.executable if method in OWN else arguments.rivals
                # t-SNE of so many rows takes an hour, and places no new ones.
                if python is None or (method == "t-SNE" and len(seen) > 5_000):
                    continue
                told = run(method, seen, new, seed, python, scaling)
                results[method].append(judged(told, seen, new, labels, known))
                print(name, seed, method, told["version"], results[method][-1], flush=True)
        print(f"\n## {name}\n\n{table_of(results)}\n", flush=True)


if __name__ == "__main__":
    main()
