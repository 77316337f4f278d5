"""Run one contender on one workload in this process, and print one line of JSON.

``python contend.py MODULE WORKLOAD --data FOLDER --scratch FOLDER``, as `run.py` calls it.

A contender is a module in `contenders/` with one function for each kind of workload that it
can do, ``kind(workload, train, epochs, seed, mark, scratch) -> Fitted``. It calls `mark` at the
end of every epoch. ``PACKAGES`` names what its versions are read from, ``NOTE`` says where it
differs from what was asked for, and ``UNSUPPORTED`` gives reasons for kinds that it leaves out.
"""

import argparse
import contextlib
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from workloads import WORKLOADS


@dataclass
class Fitted:
    """What a contender gives back: functions of an array of rows, and one of a path."""

    reconstruct: Callable | None = None
    transform: Callable | None = None
    save: Callable | None = None
    more: dict = field(default_factory=dict)


class Clock:
    """Seconds and CPU seconds, at the end of each epoch."""

    def __init__(self, start):
        self.start, self.cpu_start = start, 0.0
        self.seconds, self.cpu_seconds = [], []

    def mark(self):
        self.seconds.append(time.time() - self.start)
        # Children count too: compilers run in them.
        self.cpu_seconds.append(sum(os.times()[:4]) - self.cpu_start)

    def restart(self):
        self.__init__(time.time())
        self.cpu_start = sum(os.times()[:4])


def contend(arguments):
    """Give the result as a dictionary."""
    clock = Clock(arguments.started or time.time())
    workload = WORKLOADS[arguments.workload]
    module = importlib.import_module(f"contenders.{arguments.module}")
    trains = {"transform": "dense", "cold": "dense"}.get(workload.kind, workload.kind)
    reasons, fit = getattr(module, "UNSUPPORTED", {}), getattr(module, trains, None)
    if workload.kind in reasons or fit is None:
        return {"unsupported": reasons.get(workload.kind, f"has no {trains} model")}

    import numpy as np

    def load(part):
        return np.load(arguments.data / f"{workload.data}-{part}.npy")

    train, seed, scratch = load("train")[: workload.n_rows], arguments.seed, arguments.scratch
    n_marks = arguments.epochs + 1
    if workload.kind == "transform":
        fitted = fit(workload, train, 1, seed, lambda: None, scratch)
        if fitted.transform is None:
            return {"unsupported": "gives no codes"}
        rows = load("transform")
        clock.restart()
        for _ in range(n_marks):
            fitted.transform(rows)
            clock.mark()
    elif workload.kind == "linear":
        for _ in range(n_marks):
            fitted = fit(workload, train, 1, seed, None, scratch)
            clock.mark()
    else:
        fitted = fit(workload, train, n_marks, seed, clock.mark, scratch)
    if len(clock.seconds) != n_marks:
        return {"failed": f"counted {len(clock.seconds)} epochs, expected {n_marks}"}
    result = {
        "first": clock.seconds[0],
        "seconds": (clock.seconds[-1] - clock.seconds[0]) / arguments.epochs,
        "cpu_seconds": (clock.cpu_seconds[-1] - clock.cpu_seconds[0]) / arguments.epochs,
    }
    if workload.kind == "cold":
        if fitted.save is None:
            return {"unsupported": "cannot save"}
        fitted.save(scratch / "model")
        clock.mark()
        result |= {"seconds": clock.seconds[-1], "cpu_seconds": clock.cpu_seconds[-1]}
    result["peak_mib"] = peak_memory()
    # One epoch before a transform says nothing about learning.
    if fitted.reconstruct is not None and workload.kind != "transform":
        test = load("test")
        back = np.asarray(fitted.reconstruct(test)).reshape(test.shape)
        result["error"] = float(np.mean((back - test) ** 2, dtype=np.float64))
    result["versions"] = {name: version(name) for name in module.PACKAGES}
    result["note"] = getattr(module, "NOTE", "")
    return result | fitted.more


def peak_memory():
    """Give the most memory that this process had, in MiB."""
    status = Path("/proc/self/status")
    # Linux counts what the parent had before this program began as its own, except here.
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**10
    import resource

    # Bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("module")
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True, help="an empty folder to write to")
    parser.add_argument("--epochs", type=int, default=None, help="after the first")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--started", type=float, default=None, help="when the process was started")
    arguments = parser.parse_args()
    if arguments.epochs is None:
        arguments.epochs = WORKLOADS[arguments.workload].epochs
    # What libraries print must not mix with the one line.
    with contextlib.redirect_stdout(sys.stderr):
        result = contend(arguments)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
