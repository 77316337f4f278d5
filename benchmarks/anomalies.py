"""Anomalies in the 21 tables of ADBench: OutlierDetector beside scikit-learn's and PyOD's.

Fitted on 70 % of the rows without labels, judged on the others by the area under the ROC curve and
by average precision, the mean of three splits; then again on training rows without anomalies, with
``contamination=0``. Goes on from results/anomalies.json, and writes results/anomalies.md.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))

import environments  # noqa: E402
from detectors import DETECTORS  # noqa: E402

from isthmus.io.atomic import replacing  # noqa: E402

DATA = Path(os.environ.get("ISTHMUS_DATA", HERE.parents[1] / "shared" / "data")) / "adbench"
RESULTS = HERE / "results"
PROTOCOLS = {
    "mixed": "Training rows as they come, anomalies among them",
    "clean": "Training rows without anomalies, and `contamination=0`",
}
SEEDS = range(3)


def tables():
    return sorted(DATA.glob("*.npz"), key=lambda path: int(path.stem.split("_")[0]))


def key(task):
    return task["protocol"], task["detector"], Path(task["table"]).stem, task["seed"]


def measure(detectors, results, arguments):
    """Run what `results` do not hold yet, and keep every figure as it comes."""
    kept = {key(result) for result in results}
    for detector in detectors:
        tasks = [
            {"protocol": protocol, "detector": detector, "table": str(path), "seed": seed}
            for protocol in PROTOCOLS
            for path in tables()
            for seed in SEEDS
        ]
        tasks = [task for task in tasks if key(task) not in kept]
        if not tasks:
            continue
        python = sys.executable
        if detector.startswith("PyOD"):
            python = environments.ensure("pyod", arguments.environments, arguments.torch_index)
        process = subprocess.Popen(
            [python, HERE / "peers" / "detectors.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        process.stdin.write("".join(json.dumps(task) + "\n" for task in tasks))
        process.stdin.close()
        for line in process.stdout:
            results.append(json.loads(line))
            print(line.strip(), flush=True)
            save(results)
        process.wait()


def save(results):
    with replacing(RESULTS / "anomalies.json") as temporary:
        lines = ",\n".join(json.dumps(result) for result in sorted(results, key=key))
        temporary.write_text(f"[\n{lines}\n]\n")


def means(results, protocol):
    """Give the mean of each figure by detector and table; None where a split failed."""
    found = defaultdict(list)
    for result in results:
        if result["protocol"] == protocol:
            found[result["detector"], result["table"]].append(result)
    return {
        place: {
            name: None if any("failed" in one for one in several)
            else float(np.mean([one[name] for one in several]))
            for name in ("auroc", "auc_pr", "seconds", "rows", "columns")
        }
        for place, several in found.items()
    }  # fmt: skip


def page(results):
    versions = " ".join(f"{name} {version(name)}" for name in ("isthmus", "numpy", "scikit-learn"))
    pins = (HERE / "peers" / "requirements" / "pyod.txt").read_text().split()
    pyod = next(pin for pin in pins if pin.startswith("pyod==")).replace("==", " ")
    lines = [
        "`python benchmarks/anomalies.py`, one core; " + f"{versions}, {pyod}.",
        "Means of three splits. Where a split failed, or took more than two minutes, there is a —,",
        "and the mean is that of the other tables.",
    ]
    for protocol, title in PROTOCOLS.items():
        figures = means(results, protocol)
        names = [name for name in DETECTORS if any(name == place[0] for place in figures)]
        lines += ["", f"## {title}", "", *overview(figures, names), ""]
        lines += by_table(figures, names)
    return "\n".join(lines) + "\n"


def overview(figures, names):
    lines = [
        "| detector | mean AUROC | mean AUC-PR | seconds, all tables |",
        "|---|---:|---:|---:|",
    ]
    for name in names:
        mine = [figure for (detector, _), figure in figures.items() if detector == name]
        whole = [figure for figure in mine if figure["auroc"] is not None]
        short = f" ({len(whole)} tables)" if len(whole) < len(mine) else ""
        auroc, auc_pr, seconds = (
            [figure[what] for figure in whole] for what in ("auroc", "auc_pr", "seconds")
        )
        lines.append(
            f"| {name}{short} | {np.mean(auroc):.4f} | {np.mean(auc_pr):.4f} | {sum(seconds):.1f} |"
        )
    return lines


def by_table(figures, names):
    lines = ["AUROC by table:", "", f"| table | rows | columns | {' | '.join(names)} |"]
    lines.append("|---|---:|---:|" + "---:|" * len(names))
    for path in tables():
        mine = [figures.get((name, path.stem)) for name in names]
        known = next((one for one in mine if one is not None and one["auroc"] is not None), None)
        if known is None:
            continue
        cells = ["—" if one is None or one["auroc"] is None else f"{one['auroc']:.3f}"
                 for one in mine]  # fmt: skip
        lines.append(
            f"| {path.stem} | {known['rows']:,.0f} | {known['columns']:,.0f} | "
            f"{' | '.join(cells)} |"
        )
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detectors", nargs="+", choices=DETECTORS, default=list(DETECTORS))
    parser.add_argument("--environments", type=Path, default=HERE.parent / ".bench")
    parser.add_argument("--torch-index", default=environments.TORCH_INDEX)
    arguments = parser.parse_args()
    stored = RESULTS / "anomalies.json"
    results = json.loads(stored.read_text()) if stored.exists() else []
    measure(arguments.detectors, results, arguments)
    with replacing(RESULTS / "anomalies.md") as temporary:
        temporary.write_text(page(results))
    print(page(results))


if __name__ == "__main__":
    main()
