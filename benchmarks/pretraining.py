"""Pretraining on MNIST: 784-1000-500-250-30 with logistic units, as first published.

Prints the table of docs/lecture/pretraining.md: PCA, logistic units without pretraining and with
layers that learn first as autoencoders and as Boltzmann machines (5 epochs a layer, 10 the whole),
the default network as long, and the default network for as long as it trains by default. For each
the test squared error per image over epochs and seconds. Hinton & Salakhutdinov (2006) publish
13.87 for PCA with 30 components, and 3.00 with Boltzmann machines.
"""

import argparse
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from isthmus import Autoencoder, read
from isthmus.fitting import trained
from isthmus.models import Model
from isthmus.training import over_rows, train

LOGISTIC = {"activation": "sigmoid", "likelihood": "bernoulli", "max_epochs": 10}
RUNS = {
    "logistic": LOGISTIC,
    "logistic, layers as autoencoders": {**LOGISTIC, "pretrain": "autoencoder"},
    "logistic, layers as Boltzmann machines": {**LOGISTIC, "pretrain": "rbm"},
    "defaults, 10 epochs": {"max_epochs": 10},
    "defaults": {},
}


def test_error(model, images):
    """Give the mean squared error per image."""
    back = over_rows(Model.reconstruct, model, images)
    return float(np.square(back - images).sum(axis=1, dtype=np.float64).mean())


def measure(name, settings, rows, images, arguments):
    """Fit one network and print its curve."""
    start = time.perf_counter()
    errors = []

    def observe(epoch, model):
        errors.append(test_error(model, images))
        print(f"{epoch:5d}  {time.perf_counter() - start:7.1f}  {errors[-1]:.2f}", flush=True)

    # The estimator's own fit, with a look at the test images after every epoch of the whole;
    # nothing is chosen by them.
    trained.train = lambda *parts, **options: train(*parts, **options, observe=observe)
    epochs = {} if arguments.epochs is None else {"max_epochs": arguments.epochs}
    estimator = Autoencoder(
        30, hidden=[1000, 500, 250], random_state=arguments.seed,
        n_pretraining_epochs=arguments.pretraining_epochs, **{**settings, **epochs},
    )  # fmt: skip
    print(f"{name}\nepoch  seconds  test squared error per image", flush=True)
    estimator.fit(rows)
    history = estimator.history_
    of_layers = [values[-1] / len(values) for key, values in history.items() if "_seconds" in key]
    pretraining = ", ".join(f"{seconds:.1f}" for seconds in of_layers)
    print(
        f"{name}: {test_error(estimator.model_, images):.2f} kept (epoch {estimator.best_epoch_}), "
        f"{history['seconds'][-1] / len(history['seconds']):.1f} s an epoch"
        + (f", layers {pretraining} s an epoch" if pretraining else ""),
        flush=True,
    )


def print_pca(rows, images):
    """Print the error of the first 30 principal components."""
    pca = PCA(30, random_state=0).fit(rows.reshape(len(rows), -1) / 255)
    back = pca.inverse_transform(pca.transform(images))
    print(f"PCA, 30 components: {np.square(back - images).sum(axis=1).mean():.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("ISTHMUS_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default, help="folder that holds mnist/")
    parser.add_argument(
        "--rows", type=int, default=None, help="only the first rows; all by default"
    )
    parser.add_argument(
        "--epochs", type=int, default=None, help="of every run, the table's if None"
    )
    parser.add_argument("--pretraining-epochs", type=int, default=5, help="for each layer")
    parser.add_argument("--runs", type=int, nargs="*", help="which of the five, counted from 0")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    folder = arguments.data / "mnist"
    rows = read(folder / "train-images-idx3-ubyte.gz").to_memory()[: arguments.rows]
    images = read(folder / "t10k-images-idx3-ubyte.gz").to_memory()
    images = (images.reshape(-1, 784) / 255).astype(np.float32)
    names = ("isthmus", "jax", "scikit-learn", "numpy")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print_pca(rows, images)
    chosen = range(len(RUNS)) if arguments.runs is None else arguments.runs
    for number in chosen:
        measure(*list(RUNS.items())[number], rows, images, arguments)


if __name__ == "__main__":
    main()
