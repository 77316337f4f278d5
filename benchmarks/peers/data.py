"""The data, made once with a fixed seed and kept as .npy, so that every process only loads it."""

import os
from pathlib import Path

import numpy as np

N_TEST = 2_000
N_TRANSFORM = 1_000_000


def prepare(folder, shared):
    """Write what is missing, and tell where the images come from."""
    folder.mkdir(parents=True, exist_ok=True)
    source = "MNIST" if (shared / "mnist").is_dir() else "synthetic images"
    makers = {"table": make_table, "digits": load_digits, "images": lambda: load_images(shared)}
    marks = {"table": "made", "digits": "scikit-learn", "images": source}
    for name, make in makers.items():
        mark = folder / f"{name}.source"
        if mark.exists() and mark.read_text() == marks[name]:
            continue
        for part, array in make().items():
            save(folder / f"{name}-{part}.npy", array)
        mark.write_text(marks[name])
    return source


def save(path, array):
    temporary = path.with_suffix(".part")
    with open(temporary, "wb") as file:
        np.save(file, np.ascontiguousarray(array, np.float32))
    os.replace(temporary, path)


def make_table():
    """Give a curved surface of six dimensions in thirty, with noise, standardized."""
    generator = np.random.default_rng(0)
    n_rows = N_TRANSFORM
    first, second = generator.normal(size=(6, 40)), generator.normal(size=(40, 30)) / np.sqrt(40)
    latent = generator.normal(size=(n_rows, 6)).astype(np.float32)
    x = np.tanh(latent @ first.astype(np.float32)) @ second.astype(np.float32)
    x += 0.1 * generator.normal(size=x.shape).astype(np.float32)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return {"train": x[:20_000], "test": x[20_000 : 20_000 + N_TEST], "transform": x}


def load_digits():
    from sklearn.datasets import load_digits as load

    x = load().data / 16
    x = x[np.random.default_rng(0).permutation(len(x))]
    return {"train": x[:1_500], "test": x[1_500:]}


def load_images(shared):
    """Give 28 × 28 grey images in [0, 1]: MNIST, or blobs that move, turn and change size."""
    if (shared / "mnist").is_dir():
        import gzip

        def read(part):
            path = Path(shared) / "mnist" / f"{part}-images-idx3-ubyte.gz"
            return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16)

        parts = {"train": read("train"), "test": read("t10k")}
        n_rows = {"train": 10_000, "test": N_TEST}
        return {name: x.reshape(-1, 784)[: n_rows[name]] / 255 for name, x in parts.items()}
    generator = np.random.default_rng(0)
    down, across = np.mgrid[-1:1:28j, -1:1:28j].reshape(2, 1, -1)
    x = np.zeros((10_000 + N_TEST, 784))
    for _ in range(3):
        centre = generator.uniform(-0.5, 0.5, (2, len(x), 1))
        angle, length = generator.uniform(0, np.pi, (len(x), 1)), generator.uniform(2, 4)
        along = (down - centre[0]) * np.cos(angle) + (across - centre[1]) * np.sin(angle)
        beside = (across - centre[1]) * np.cos(angle) - (down - centre[0]) * np.sin(angle)
        x = np.maximum(x, np.exp(-length * along**2 - 60 * beside**2))
    return {"train": x[:10_000], "test": x[10_000:]}
