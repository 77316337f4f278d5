"""One contender on one workload, in a fresh process that starts from an empty folder."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def launch(module, workload, python, data, variables, epochs=None, timeout=300.0, verbose=False):
    """Give the result of `contend.py`, or why there is none.

    `variables` are added to those of the process; `epochs` replaces the workload's own.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [python, HERE / "contend.py", module, workload]
        command += ["--data", data, "--scratch", folder]
        command += [] if epochs is None else ["--epochs", str(epochs)]
        command += ["--started", repr(time.time())]
        try:
            process = subprocess.run(
                command, cwd=folder, env=os.environ | defaults(folder) | variables,
                timeout=timeout, capture_output=True, text=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"failed": f"took over {timeout:g} seconds"}
    lines = process.stdout.strip().splitlines()
    if process.returncode == 0 and lines:
        return json.loads(lines[-1])
    if verbose:
        print(process.stderr, file=sys.stderr)
    errors = process.stderr.strip().splitlines() or [f"exit status {process.returncode}"]
    return {"failed": errors[-1].replace(str(ROOT), "").replace(folder, "")[:200]}


def n_cores():
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()


def defaults(folder):
    """Give the variables of every contender: all cores, and nothing kept from earlier runs."""
    threads = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    return {f"{name}_NUM_THREADS": str(n_cores()) for name in threads} | {
        "ISTHMUS_CACHE": f"{folder}/cache", "TORCHINDUCTOR_CACHE_DIR": f"{folder}/inductor",
        "KERAS_HOME": f"{folder}/keras", "MPLCONFIGDIR": f"{folder}/matplotlib",
    }  # fmt: skip
