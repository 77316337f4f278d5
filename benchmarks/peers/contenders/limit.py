"""The matrix products of the workload alone: forward, and two backward for each layer."""

import time

import numpy as np
from contend import Fitted

PACKAGES = ("numpy",)
NOTE = "no model: matrix products alone, in NumPy"
UNSUPPORTED = dict.fromkeys(("linear", "transform", "cold"), "trains only")


def dense(workload, train, epochs, seed, mark, scratch):
    generator = np.random.default_rng(seed)

    def make(*shape):
        return generator.standard_normal(shape, np.float32)

    products = workload.products()
    calls = []
    for number, (m, k, n) in enumerate(products):
        x, weight, gradient = make(m, k), make(k, n), make(m, n)
        calls.append((x, weight, np.empty((m, n), np.float32)))
        calls.append((x.T, gradient, np.empty((k, n), np.float32)))
        # Nothing asks for the gradient of the data.
        if number:
            calls.append((gradient, weight.T, np.empty((m, k), np.float32)))
    n_steps = -(-workload.n_rows // workload.batch_size)
    for _ in range(epochs):
        for _ in range(n_steps):
            for a, b, out in calls:
                np.matmul(a, b, out=out)
        mark()
    operations = n_steps * sum(2 * a.shape[0] * a.shape[1] * b.shape[1] for a, b, _ in calls)
    return Fitted(more={"operations": operations, "operations_per_second": gemm_rate()})


convolutional = variational = dense


def gemm_rate(size=2048, repetitions=5):
    """Give the best rate seen for one large product, in operations a second."""
    a = np.random.default_rng(0).standard_normal((size, size), np.float32)
    out, seconds = np.empty_like(a), []
    for _ in range(repetitions):
        start = time.perf_counter()
        np.matmul(a, a, out=out)
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)
