"""What is promised of a device: equal bits, resuming, a whole training of MNIST, a quick start."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
from work import ROWS, attempt, rows_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

KILLED_AFTER = 3  # calls of the compiled loop
AS_NEEDED = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def arrays_of(estimator, X):
    """Give what a fitted estimator makes of rows, as bytes by name."""
    from same_results import results_of

    return {name: np.asarray(value).tobytes() for name, value in results_of(estimator, X).items()}


def kept(name):
    """Fit the same with the same seed twice, and once more, stopped and gone on with."""
    from inspect import signature

    from same_results import datasets, estimators
    from sklearn.base import clone

    estimator, kind = estimators()[name]
    X, y = datasets()[kind]
    first, second = (arrays_of(clone(estimator).fit(X, y), X) for _ in range(2))
    unequal = [key for key in first if first[key] != second[key]]
    digest = hashlib.sha256(b"".join(first.values())).hexdigest()[:16]
    found = {"equal": not unequal, "unequal": unequal, "digest": digest}
    if name == "linear" or "checkpoint" not in signature(estimator.fit).parameters:
        return found
    after, n_calls = resumed(clone(estimator), X, y)
    unequal = [key for key in first if first[key] != after[key]]
    return found | {"resumed": not unequal, "unequal_resumed": unequal, "stopped_after": n_calls}


def resumed(estimator, X, y):
    """Give what a fit makes that was stopped after some calls, and let go on."""
    from sklearn.base import clone

    from isthmus import Checkpoint
    from isthmus.training.progress_meter import ProgressMeter

    report, calls = ProgressMeter.report, []

    def stopping(meter, *arguments, **options):
        report(meter, *arguments, **options)
        calls.append(None)
        if len(calls) == KILLED_AFTER:
            os.kill(os.getpid(), signal.SIGINT)

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ProgressMeter.report = stopping
        try:
            clone(estimator).fit(X, y, checkpoint=Checkpoint(folder, seconds=0))
        finally:
            ProgressMeter.report = report
        again = clone(estimator).fit(X, y, checkpoint=Checkpoint(folder, seconds=0))
    return arrays_of(again, X), len(calls)


def compiled(name, folder):
    """Compile the programs of a row of the table, whose measuring then finds them ready."""
    from ours import estimator_of, shaped

    if name == "digits":
        return digits(**AS_NEEDED)
    if name == "mnist":
        return mnist(folder, max_epochs=1)
    row = ROWS[name]
    data = rows_of(row, folder)
    start = time.perf_counter()
    estimator_of(row, max_epochs=1).fit(shaped(row, data))
    return {"first": time.perf_counter() - start}


def mnist(folder, **more):
    """Train the network of Hinton and Salakhutdinov with all defaults but its widths."""
    import gzip

    from isthmus import Autoencoder

    def images(name):
        with gzip.open(Path(folder) / "mnist" / name) as file:
            return np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)

    training, test = images("train-images-idx3-ubyte.gz"), images("t10k-images-idx3-ubyte.gz")
    start = time.perf_counter()
    model = Autoencoder(30, hidden=[1000, 500, 250], random_state=0, verbose=False, **more)
    model.fit(training)
    seconds = time.perf_counter() - start
    again = time.perf_counter()
    rebuilt = model.reconstruct(test)
    encoding = time.perf_counter() - again
    error = np.square((rebuilt.astype(np.float32) - test) / 255).sum(axis=(1, 2)).mean()
    history = model.history_["seconds"]
    return {
        "fit": seconds, "loop": history[-1], "first_epoch": history[0], "epochs": len(history),
        "error": float(error), "reconstruct_10000": encoding,
    }  # fmt: skip


DIGITS = """
import time
import numpy as np
from sklearn.datasets import load_digits
X = load_digits().data / 16
times = [time.perf_counter()]
from isthmus import Autoencoder
import jax
jax.devices()
times.append(time.perf_counter())
jax.device_put(np.zeros(1)).block_until_ready()
times.append(time.perf_counter())
model = Autoencoder(8, max_epochs=20, random_state=0, verbose=False).fit(X)
times.append(time.perf_counter())
model.transform(X)
times.append(time.perf_counter())
seconds = model.history_["seconds"]
print(*np.diff(times), seconds[0], seconds[-1])
"""


def digits(**environment):
    """Fit digits for the first time in a process, when others have done so before."""
    command = [sys.executable, "-c", DIGITS]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    ).stdout
    names = ("start", "put", "fit", "encode", "first_epoch", "loop")
    return dict(zip(names, map(float, output.split()[-len(names) :]), strict=True))


def spread(part, folder, names):
    """Let several processes share the device, where no clock runs."""
    n_processes = max(1, min(8, (os.cpu_count() or 1) // 2))
    environment = dict(os.environ, **AS_NEEDED)
    start = [sys.executable, "-u", __file__, folder, part]
    processes = [
        subprocess.Popen([*start, *names[i::n_processes]], env=environment)
        for i in range(min(n_processes, len(names)))
    ]
    for process in processes:
        process.wait()


def main(folder, parts, names):
    os.environ.setdefault("ISTHMUS_CACHE", tempfile.mkdtemp())
    if "digits" in parts:
        # Its processes need the device for themselves, so this one has not touched it yet.
        attempt("digits", "first", digits)
        attempt("digits", "warm", digits)
        attempt("digits", "warm, memory as needed", partial(digits, **AS_NEEDED))
    if "mnist" in parts:
        for name in ("first in the process", "second"):
            attempt("mnist", name, mnist, folder)
    if "compiled" in parts:
        for name in names:
            attempt("compiled", name, compiled, name, folder)
    if "programs" in parts:
        spread("compiled", folder, ["digits", "mnist", *names])
    if "bits" in parts:
        if names:
            for name in names:
                attempt("bits", name, kept, name)
        else:
            from same_results import estimators

            spread("bits", folder, list(estimators()))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","), sys.argv[3:])
