"""Training with matrix products in bfloat16 beside float32: time of an epoch and loss reached.

Run it: ``python benchmarks/precision.py [--rows 10000] [--epochs 5] [--repetitions 3]``. Images
of MNIST, both in turns; the first epoch, which compiles, does not count. What the processor has
for products in bfloat16 is printed.
"""

import argparse
import os
import platform
import statistics
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from isthmus import Autoencoder, ConvolutionalAutoencoder, VariationalAutoencoder, read

PRECISIONS = ("float32", "bfloat16")
MODELS = {
    "784-32-8": partial(Autoencoder, 8, hidden=32),
    "784-1000-500-250-30": partial(Autoencoder, 30, hidden=(1000, 500, 250)),
    "convolutional, 32 and 64 channels": partial(ConvolutionalAutoencoder, 30),
    "variational, 200-200, 50": partial(VariationalAutoencoder, 50, hidden=(200, 200)),
}


def instructions():
    """Give what the processor has for bfloat16, as Linux tells."""
    path = Path("/proc/cpuinfo")
    flags = set(path.read_text().split()) if path.exists() else set()
    return sorted(flags & {"avx512_bf16", "amx_bf16"}) or ["none for bfloat16"]


def measure(make, precision, images, n_epochs):
    """Give seconds per epoch and the loss of the held-out images."""
    model = make(
        precision=precision,
        max_epochs=n_epochs,
        patience=n_epochs,
        batch_size=256,
        random_state=0,
        verbose=False,
    ).fit(images)
    seconds = model.history_["seconds"]
    return (seconds[-1] - seconds[0]) / (n_epochs - 1), model.history_["validation_loss"][-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("ISTHMUS_DATA", "../shared/data"))
    parser.add_argument("--data", type=Path, default=default, help="folder that holds mnist/")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()

    images = read(options.data / "mnist" / "train-images-idx3-ubyte.gz").to_memory()
    images = np.ascontiguousarray(images[: options.rows])
    names = ("isthmus", "jax", "numpy")
    print(f"{os.cpu_count()} cores with {', '.join(instructions())}, ", end="")
    print(f"Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in names))
    print("network | float32, s an epoch | bfloat16 | float32 / bfloat16 | held-out losses")
    for name, make in MODELS.items():
        pairs = [
            [measure(make, precision, images, options.epochs) for precision in PRECISIONS]
            for _ in range(options.repetitions)
        ]
        exact, rounded = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
        ratios = sorted(pair[0][0] / pair[1][0] for pair in pairs)
        losses = ", ".join(f"{loss:.4g}" for _, loss in pairs[0])
        print(
            f"{name} | {exact:.3f} | {rounded:.3f} | {exact / rounded:.2f} "
            f"({ratios[0]:.2f}–{ratios[-1]:.2f}) | {losses}",
            flush=True,
        )


if __name__ == "__main__":
    main()
