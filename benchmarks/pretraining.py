"""Pretraining on MNIST: 784-1000-500-250-30 with logistic units, as first published.

Without pretraining, with layers that learn first as autoencoders and as Boltzmann machines, and
beside them the default network. Prints the test squared error per image after every epoch of the
whole, and the seconds of an epoch. Hinton & Salakhutdinov (2006) publish 3.00 with Boltzmann
machines.
"""

import argparse
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from isthmus import Autoencoder, read
from isthmus.estimators import fitting
from isthmus.training import decode_rows, encode_rows, train

LOGISTIC = {"activation": "sigmoid", "likelihood": "bernoulli"}
RUNS = {
    "logistic": LOGISTIC,
    "logistic, layers as autoencoders": {**LOGISTIC, "pretrain": "autoencoder"},
    "logistic, layers as Boltzmann machines": {**LOGISTIC, "pretrain": "rbm"},
    "defaults": {},
}


def test_error(model, images):
    """Give the mean squared error per image."""
    back = decode_rows(model, encode_rows(model, images))
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
    fitting.train = lambda *parts, **options: train(*parts, **options, observe=observe)
    estimator = Autoencoder(
        30, hidden=[1000, 500, 250], max_epochs=arguments.epochs, random_state=arguments.seed,
        n_pretraining_epochs=arguments.pretraining_epochs, **settings,
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("ISTHMUS_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default, help="folder that holds mnist/")
    parser.add_argument(
        "--rows", type=int, default=None, help="only the first rows; all by default"
    )
    parser.add_argument("--epochs", type=int, default=None, help="the estimator's own by default")
    parser.add_argument("--pretraining-epochs", type=int, default=None, help="for each layer")
    parser.add_argument("--runs", type=int, nargs="*", help="which of the four, counted from 0")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    folder = arguments.data / "mnist"
    rows = read(folder / "train-images-idx3-ubyte.gz").to_memory()[: arguments.rows]
    images = read(folder / "t10k-images-idx3-ubyte.gz").to_memory()
    images = (images.reshape(-1, 784) / 255).astype(np.float32)
    names = ("isthmus", "jax", "numpy")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in names))
    chosen = range(len(RUNS)) if arguments.runs is None else arguments.runs
    for number in chosen:
        measure(*list(RUNS.items())[number], rows, images, arguments)


if __name__ == "__main__":
    main()
