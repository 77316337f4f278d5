"""Compare this checkout with another revision: the same workloads, in turns, with ratios.

The other revision is checked out into a temporary folder, which is taken away at the end. Both
run in this environment. A ratio above 1 says that this checkout is faster.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "peers"))

from data import prepare  # noqa: E402
from processes import launch  # noqa: E402
from workloads import WORKLOADS  # noqa: E402


@contextmanager
def checked_out(revision):
    """Yield a folder with the files of the revision, and remove it whatever happens."""
    git = ["git", "-C", str(ROOT)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "checkout"
        try:
            subprocess.run([*git, "worktree", "add", "--quiet", "--detach", place, revision])
            if not place.exists():
                sys.exit(f"{revision} could not be checked out: name a commit, branch or tag.")
            yield place
        finally:
            subprocess.run(
                [*git, "worktree", "remove", "--force", place], stderr=subprocess.DEVNULL
            )


def compare(workload, there, data, arguments):
    """Run both in turns, and give one line of the table."""
    sides = {"here": ROOT, "there": there}
    runs = {side: [] for side in sides}
    for _ in range(arguments.repetitions):
        for side, root in sides.items():
            result = launch(
                "isthmus", workload, sys.executable, data, {"PYTHONPATH": str(root / "src")},
                epochs=arguments.epochs, timeout=arguments.timeout,
            )  # fmt: skip
            if "seconds" not in result:
                reason = result.get("failed") or result.get("unsupported")
                return f"{workload:14} {side}: {reason}"
            runs[side].append(result)
    seconds = {side: np.array([run["seconds"] for run in runs[side]]) for side in sides}
    pairs = seconds["there"] / seconds["here"]
    here, there = (np.median(seconds[side]) for side in sides)
    cells = f"{workload:14} {here:9.4g} {there:9.4g} {there / here:7.2f}"
    cells += f"  ({pairs.min():.2f}–{pairs.max():.2f})"
    if "error" in runs["here"][0]:
        errors = [np.median([run["error"] for run in runs[side]]) for side in sides]
        cells += "  {:8.4f} {:8.4f}".format(*errors)
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", help="a commit, branch or tag")
    parser.add_argument("workloads", nargs="*", help=f"all by default: {', '.join(WORKLOADS)}")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=None, help="after the first")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one run")
    shared = Path(os.environ.get("ISTHMUS_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=shared, help="folder that may hold mnist/")
    arguments = parser.parse_args()
    for name in arguments.workloads:
        if name not in WORKLOADS:
            parser.error(f"there is no workload {name}: choose from {', '.join(WORKLOADS)}")
    data = ROOT / ".bench" / "data"
    prepare(data, arguments.data)
    # A polite end to the process must take the checkout away too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with checked_out(arguments.revision) as there:
        print(f"{'seconds':14} {'here':>9} {arguments.revision[:9]:>9} {'ratio':>7}  (spread)")
        for workload in arguments.workloads or WORKLOADS:
            print(compare(workload, there, data, arguments), flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped.")
