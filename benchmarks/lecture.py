"""The models of the lecture on MNIST, beside PCA and what was published.

Run all or some: ``python benchmarks/lecture.py denoising sparse convolutional variational``.
Choices were made on the last 10,000 training images; the test images are looked at once.
"""

import gzip
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import jax
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from isthmus import (
    Autoencoder,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
)

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))


def load(name, offset):
    content = gzip.decompress((DATA / "mnist" / name).read_bytes())
    return np.frombuffer(content, np.uint8, offset=offset)


def load_images(part):
    pixels = load(f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    return (pixels / 255).astype(np.float32)


def load_labels(part):
    return load(f"{part}-labels-idx1-ubyte.gz", 8)


def squared_error(x, y):
    return float(np.sum((x - y) ** 2, dtype=np.float64) / len(x))


def fit(model, x):
    start = time.perf_counter()
    model.fit(x)
    return time.perf_counter() - start


def denoising(train, test):
    """Mean squared error per pixel to the clean test images."""
    flat, clean = train.reshape(len(train), -1), test.reshape(len(test), -1)
    for corruption, level in (("masking", 0.25), ("gaussian", 0.3)):
        model = DenoisingAutoencoder(
            64, corruption=corruption, level=level, max_epochs=8, random_state=0
        )
        seconds = fit(model, flat)
        noise = model.corruption_in_training
        noisy, validation = (
            np.asarray(noise(x, np.ones(len(x)), jax.random.key(1))) for x in (clean, flat[-5000:])
        )
        best = min(
            (np.mean((pca.inverse_transform(pca.transform(validation)) - flat[-5000:]) ** 2), k)
            for k in (10, 20, 30, 40, 60, 80, 120, 200, 300)
            for pca in [PCA(k, random_state=0).fit(flat[:-5000])]
        )
        pca = PCA(best[1], random_state=0).fit(flat)
        errors = {
            "noisy": noisy,
            "denoised": model.denoise(noisy),
            f"PCA-{best[1]}": pca.inverse_transform(pca.transform(noisy)),
        }
        figures = ", ".join(f"{n} {np.mean((y - clean) ** 2):.5f}" for n, y in errors.items())
        print(f"denoising, {corruption} {level}: {figures}  ({seconds:.0f} s)", flush=True)


def sparse(train, test):
    """Test error of logistic regression on top-k codes, in percent."""
    model = SparseAutoencoder(1000, k=25, max_epochs=40, random_state=0)
    flat, flat_test = train.reshape(len(train), -1), test.reshape(len(test), -1)
    seconds = fit(model, flat)
    dead = len(model.dead_units(flat))
    print(f"sparse: {dead} of 1,000 units dead  ({seconds:.0f} s)", flush=True)
    labels, test_labels = load_labels("train"), load_labels("t10k")
    for k in (25, 75):
        codes, test_codes = model.transform(flat, k=k), model.transform(flat_test, k=k)
        scale = codes.std()
        best = max(
            (
                LogisticRegression(C=c, max_iter=1000)
                .fit(codes[:50_000] / scale, labels[:50_000])
                .score(codes[50_000:] / scale, labels[50_000:]),
                c,
            )
            for c in (0.03, 0.1, 0.3, 1.0)
        )
        classifier = LogisticRegression(C=best[1], max_iter=1000).fit(codes / scale, labels)
        error = 100 * (1 - classifier.score(test_codes / scale, test_labels))
        print(
            f"sparse: logistic regression on the {k} largest, C={best[1]:g}: test error "
            f"{error:.2f} % (validation {100 * (1 - best[0]):.2f} %; published 1.35 % by memory)",
            flush=True,
        )


def convolutional(train, test):
    """Test squared error per image, code of 30."""
    for model in (
        ConvolutionalAutoencoder(30, max_epochs=15, random_state=0),
        Autoencoder(30, hidden=[1000, 500, 250], max_epochs=15, random_state=0),
    ):
        seconds = fit(model, train)
        size = sum(np.size(leaf) for leaf in jax.tree.leaves(model.model_))
        error = squared_error(test, model.reconstruct(test))
        print(
            f"{type(model).__name__}: {size:,} weights, {error:.3f}  ({seconds:.0f} s)", flush=True
        )


def variational(train, test):
    """Bound and log-likelihood on stochastically binarized MNIST, in nats."""
    flat = train.reshape(len(train), -1)
    grey = test.reshape(len(test), -1)
    binary = (np.random.default_rng(0).random(grey.shape) < grey).astype(np.float32)
    per_epoch = None
    for n_epochs in (10, 50, None):
        n_epochs = n_epochs or int(15 * 60 / per_epoch)
        model = VariationalAutoencoder(
            50, hidden=[200, 200], binarize=True, max_epochs=n_epochs, early_stopping=False,
            validation_fraction=1 / 60, random_state=0,
        )  # fmt: skip
        seconds = fit(model, flat)
        per_epoch = seconds / n_epochs
        estimate = model.log_likelihood(binary[:1000], n_samples=5000)
        print(
            f"variational, {n_epochs} epochs: training bound {model.history_['loss'][-1]:.2f}, "
            f"test bound {-model.elbo(binary).mean():.2f}, test NLL of 1,000 with 5,000 samples "
            f"{-estimate.mean:.2f} ± {estimate.standard_error:.2f}, "
            f"{len(model.active_units(binary))} active units  ({seconds:.0f} s)",
            flush=True,
        )
    print("published: VAE 86.76 (from memory), IWAE-50 84.78 (Burda et al. 2016, 3,280 epochs)")


if __name__ == "__main__":
    names = ("isthmus", "jax", "numpy", "scikit-learn")
    print(platform.python_version(), *(f"{name} {version(name)}" for name in names))
    chosen = sys.argv[1:] or ["denoising", "sparse", "convolutional", "variational"]
    train, test = load_images("train"), load_images("t10k")
    for name in chosen:
        globals()[name](train, test)
