"""Bytes of a variational autoencoder by bits-back coding, beside its bound: binarized MNIST.

python benchmarks/bits_back.py --epochs 20
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
from scipy.io import loadmat

import isthmus
from isthmus import BitsBack, VariationalAutoencoder

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared/data"))


def rows_of(name):
    path = DATA / f"binarized_mnist/binarized_mnist_{name}.mat"
    return loadmat(path)["X"].astype(np.float32)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    train, test = rows_of("train"), rows_of("test")
    model = VariationalAutoencoder(
        50, hidden=[200, 200], max_epochs=arguments.epochs, random_state=0
    ).fit(train)
    bound = -float(np.mean(model.elbo(test))) / np.log(2) / 8 * len(test)
    print(f"bound: {bound:,.0f} bytes, {bound * 8 / test.size:.4f} bits a pixel")
    for batch_size in (16, 100, 400):
        coder = BitsBack(model, batch_size)
        began = time.perf_counter()
        data = coder.encode(test)
        encoded = time.perf_counter()
        assert (coder.decode(data) == test).all()
        print(
            f"batches of {batch_size}: {len(data):,} bytes, {len(data) * 8 / test.size:.4f} bits a "
            f"pixel, {encoded - began:.0f} s, back in {time.perf_counter() - encoded:.0f} s"
        )
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    report = isthmus.compress(test.astype(np.uint8), folder / "binarized.isz", effort="fast")
    print(f"archive, nothing learned: {report.n_bytes:,} bytes")
    (folder / "binarized.isz").unlink()


if __name__ == "__main__":
    main()
