"""Training on a GPU: time of a step beside PyTorch's, equal bits, resuming, and a profile.

Run it where JAX, PyTorch and the card are, with no network::

    python benchmarks/gpu.py --out results            # everything, in under four minutes
    python benchmarks/gpu.py --parts profile,isthmus  # some of it
    python benchmarks/gpu.py --parts isthmus --rows wide,large

Parts are ``programs`` (several processes compile those of the table at once), ``isthmus``,
``torch`` (a CUDA graph), ``loop`` (that users write), ``compile`` (``torch.compile``, slow to
start), ``mnist``, ``digits``, ``bits`` (equal bits twice, and resumed) and ``profile``.
Each runs in a process of its own, and what fails is told in its place. Data are read from
``mnist/`` in ``--data``, or ISTHMUS_DATA, and drawn at random where it is not there. Results go to
``gpu.jsonl`` and ``gpu.md`` in ``--out``.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARTS = HERE / "gpu_parts"
sys.path.insert(0, str(PARTS))

from work import ROWS, tell  # noqa: E402

ORDER = ("programs", "isthmus", "torch", "digits", "mnist", "bits", "profile", "loop", "compile")
WAYS = {"torch": "graph", "loop": "loop", "compile": "compile"}
DEFAULT = ("programs", "isthmus", "torch", "digits", "mnist", "bits")


def commands(parts, names, options, deadline):
    """Yield the name and the command of each process."""
    data, out = str(options.data), str(options.out)
    for part in parts:
        if part == "programs":
            yield part, ["promises.py", data, part, *names]
        elif part == "isthmus":
            yield part, ["ours.py", data, *names]
        elif part in WAYS:
            yield part, ["theirs.py", data, WAYS[part], *names]
        elif part == "profile":
            seconds = max(20.0, deadline - time.perf_counter() - 10)
            yield part, ["profiling.py", data, out, f"{seconds:.0f}"]
        else:
            yield part, ["promises.py", data, part]


def launch(command, environment, deadline):
    """Run a part; end it, and what it has started, when the time is over."""
    left = deadline - time.perf_counter()
    if left < 5:
        tell("  no time is left for this")
        return
    process = subprocess.Popen(
        [sys.executable, "-u", str(PARTS / command[0]), *command[1:]],
        env=environment,
        start_new_session=True,
    )
    try:
        process.wait(timeout=left)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        tell("  stopped: the time is over")


def table(results):
    """Give the lines of the table, one for each row."""
    found = {}
    for result in results:
        found.setdefault((result["part"], result["name"]), result)
    columns = [("isthmus", "Isthmus"), ("torch graph", "PyTorch, CUDA graph"),
               ("torch loop", "PyTorch, loop"), ("torch compile", "torch.compile")]  # fmt: skip
    columns = [(part, title) for part, title in columns if any(key[0] == part for key in found)]
    if columns:
        yield "| microseconds an update | " + " | ".join(title for _, title in columns) + " |"
        yield "|---|" + "---:|" * len(columns)
    for name, row in ROWS.items():
        cells = [found.get((part, name), {}) for part, _ in columns]
        if any(cells):
            yield f"| {row.name} | " + " | ".join(map(cell, cells)) + " |"
    yield ""
    for result in results:
        if result["part"] not in dict(columns):
            values = {key: value for key, value in result.items() if key not in ("part", "name")}
            yield f"- {result['part']}, {result['name']}: " + ", ".join(
                f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
                for key, value in values.items()
            )


def cell(result):
    """Give what a table says of a result."""
    if "failed" in result:
        return result["failed"][:60]
    if "us" not in result:
        return ""
    rate = f" ({result['tflops']:.0f} TFLOP/s)" if result.get("tflops", 0) >= 20 else ""
    return f"{result['us']:,.0f}{rate}"


def versions():
    """Give the versions that are installed of what computes here."""
    for name in ("isthmus", "jax", "jaxlib", "equinox", "optax", "numpy", "torch"):
        try:
            yield f"{name} {version(name)}"
        except Exception:  # not installed, or not as a package
            continue


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    shared = Path(os.environ.get("ISTHMUS_DATA", HERE.parents[1] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=shared, help="folder that may hold mnist/")
    parser.add_argument("--out", type=Path, default=Path("gpu-results"), help="folder for results")
    parser.add_argument("--parts", default=",".join(DEFAULT), help=f"of {', '.join(ORDER)}")
    parser.add_argument("--rows", default=",".join(ROWS), help="rows of the table, by short names")
    parser.add_argument("--seconds", type=float, default=225.0, help="stop then, whatever is left")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    options.data, options.out = options.data.resolve(), options.out.resolve()
    deadline = time.perf_counter() + options.seconds

    parts = options.parts.split(",")
    names = [name for name in options.rows.split(",") if name]
    for given, known in ((parts, ORDER), (names, ROWS)):
        for name in given:
            if name not in known:
                parser.error(f"there is no {name}: choose from {', '.join(known)}")
    results = options.out / "gpu.jsonl"
    results.write_text("")
    head = f"Python {platform.python_version()}, {os.cpu_count()} cores, " + ", ".join(versions())
    tell(head)
    with tempfile.TemporaryDirectory() as cache:
        environment = dict(os.environ)
        environment.setdefault("ISTHMUS_CACHE", cache)
        environment["ISTHMUS_BENCH_RESULTS"] = str(results)
        paths = [str(HERE.parent / "src"), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        for title, command in commands(parts, names, options, deadline):
            start = time.perf_counter()
            tell(f"{title}:")
            launch(command, environment, deadline)
            tell(f"  took {time.perf_counter() - start:.0f} s")
    found = [json.loads(line) for line in results.read_text().splitlines()]
    lines = [f"`python benchmarks/gpu.py --parts {options.parts}`: {head}.", "", *table(found)]
    (options.out / "gpu.md").write_text("\n".join(lines) + "\n")
    tell("\n".join(lines))


if __name__ == "__main__":
    main()
