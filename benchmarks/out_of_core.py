"""Training on files larger than memory: cost per row, peak memory, and rate beside memory's.

Run it: ``python benchmarks/out_of_core.py [rows] [peak] [rate] [--scale 0.01] [--folder DIR]``; all
three by default. Every figure comes from a process of its own; `--scale` makes all files smaller by
that factor, for a trial. A rate is that of the epochs after the first one, which compiles; the two
passes before it, for the scale and for the held-out rows, count in a whole fit's seconds alone. The
files are made in a temporary folder, one at a time (the largest takes 8 GB), and taken away.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

import isthmus
from isthmus.io import limited_memory
from isthmus.runs import peak_memory as memory

NARROW, WIDE = 30, 784
SMALL, LARGE = "8", "1000-500-250-30"  # codes, and layers before them where they are named
ROW_GROUP = 16_384
EPOCHS = 3
MOST_EPOCHS = 20
REPETITIONS = 3
MEASURED = Path(__file__).resolve()


def make(path, n_rows, n_columns):
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(8, n_columns)).astype(np.float32)
    schema = pa.schema([(f"x{i}", pa.float32()) for i in range(n_columns)])
    options = {"compression": "none", "use_dictionary": False}
    with parquet.ParquetWriter(path, schema, **options) as writer:
        for start in range(0, n_rows, ROW_GROUP):
            n = min(ROW_GROUP, n_rows - start)
            rows = np.tanh(generator.normal(size=(n, 8)).astype(np.float32) @ mixing)
            rows += 0.1 * generator.normal(size=rows.shape).astype(np.float32)
            columns = [pa.array(np.ascontiguousarray(column)) for column in rows.T]
            writer.write_table(pa.table(columns, schema=schema))


def fit(path, budget, network=SMALL, n_epochs=EPOCHS):
    """Train, and give what it took; the first epoch compiles and is left out of the rate."""
    start = time.perf_counter()
    *hidden, n_components = map(int, network.split("-"))
    n_epochs = int(n_epochs)
    model = isthmus.Autoencoder(
        n_components,
        hidden=hidden or 32,
        max_epochs=n_epochs,
        patience=n_epochs,
        random_state=0,
        verbose=False,
    )
    with limited_memory(budget):
        model.fit(path)
    seconds = model.history_["seconds"]
    n_rows = isthmus.read(path).n_rows - len(model.validation_rows_)
    return {
        "seconds": time.perf_counter() - start,
        "rate": n_rows * (n_epochs - 1) / (seconds[-1] - seconds[0]),
        "validation_loss": model.history_["validation_loss"][-1],
        "peak": memory.peak_memory(),
    }


def scan(path):
    """Read all row groups with pyarrow alone."""
    start, n_rows = time.perf_counter(), 0
    with parquet.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            n_rows += sum(batch.num_rows for batch in file.iter_batches(row_groups=[group]))
    return {"rate": n_rows / (time.perf_counter() - start)}


def alone(what, *arguments):
    """Measure in a process of its own, since peak memory never falls."""
    command = [sys.executable, str(MEASURED), "--alone", what, *map(str, arguments)]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def cost_per_row(folder, scale):
    print("rows, narrow table under 16MB | rows/s in an epoch | µs a row and epoch | whole fit, s")
    path = folder / "rows.parquet"
    for exponent in range(4, 8):
        n_rows = int(10**exponent * scale)
        make(path, n_rows, NARROW)
        n_epochs = max(EPOCHS, min(MOST_EPOCHS, 10**6 // n_rows))
        found = alone("fit", path, "16MB", SMALL, n_epochs)
        print(
            f"{n_rows:>12,} | {found['rate']:>12,.0f} | {1e6 / found['rate']:8.3f} | "
            f"{found['seconds']:8.1f} ({n_epochs} epochs)",
            flush=True,
        )
    path.unlink()


def peak_memory(folder, scale):
    budget = "1GB" if scale == 1 else f"{max(1, int(1024 * scale))}MB"
    print(f"GB of parquet, wide table under --memory {budget} | peak, MB | rows/s")
    path = folder / "peak.parquet"
    for gigabytes in (1, 2, 4, 8):
        make(path, int(gigabytes * scale * 2**30 / (4 * WIDE)), WIDE)
        found = alone("fit", path, budget)
        size = path.stat().st_size / 2**30
        print(f"{size:8.2f} | {found['peak'] / 2**20:8.0f} | {found['rate']:>10,.0f}", flush=True)
    path.unlink()


def streaming_rate(folder, scale):
    print("columns, network | bare scan, rows/s | in memory | streamed | share | held-out losses")
    path = folder / "rate.parquet"
    workloads = ((NARROW, SMALL, 4_000_000), (WIDE, SMALL, 400_000), (WIDE, LARGE, 100_000))
    for n_columns, network, n_rows in workloads:
        make(path, int(n_rows * scale), n_columns)
        n_bytes = int(n_rows * scale) * n_columns * 4
        # A budget of their size: too small for the rows to stay in memory.
        budget = f"{max(1, n_bytes // 2**20)}MB"
        bare = alone("scan", path)["rate"]
        pairs = [
            (alone("fit", path, "64GB", network), alone("fit", path, budget, network))
            for _ in range(REPETITIONS)
        ]
        memory, streamed = (
            statistics.median(pair[side]["rate"] for pair in pairs) for side in (0, 1)
        )
        shares = sorted(streamed["rate"] / memory["rate"] for memory, streamed in pairs)
        losses = ", ".join(f"{found['validation_loss']:.4g}" for found in pairs[0])
        print(
            f"{n_columns:>4}, {network} | {bare:>12,.0f} | {memory:>12,.0f} | {streamed:>12,.0f} | "
            f"{streamed / memory:.2f} ({shares[0]:.2f}–{shares[-1]:.2f}) | {losses}",
            flush=True,
        )
    path.unlink()


PARTS = {"rows": cost_per_row, "peak": peak_memory, "rate": streaming_rate}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", help="rows, peak, rate")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--folder", help="where to make the files")
    options = parser.parse_args()
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            PARTS[name](Path(folder), options.scale)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        print(json.dumps({"fit": fit, "scan": scan}[sys.argv[2]](*sys.argv[3:])))
    else:
        main()
