"""Measure Isthmus beside its peers: the same data, networks, batches and numbers of epochs.

Every contender runs in a process and an environment of its own, in turns. Prints the tables and
writes them to benchmarks/results/peers.md, and every single run to peers.json.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import environments
import tables
from data import prepare
from processes import ROOT, launch, n_cores
from workloads import WORKLOADS

from isthmus.io.atomic import replacing


@dataclass(frozen=True)
class Contender:
    """A module in contenders/, the environment it runs in, and variables of its own."""

    module: str
    environment: str
    variables: dict[str, str] = field(default_factory=dict)


ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
WARM = "isthmus, warm cache"
CONTENDERS = {
    "isthmus": Contender("isthmus", "isthmus"),
    WARM: Contender("isthmus", "isthmus"),
    "limit": Contender("limit", "isthmus"),
    "sklearn mlp": Contender("sklearn_mlp", "scikit_learn"),
    "sklearn predict": Contender("sklearn_predict", "scikit_learn"),
    "sklearn pca": Contender("sklearn_pca", "scikit_learn"),
    "sklearn incremental pca": Contender("sklearn_incremental_pca", "scikit_learn"),
    "torch loop": Contender("torch_loop", "torch"),
    # Small batches are quicker without threads that wait for each other.
    "torch loop, one thread": Contender("torch_loop", "torch", ONE_THREAD),
    "torch compile": Contender("torch_compile", "torch"),
    "keras jax": Contender("keras_jax", "keras_jax"),
    "keras torch": Contender("keras_torch", "keras_torch"),
    "pythae": Contender("pythae", "pythae"),
    "pyod": Contender("pyod", "pyod"),
    "encdr": Contender("encdr", "encdr"),
    "autoencoders": Contender("autoencoders", "autoencoders"),
    "clustpy": Contender("clustpy", "clustpy"),
}


def run(name, workload, python, arguments, data, warm):
    """Run one contender once."""
    contender = CONTENDERS[name]
    variables = contender.variables | ({"ISTHMUS_CACHE": str(warm)} if name == WARM else {})
    epochs = 1 if arguments.quick else None
    return launch(
        contender.module, workload, python, data, variables, epochs, arguments.timeout,
        arguments.verbose,
    )  # fmt: skip


def measure(workload, pythons, arguments, data, warm):
    """Run the contenders in turns, and give the list of results of each."""
    runs = {name: [] for name in pythons if name != WARM or workload == "cold"}
    if WARM in runs:
        run(WARM, workload, pythons[WARM], arguments, data, warm)
    for repetition in range(arguments.repetitions):
        for name, results in runs.items():
            if any("seconds" not in result for result in results):
                continue
            results.append(run(name, workload, pythons[name], arguments, data, warm))
            print(
                f"{workload}, {repetition + 1} of {arguments.repetitions}, {name}: "
                f"{tables.summary(results[-1])}", file=sys.stderr, flush=True,
            )  # fmt: skip
    return runs


def machine(images):
    """Describe what the figures hold for, without saying whose machine it is."""
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        processor = names[0] if names else processor
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    revision = subprocess.run(git, capture_output=True, text=True).stdout.strip()
    return {
        "processor": processor,
        "cores": n_cores(), "system": platform.system(), "python": platform.python_version(),
        "isthmus": revision or "unknown", "images": images,
        # Another's work beside it makes threads wait for each other.
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }  # fmt: skip


def make_environments(names, folder, torch_index):
    """Give the Python of each contender, or the reason why it has none."""
    pythons, failed = {}, {}
    for name in names:
        try:
            pythons[name] = environments.ensure(CONTENDERS[name].environment, folder, torch_index)
        except subprocess.CalledProcessError as error:
            failed[name] = f"its environment could not be made (exit status {error.returncode})"
            print(f"{name}: {failed[name]}", file=sys.stderr)
    return pythons, failed


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", help=f"all by default: {', '.join(WORKLOADS)}")
    parser.add_argument("--contenders", nargs="+", default=[*CONTENDERS], metavar="NAME")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one epoch after the first")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one run")
    parser.add_argument("--environments", type=Path, default=ROOT / ".bench")
    parser.add_argument("--torch-index", default=environments.TORCH_INDEX)
    shared = Path(os.environ.get("ISTHMUS_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=shared, help="folder that may hold mnist/")
    parser.add_argument("--name", default="peers", help="of the files in benchmarks/results/")
    parser.add_argument("--verbose", action="store_true", help="show what failed contenders say")
    arguments = parser.parse_args(arguments)
    for name in arguments.workloads:
        if name not in WORKLOADS:
            parser.error(f"there is no workload {name}: choose from {', '.join(WORKLOADS)}")
    for name in arguments.contenders:
        if name not in CONTENDERS:
            parser.error(f"there is no contender {name}: choose from {'; '.join(CONTENDERS)}")
    if arguments.repetitions < 1:
        parser.error(f"--repetitions is {arguments.repetitions}: give 1 or more")
    return arguments


def main():
    arguments = parse()
    pythons, failed = make_environments(
        arguments.contenders, arguments.environments, arguments.torch_index
    )
    data = arguments.environments / "data"
    images = prepare(data, arguments.data)
    results = {"machine": machine(images), "quick": arguments.quick, "workloads": {}}
    with tempfile.TemporaryDirectory() as warm:
        for workload in arguments.workloads or WORKLOADS:
            runs = measure(workload, pythons, arguments, data, Path(warm))
            runs |= {name: [{"failed": reason}] for name, reason in failed.items()}
            results["workloads"][workload] = runs
    text = tables.document(results)
    print(text)
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    for suffix, content in ((".json", json.dumps(results, indent=1) + "\n"), (".md", text)):
        with replacing(folder / f"{arguments.name}{suffix}") as temporary:
            temporary.write_text(content)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped; nothing was written.")
