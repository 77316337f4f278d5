"""Test error of autoencoders beside PCA of the same size: all defaults, many data sets.

Every model gets the size of the code and a seed, nothing else; PCA the same training rows in the
same scale. Both are judged by the squared error of rows that neither has seen. Results are kept
in a file as they come, and what it holds is not run again.
"""

import argparse
import json
import os
import platform
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

import isthmus
from isthmus import DataWarning, read
from isthmus.io import as_dataset
from isthmus.models import Model
from isthmus.prepare import as_float
from isthmus.training import over_rows

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
MODELS = (
    "Autoencoder",
    "DenoisingAutoencoder",
    "StackedAutoencoder",
    "VariationalAutoencoder",
    "ConvolutionalAutoencoder",
)
MOST_ROWS = 10_000
MOST_COMPONENTS = 30


def low_rank(n_rows=2000, n_features=40, rank=6, noise=0.3):
    """Rows of a linear model with noise: nothing beats PCA there."""
    generator = np.random.default_rng(1)
    factors = generator.normal(size=(n_rows, rank)) @ generator.normal(size=(rank, n_features))
    return factors + noise * generator.normal(size=factors.shape)


def gaussian(n_rows=2000, n_features=20):
    """Rows of a normal distribution whose standard deviations fall from 1 to 0.1."""
    generator = np.random.default_rng(2)
    deviations = np.geomspace(1, 0.1, n_features)
    rotation = np.linalg.qr(generator.normal(size=(n_features, n_features)))[0]
    return generator.normal(size=(n_rows, n_features)) * deviations @ rotation


def noisy_digits(noise=0.25):
    X = datasets.load_digits().data / 16
    return X + noise * np.random.default_rng(3).normal(size=X.shape)


def curve(n_rows=2000):
    """Rows along a curve in ten dimensions, with a little noise."""
    generator = np.random.default_rng(4)
    t = generator.uniform(-2, 2, size=(n_rows, 1))
    waves = np.sin(t * np.arange(1, 11) / 2 + generator.uniform(0, 6, size=10))
    return waves + 0.05 * generator.normal(size=waves.shape)


def counts(n_rows=2000, n_features=30):
    """Poisson counts around five profiles."""
    generator = np.random.default_rng(5)
    profiles = generator.gamma(1.0, 4.0, size=(5, n_features))
    return generator.poisson(profiles[generator.integers(5, size=n_rows)]).astype(float)


def between_0_and_1(X):
    return (X - X.min(axis=0)) / np.ptp(X, axis=0)


def tables():
    """Yield names and what gives their rows."""
    yield "iris", lambda: datasets.load_iris().data
    yield "wine", lambda: datasets.load_wine().data
    yield "breast cancer", lambda: datasets.load_breast_cancer().data
    yield "diabetes", lambda: datasets.load_diabetes().data
    yield "digits", lambda: datasets.load_digits().images / 16
    yield "digits, noise 0.25", noisy_digits
    yield "digits, noise, clipped", lambda: np.clip(noisy_digits(), 0, 1)
    yield "low rank", low_rank
    yield "low rank in [0, 1]", lambda: between_0_and_1(low_rank())
    yield "Gaussian", gaussian
    yield "Gaussian in [0, 1]", lambda: between_0_and_1(gaussian())
    yield "curve", curve
    yield "counts", counts
    for path in sorted((DATA / "adbench").glob("*.npz"), key=lambda p: int(p.stem.split("_")[0])):
        yield path.stem, lambda path=path: np.load(path)["X"].astype(float)


def images():
    """Yield names and what gives pictures."""
    if (DATA / "mnist").exists():
        yield "MNIST", lambda: read(DATA / "mnist" / "train-images-idx3-ubyte.gz").to_memory()
    if (DATA / "cifar10").exists():
        yield "CIFAR-10", lambda: np.load(DATA / "cifar10" / "cifar10_8000.npz")["images"]


def split(X):
    chosen = np.random.default_rng(0).permutation(len(X))[:MOST_ROWS]
    return train_test_split(X[chosen], test_size=0.3, random_state=0)


def squared_error(a, b):
    return float(np.square(a - b).sum(axis=1, dtype=np.float64).mean())


def measure(name, X, n_components, seed):
    """Give the test errors of a model and of PCA, in the model's scale, and how it went."""
    train, test = split(X)
    start = time.perf_counter()
    model = getattr(isthmus, name)(n_components, random_state=seed, verbose=False).fit(train)
    seconds = time.perf_counter() - start
    if model.interrupted_:
        sys.exit("Stopped; what was half trained is not kept.")
    prepared = [model.preparation_.matrix(as_dataset(rows)) for rows in (train, test)]
    back = over_rows(Model.reconstruct, model.model_, prepared[1])
    known, x = (as_float(matrix).astype(float) for matrix in prepared)
    pca = PCA(n_components, random_state=0).fit(known)
    return {
        "error": squared_error(back, x),
        "pca": squared_error(pca.inverse_transform(pca.transform(x)), x),
        "total": squared_error(known.mean(axis=0), x),
        "likelihood": type(model.model_.likelihood).__name__,
        "epochs": len(model.history_["loss"]),
        "best": model.best_epoch_,
        "seconds": round(seconds, 1),
    }


def run(arguments, results):
    """Fit what the file does not hold yet, and keep each figure as it comes."""
    everything = {**dict(tables()), **dict(images())}
    for data in arguments.data or everything:
        X = everything[data]()
        usual = [max(1, min(MOST_COMPONENTS, X[0].size // 4))]
        cases = [
            (name, size, seed)
            for name in arguments.models
            for size in arguments.sizes or usual
            for seed in range(arguments.seeds)
            if X.ndim > 2 or not name.startswith("Convolutional")
        ]
        for name, size, seed in cases:
            key = f"{name}|{data}|{size}|{seed}"
            if key in results:
                continue
            rows = X if X.ndim == 2 or name.startswith("Conv") else X.reshape(len(X), -1)
            results[key] = found = measure(name, rows, size, seed)
            arguments.results.write_text(json.dumps(results, indent=1))
            change = found["error"] / found["pca"] - 1
            print(
                f"{key:44} {change:+8.1%}  {found['error']:10.4g} {found['pca']:10.4g} "
                f"{found['likelihood']:14} {found['best']:4}/{found['epochs']:<4} "
                f"{found['seconds']:6.1f} s",
                flush=True,
            )


def table(results):
    """Yield the lines of a table: each data set's change, the mean of all seeds and the worst."""
    changes = {}
    for key, found in results.items():
        name, data, size, _ = key.split("|")
        cell = changes.setdefault((data, size), {}).setdefault(name, [])
        cell.append(found["error"] / found["pca"] - 1)
    names = [name for name in MODELS if any(name in row for row in changes.values())]
    yield f"| data | code | {' | '.join(names)} |"
    yield f"|---|---:|{'---:|' * len(names)}"
    for (data, size), row in changes.items():
        cells = [row.get(name) for name in names]
        cells = ["" if c is None else f"{np.mean(c):+.1%} ({max(c):+.1%})" for c in cells]
        yield f"| {data} | {size} | {' | '.join(cells)} |"
    means = {
        name: [np.mean(row[name]) for row in changes.values() if name in row] for name in names
    }
    for what, of in (("median", np.median), ("worst", max)):
        yield f"| **{what}** | | {' | '.join(f'{of(means[name]):+.1%}' for name in names)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="the file of results, JSON")
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--data", nargs="*", help="names of data sets; all by default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", help="of the code")
    arguments = parser.parse_args()
    results = json.loads(arguments.results.read_text()) if arguments.results.exists() else {}
    run(arguments, results)
    versions = " ".join(f"{name} {version(name)}" for name in ("isthmus", "jax", "scikit-learn"))
    print(f"\n{os.cpu_count()} cores, Python {platform.python_version()}, {versions}\n")
    print("\n".join(table(results)))


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.simplefilter("ignore", DataWarning)
    main()
