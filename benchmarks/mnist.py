"""784-1000-500-250-30 on MNIST: test squared error per image, epoch by epoch, beside PCA.

Run it with ``make bench-mnist``. Hinton & Salakhutdinov (2006) publish 13.87 for PCA with 30
components and 3.00 for this network, pretrained and with logistic units.
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


def test_error(model, images):
    """Give the mean squared error per image."""
    back = over_rows(Model.reconstruct, model, images)
    return float(np.square(back - images).sum(axis=1, dtype=np.float64).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("ISTHMUS_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default, help="folder that holds mnist/")
    parser.add_argument("--epochs", type=int, default=None, help="the estimator's own by default")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    training = read(arguments.data / "mnist" / "train-images-idx3-ubyte.gz")
    images = read(arguments.data / "mnist" / "t10k-images-idx3-ubyte.gz").to_memory()
    images = (images.reshape(-1, 784) / 255).astype(np.float32)
    names = ("isthmus", "jax", "scikit-learn", "numpy")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in names))

    raw = training.to_memory().reshape(-1, 784)
    pca = PCA(30).fit(raw / 255)
    errors = np.square(pca.inverse_transform(pca.transform(images)) - images).sum(axis=1)
    print(f"PCA, 30 components: {errors.mean():.2f}")

    start = time.perf_counter()
    print("epoch  seconds  test squared error per image")

    def observe(epoch, model):
        print(f"{epoch:5d}  {time.perf_counter() - start:7.1f}  {test_error(model, images):.2f}")

    # The estimator's own fit, with a look at the test images after every epoch; nothing is
    # chosen by them.
    trained.train = lambda *arguments, **options: train(*arguments, **options, observe=observe)
    estimator = Autoencoder(
        30, hidden=[1000, 500, 250], max_epochs=arguments.epochs, random_state=arguments.seed
    ).fit(training)
    print(f"kept (epoch {estimator.best_epoch_}): {test_error(estimator.model_, images):.2f}")


if __name__ == "__main__":
    main()
