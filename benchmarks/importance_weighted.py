"""Variational autoencoders trained with 1, 5 and 50 importance samples: MNIST, in nats.

The table of Burda, Grosse & Salakhutdinov (2016) for one stochastic layer: 200-200 hidden units,
50 units in the code; the negative log-likelihood of all test images, estimated with 5,000 samples
each, and beside it the bound that was trained, with as many samples as in training. Pixels are
binarized once (Larochelle's files) or anew in every batch, with the shade as the probability of
white. The paper trained 3,280 epochs of tanh units in batches of 20; here all else has its default,
1,000 training images choose the epoch that is kept, and how many there were is in the table.

Every cell is written to a file as it is done, and what that holds is not run again.
"""

import argparse
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from isthmus import VariationalAutoencoder, read

# Recalled figures are marked with (m), as they were not checked against the paper itself.
PUBLISHED = {
    "dynamic": {1: "86.76 (m)", 5: "85.54 (m)", 50: "84.78"},
    "fixed": {1: "88.71 (m)", 5: "–", 50: "87.10"},
}
EPOCHS = {1: 400, 5: 200, 50: 50}


def shades(data, name):
    return read(data / "mnist" / f"{name}-images-idx3-ubyte.gz").to_memory().reshape(-1, 784)


def images(data, binarization):
    """Give what to train on, and the test images in black and white of the same range."""
    if binarization == "fixed":
        folder = data / "binarized_mnist"
        parts = [
            loadmat(folder / f"binarized_mnist_{name}.mat")["X"] for name in ("train", "valid")
        ]
        return np.concatenate(parts), loadmat(folder / "binarized_mnist_test.mat")["X"]
    test = shades(data, "t10k") / 255
    drawn = np.random.default_rng(0).random(test.shape) < test
    return shades(data, "train"), 255 * drawn.astype(np.uint8)


def measure(data, binarization, k, arguments):
    """Train with k samples and judge on the test images."""
    train, test = images(data, binarization)
    test = test[: arguments.images]
    model = VariationalAutoencoder(
        50,
        hidden=[200, 200],
        n_importance_samples=k,
        likelihood="bernoulli",
        binarize=binarization == "dynamic",
        validation_fraction=1 / 60,
        early_stopping=False,
        max_epochs=arguments.epochs or EPOCHS[k],
        random_state=0,
    )
    folder = arguments.results.with_suffix("") / f"{binarization}-{k}"
    model.fit(train[: arguments.rows], checkpoint=folder)
    if model.interrupted_:
        sys.exit("Stopped; the same command goes on from its checkpoint.")
    start = time.perf_counter()
    estimate = model.log_likelihood(test, arguments.samples)
    seconds = time.perf_counter() - start
    return {
        "nll": -estimate.mean,
        "error": estimate.standard_error,
        "bound": -model.log_likelihood(test, k).mean,
        "training": model.history_["loss"][-1],
        "active": len(model.active_units(test)),
        "epochs": len(model.history_["loss"]),
        "fit": round(model.history_["seconds"][-1]),
        "judge": round(seconds),
        "images": len(test),
        "samples": arguments.samples,
    }


def table(results):
    """Give the results in Markdown."""
    lines = [
        "| binarization | k | −log p, test | published | bound with k, test | the same, training"
        " | active units | epochs | training | judging |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for binarization, published in PUBLISHED.items():
        for k, figure in published.items():
            found = results.get(f"{binarization}|{k}")
            if found is not None:
                lines.append(
                    f"| {binarization} | {k} | {found['nll']:.2f} ± {found['error']:.2f} | {figure}"
                    f" | {found['bound']:.2f} | {found['training']:.2f} | {found['active']} of 50"
                    f" | {found['epochs']:,} | {found['fit']:,} s | {found['judge']:,} s |"
                )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("results", type=Path, help="the file of results, JSON")
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--binarization", nargs="*", default=list(PUBLISHED))
    parser.add_argument("--k", type=int, nargs="*", default=[1, 5, 50])
    parser.add_argument("--epochs", type=int, help=f"by default {EPOCHS}, by k")
    parser.add_argument("--samples", type=int, default=5_000)
    parser.add_argument("--images", type=int, default=10_000, help="test images")
    parser.add_argument("--rows", type=int, default=60_000, help="training images")
    arguments = parser.parse_args()
    path = arguments.results
    results = json.loads(path.read_text()) if path.exists() else {}
    for binarization in arguments.binarization:
        for k in arguments.k:
            if f"{binarization}|{k}" in results:
                continue
            results[f"{binarization}|{k}"] = measure(arguments.data, binarization, k, arguments)
            path.write_text(json.dumps(results, indent=1))
            print(f"{binarization}, k = {k}: {results[f'{binarization}|{k}']}", flush=True)
    versions = ", ".join(f"{name} {version(name)}" for name in ("isthmus", "jax", "numpy"))
    print(f"\n{os.cpu_count()} cores, Python {platform.python_version()}, {versions}\n")
    print(table(results))


if __name__ == "__main__":
    main()
