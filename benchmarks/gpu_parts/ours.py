"""Isthmus's side of the table: seconds of whole fits, divided by the updates made."""

import sys

from work import ROWS, attempt, flops, record, rows_of, tell

SETTINGS = {"shortcut": False, "random_state": 0, "verbose": False, "learning_rate": 1e-3}


def estimator_of(row, **more):
    """Give the estimator of a row, with its defaults wherever PyTorch's network has the same."""
    import isthmus

    settings = SETTINGS | {"precision": row.precision, "batch_size": row.batch_size} | more
    if row.kind == "convolutional":
        settings |= {"channels": row.widths[:-1], "likelihood": "squared_error"}
        return isthmus.ConvolutionalAutoencoder(row.widths[-1], **settings)
    settings["hidden"] = row.widths[1:-1]
    if row.kind == "variational":
        return isthmus.VariationalAutoencoder(row.widths[-1], likelihood="bernoulli", **settings)
    return isthmus.Autoencoder(row.widths[-1], likelihood="squared_error", **settings)


def shaped(row, data):
    """Give the rows as this estimator takes them: images flat but for convolutions."""
    return data if row.kind == "convolutional" else data.reshape(len(data), -1)


def measure(row, data):
    """Give microseconds per update, held-out rows and the choice of the best included."""
    n_training = len(data) - round(0.1 * len(data))
    steps = -(-n_training // row.batch_size)
    n_epochs = 2 + max(3, -(-row.n_steps // steps))
    estimator = estimator_of(row, max_epochs=n_epochs, patience=n_epochs)
    estimator.fit(shaped(row, data))
    seconds = estimator.history_["seconds"]
    # The first epoch compiles, and after the second one the length of calls has settled.
    per_step = (seconds[-1] - seconds[1]) / ((n_epochs - 2) * steps)
    found = {"us": 1e6 * per_step, "steps": steps, "first": seconds[0]}
    found["loss"] = estimator.history_["validation_loss"][-1]
    if row.kind == "dense":
        found["tflops"] = flops(row) / per_step / 1e12
    return found


def product_rate(precision):
    """Give the rate at which one large product runs here."""
    import time

    import jax
    import jax.numpy as jnp

    n, repetitions = 8192, 20
    kind = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}[precision]
    a, b = (jax.random.normal(jax.random.key(i), (n, n)).astype(kind) for i in range(2))
    multiply = jax.jit(lambda a, b: a @ b)
    multiply(a, b).block_until_ready()
    start = time.perf_counter()
    for _ in range(repetitions):
        result = multiply(a, b)
    result.block_until_ready()
    return {"tflops": repetitions * 2 * n**3 / (time.perf_counter() - start) / 1e12}


def main(names, folder):
    import jax

    import isthmus

    tell(f"isthmus {isthmus.__version__}, jax {jax.__version__}, {jax.devices()}")
    for name in names:
        row = ROWS[name]
        attempt("isthmus", name, measure, row, rows_of(row, folder))
    if len(names) == len(ROWS):
        for precision in ("float32", "bfloat16"):
            attempt("product", precision, product_rate, precision)
    device = jax.devices()[0]
    record(
        "device",
        str(device.device_kind),
        peak=(device.memory_stats() or {}).get("peak_bytes_in_use"),
    )


if __name__ == "__main__":
    main(sys.argv[2:] or list(ROWS), sys.argv[1])
