"""A fit killed by SIGKILL at random moments, resumed each time, and compared with one left alone.

Run it: ``python benchmarks/kills.py [kills] [seed]``; 50 kills take about six minutes. A
checkpoint is written after every call, so that many kills hit while one is being
written; every second one waits for such a moment.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import numpy as np

import isthmus
from isthmus.io import read_model_file

FIT = """
import sys
import numpy as np
from isthmus import Autoencoder, Checkpoint
folder, kind = sys.argv[1:]
model = Autoencoder(
    16, hidden=[512, 256], max_epochs=500, patience=500, batch_size=256, random_state=0
)
model.fit(np.load(f"{folder}/data.npy"), checkpoint=Checkpoint(f"{folder}/{kind}", seconds=0))
model.save(f"{folder}/{kind}.isthmus")
"""


def start(folder, kind):
    arguments = [sys.executable, "-c", FIT, str(folder), kind]
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)


def main():
    n_kills = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    generator = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hidden = generator.normal(size=(3000, 8))
        data = np.tanh(hidden @ generator.normal(size=(8, 128))).astype(np.float32)
        np.save(folder / "data.npy", data)
        path = folder / "killed" / "checkpoint.isthmus"
        n_writing = n_before = n_early = 0
        for number in range(1, n_kills + 1):
            process = start(folder, "killed")
            begin = time.perf_counter()
            if number % 10:
                # The first one is written before anything is trained.
                for _ in range(2):
                    wait_for_change(path, process)
            # Every tenth time at any moment from the start of Python on.
            time.sleep(generator.uniform(0, 1 if number % 10 else 4))
            if number % 2:
                wait_for_part(path, process)
                time.sleep(generator.uniform(0, 0.005))
            early = process.poll() is not None
            process.kill()
            process.communicate()
            n_early += early
            parts = list(path.parent.glob(".*.part"))
            n_writing += bool(parts)
            if path.exists():
                header, _ = read_model_file(path)  # raises if anything is wrong
                where = f"epoch {header['epoch']:4}, step {header['step']:2}"
            else:
                n_before += 1
                where = "before the first checkpoint"
            print(
                f"kill {number:2} after {time.perf_counter() - begin:5.2f} s: {where}"
                f"{', while writing' if parts else ''}{', too late' if early else ''}",
                flush=True,
            )
        for kind in ("killed", "whole"):
            process = start(folder, kind)
            _, error = process.communicate()
            assert process.returncode == 0, error
            print(f"{kind}: {error.strip() or 'from the start to the end'}")
        killed, whole = (isthmus.load(folder / f"{kind}.isthmus") for kind in ("killed", "whole"))
        pairs = zip(jax.tree.leaves(killed.model_), jax.tree.leaves(whole.model_), strict=True)
        same = all(np.array_equal(one, other) for one, other in pairs)
        losses = killed.history_["loss"] == whole.history_["loss"]
        print(
            f"{n_kills} kills, {n_writing} while a checkpoint was being written, {n_before} before "
            f"the first one, {n_early} after the end; every file opened; parameters equal bit for "
            f"bit: {same}; losses equal: {losses}"
        )
        if not (same and losses):
            sys.exit("The killed fit ended otherwise than the one left alone.")


def wait_for_change(path, process):
    before = path.stat().st_mtime_ns if path.exists() else 0
    while process.poll() is None:
        if path.exists() and path.stat().st_mtime_ns != before:
            return
        time.sleep(0.002)


def wait_for_part(path, process):
    while process.poll() is None:
        if any(name.endswith(".part") for name in os.listdir(path.parent)):
            return


if __name__ == "__main__":
    main()
