"""Tables of every kind of column: what comes back of each, and how fast many rows are prepared.

``python benchmarks/tables.py adult`` fits the census table from its file, all defaults, and prints
for each column what comes back of held-out rows, beside PCA on the same numbers and beside the
mean or the most frequent level. ``python benchmarks/tables.py million`` writes a million rows of 40
mixed columns, and as many of 40 numbers, to parquet, and reads, prepares and trains on both within
a budget of memory.
"""

import argparse
import os
import platform
import resource
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from isthmus import Autoencoder, limited_memory, read, write_report
from isthmus.prepare import find_preparation

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
RESULTS = Path(__file__).parent / "results"
BUDGET = "512MB"
GROUP = 50_000


def versions():
    names = ("isthmus", "jax", "numpy", "pyarrow")
    told = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {told}"


def adult(arguments):
    """Yield the lines of the table of columns."""
    path = DATA / "adult.csv"
    model = Autoencoder(arguments.components, random_state=0, max_epochs=arguments.epochs)
    start = time.perf_counter()
    model.fit(path)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        (comparison,) = write_report(model, path, folder)
    yield f"Adult, 32,561 rows, code of {arguments.components}, {len(comparison.rows):,} held out; "
    yield f"{len(model.history_['loss'])} epochs, {seconds:.0f} s."
    yield ""
    yield "| column | kind | figure | autoencoder | PCA | mean or mode |"
    yield "|---|---|---|---:|---:|---:|"
    for column in sorted(comparison.tables, key=lambda item: (not item.is_share, item.name)):
        figures = (column.model, column.pca, column.constant)
        shown = [f"{100 * x:.1f} %" if column.is_share else f"{x:.4g}" for x in figures]
        figure = "share right" if column.is_share else "error"
        yield f"| {column.name} | {column.kind} | {figure} | {' | '.join(shown)} |"


def mixed(n_rows, generator):
    """Draw rows of 16 numbers, 6 heavy-tailed ones, 4 booleans, 10 categories and 4 dates."""
    columns = {f"number{i}": generator.normal(size=n_rows) for i in range(16)}
    columns |= {f"tail{i}": np.exp(2.5 * generator.normal(size=n_rows)) for i in range(6)}
    columns |= {f"flag{i}": generator.random(n_rows) > 0.3 for i in range(4)}
    for i in range(10):
        names = np.array([f"level {j}" for j in range(4 * 2 ** (i % 5))])
        columns[f"category{i}"] = names[generator.integers(len(names), size=n_rows)]
    for i in range(4):
        seconds = generator.integers(0, 10**9, n_rows).astype("datetime64[s]")
        columns[f"date{i}"] = seconds.astype("datetime64[us]")
    gaps = {name: generator.random(n_rows) < 0.05 for name in columns}
    return pa.table({name: pa.array(x, mask=gaps[name]) for name, x in columns.items()})


def numbers(n_rows, generator):
    return pa.table({f"number{i}": generator.normal(size=n_rows) for i in range(40)})


def million(arguments):
    """Yield rows a second of each step, for mixed columns and for numbers."""
    yield f"{arguments.rows:,} rows of 40 columns from parquet, budget of {BUDGET}"
    yield ""
    yield "| columns | file | choosing kinds and scale | preparing | training | encoding | peak |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, draw in (("numbers", numbers), ("mixed, with gaps", mixed)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            generator = np.random.default_rng(0)
            first = draw(GROUP, generator)
            with parquet.ParquetWriter(path, first.schema) as writer:
                writer.write_table(first)
                for _ in range(arguments.rows // GROUP - 1):
                    writer.write_table(draw(GROUP, generator))
            size = path.stat().st_size
            with limited_memory(BUDGET):
                dataset = read(path)
                start = time.perf_counter()
                preparation = find_preparation(dataset)
                chosen = time.perf_counter()
                for _ in preparation.chunks(dataset, 16_384):
                    pass
                prepared = time.perf_counter()
                model = Autoencoder(10, max_epochs=1, batch_size=512, random_state=0).fit(path)
                trained = time.perf_counter()
                for _ in model.transform_chunks(path):
                    pass
                encoded = time.perf_counter()
            steps = np.diff([start, chosen, prepared, trained, encoded])
            rates = " | ".join(f"{arguments.rows / step:,.0f} rows/s" for step in steps)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            yield f"| {name} | {size / 2**20:,.0f} MB | {rates} | {peak:.2f} GB |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("adult", "million"))
    parser.add_argument("--components", type=int, default=8)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    lines = [versions(), ""]
    for line in {"adult": adult, "million": million}[arguments.what](arguments):
        print(line, flush=True)
        lines.append(line)
    (RESULTS / f"tables_{arguments.what}.md").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
