"""Are the features found that are there? Synthetic dictionaries, and MNIST beside papers.

Run all or some: ``python benchmarks/sparse.py dictionaries variations zipf mnist``. Settings are
the defaults, but k and what a line names. Strengths were chosen on the draws 0 to 4 of the
dictionaries and on the last 10,000 training images; those of the tables are 10 and up.
"""

import os
import platform
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
from lecture import load_images, load_labels
from sklearn.linear_model import LogisticRegression

from isthmus import SparseAutoencoder

SPARSITIES = ("top_k", "batch_top_k", "jump_relu", "l1")
MAGNITUDES = {
    "uniform": lambda generator, shape: generator.uniform(0.5, 1.5, shape),
    "exponential": lambda generator, shape: generator.exponential(1.0, shape),
    "equal": lambda generator, shape: np.ones(shape),
}


def dictionary_rows(
    seed, n_rows=20_000, n_units=256, noise=0.0, magnitudes="uniform", zipf=False, n_active=5
):
    """Give rows that each add up some of `n_units` unit vectors in 64 dimensions, and these."""
    generator = np.random.default_rng(seed)
    dictionary = generator.normal(size=(n_units, 64))
    dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
    # The largest of log p plus Gumbel noise are a draw without replacement.
    log_p = -np.log(np.arange(1, n_units + 1)) if zipf else np.zeros(n_units)
    keys = log_p + generator.gumbel(size=(n_rows, n_units))
    active = np.argpartition(-keys, n_active, axis=1)[:, :n_active]
    codes = np.zeros((n_rows, n_units))
    drawn = MAGNITUDES[magnitudes](generator, active.shape)
    np.put_along_axis(codes, active, drawn, axis=1)
    rows = codes @ dictionary + noise * generator.normal(size=(n_rows, 64))
    return rows.astype(np.float32), dictionary


def report(name, rows, dictionary, **settings):
    """Fit, and print how near the nearest unit is to each vector of the dictionary."""
    start = time.perf_counter()
    model = SparseAutoencoder(len(dictionary), random_state=0, **settings).fit(rows)
    seconds = time.perf_counter() - start
    if model.interrupted_:
        sys.exit("Stopped; of what is half trained there are no figures.")
    found = model.dictionary_.astype(np.float64)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    cosines = (dictionary @ found.T).max(axis=1)
    print(
        f"| {name} | {cosines.mean():.4f} | {100 * (cosines > 0.9).mean():.1f} % "
        f"| {100 * (model.densities(rows) == 0).mean():.1f} % | {model.n_active(rows).mean():.2f} "
        f"| {seconds:.0f} |",
        flush=True,
    )


def header(title):
    print(f"\n| {title} | mean largest cosine | above 0.9 | dead | active | seconds |")
    print("|---|---|---|---|---|---|", flush=True)


def dictionaries():
    header("256 vectors in 64 dimensions, 5 active, 20,000 rows")
    for seed in (10, 11):
        rows, dictionary = dictionary_rows(seed)
        for sparsity in SPARSITIES:
            for tied in (False, True):
                if sparsity == "l1" and tied:
                    continue
                k = {} if sparsity == "l1" else {"k": 5}
                name = f"{sparsity}, {'tied' if tied else 'untied'}, draw {seed}"
                report(name, rows, dictionary, sparsity=sparsity, tied_weights=tied, **k)


def variations():
    header("other draws, untied")
    for name, changes in {
        "noise 0.1": {"noise": 0.1},
        "exponential magnitudes": {"magnitudes": "exponential"},
        "equal magnitudes": {"magnitudes": "equal"},
        "5,000 rows": {"n_rows": 5_000},
        "60,000 rows": {"n_rows": 60_000},
    }.items():
        rows, dictionary = dictionary_rows(12, **changes)
        for sparsity in ("top_k", "jump_relu"):
            report(f"{sparsity}, {name}", rows, dictionary, k=5, sparsity=sparsity)


def zipf():
    header("512 vectors, as frequent as 1/rank, untied")
    for seed in (13, 14):
        rows, dictionary = dictionary_rows(seed, n_units=512, zipf=True)
        for sparsity in SPARSITIES[:3]:
            report(f"{sparsity}, draw {seed}", rows, dictionary, k=5, sparsity=sparsity)


def mnist():
    """Test error of logistic regression on the codes of 1,000 units."""
    train, test = (load_images(part).reshape(-1, 784) for part in ("train", "t10k"))
    labels, test_labels = load_labels("train"), load_labels("t10k")
    warnings.simplefilter("ignore")
    for tied in (False, True):
        start = time.perf_counter()
        model = SparseAutoencoder(1000, k=25, tied_weights=tied, random_state=0).fit(train)
        seconds = time.perf_counter() - start
        codes, test_codes = model.transform(train, k=75), model.transform(test, k=75)
        scale = codes.std()
        classifier = LogisticRegression(C=0.1, max_iter=200).fit(codes / scale, labels)
        error = 100 * (1 - classifier.score(test_codes / scale, test_labels))
        squares = float(((model.reconstruct(test) - test) ** 2).sum(axis=1).mean())
        print(
            f"MNIST, 1,000 units, k = 25, {'tied' if tied else 'untied'}: squared error "
            f"{squares:.2f}, {len(model.dead_units(train))} dead, logistic regression on the 75 "
            f"largest {error:.2f} % (published 1.35 % by memory; {seconds:.0f} s)",
            flush=True,
        )


if __name__ == "__main__":
    names = ("isthmus", "jax", "numpy", "scikit-learn")
    print(f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()},", end=" ")
    print(", ".join(f"{name} {version(name)}" for name in names))
    for name in sys.argv[1:] or ["dictionaries", "variations", "zipf", "mnist"]:
        globals()[name]()
