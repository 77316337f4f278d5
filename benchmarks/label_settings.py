"""Which settings do best with few labels and with all, side by side: a process a case.

``python benchmarks/label_settings.py choose --out FOLDER`` fits to 50,000 training images of MNIST
and judges by the other 10,000; ``... tables`` does the same with small tables and all labels, on
the CPU; ``... test --draws 10`` fits to all 60,000 with all defaults, or with ``--setting NAME``,
and judges by the test images. Every result is a line of ``FOLDER/results.jsonl`` as soon as it is
there; what is there is not done again. ``--minutes`` ends it all, ``--processes`` says how many
cases run at once, and ISTHMUS_DATA where ``mnist/`` is.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

WORK = Path(tempfile.gettempdir()) / "isthmus-label-settings"
REGULAR = {"dropout": 0.2, "noise": 0.19}
WIDE = {"autoencoder": {"n_components": 10, "hidden": [1000, 500, 250, 250, 250],
                        "activation": "relu", "max_epochs": 1}, "layer": 5}  # fmt: skip

# What a name stands for: parameters of AutoencoderClassifier, a list for a part and its settings;
# "few" and "all" for what "auto" is to stand for with few labels and with all (the recipes of
# fitting/teaching.py; with all labels there is noise only where neighbours tell classes).
SETTINGS = {
    "default": {},
    "default, 48 epochs": {"max_epochs": 48},
    "default, 100 epochs": {"max_epochs": 100},
    "radius 0.35, 16 epochs": {"few": {"radius": 0.35}, "max_epochs": 16},
    "default, radius 0.5": {"few": {"radius": 0.5}},
    "default, radius 0.5, 48 epochs": {"few": {"radius": 0.5}, "max_epochs": 48},
    "default, entropy 1": {"few": {"entropy": 1.0}},
    "default, dropout 0.4": {"dropout": 0.4},
    "default, dropout 0.4, 48 epochs": {"dropout": 0.4, "max_epochs": 48},
    "default, batch 256, 48 epochs": {"batch_size": 256, "max_epochs": 48},
    "ladder": {"unlabelled": ["ladder"]},
    "ladder, 36 epochs": {"unlabelled": ["ladder"], "max_epochs": 36},
    "ladder, 60 epochs": {"unlabelled": ["ladder"], "max_epochs": 60},
    "ladder of the paper, 36 epochs": {"unlabelled": ["ladder"], **WIDE, "max_epochs": 36},
    "ladder of the paper, 60 epochs": {"unlabelled": ["ladder"], **WIDE, "max_epochs": 60},
    "ladder, strengths 1000, 1, 0.01, 36 epochs": {
        "unlabelled": ["ladder", 0.3, [1000, 1, 0.01]], "max_epochs": 36},
    "ladder, strengths 300, 3, 0.03, 36 epochs": {
        "unlabelled": ["ladder", 0.3, [300, 3, 0.03]], "max_epochs": 36},
    "no dropout": {"dropout": 0.0},
    "dropout": {"all": {"dropout": 0.2}},
    "dropout, 30 epochs": {"all": {"dropout": 0.2}, "max_epochs": 30},
    "noise": {"all": {"dropout": 0.0, "noise": 0.19}},
    "dropout, noise": {"all": REGULAR},
    "dropout 0.3, noise 2": {"all": {"dropout": 0.3, "noise": 0.25}},
    "dropout, noise, rate 0.003": {"all": {**REGULAR, "learning_rate": 0.003}},
    "dropout, noise, 50 epochs": {"all": REGULAR, "max_epochs": 50},
    "dropout 0.3, noise 2, 50 epochs": {
        "all": {"dropout": 0.3, "noise": 0.25}, "max_epochs": 50},
    "dropout, noise, rate 0.003, 50 epochs": {
        "all": {**REGULAR, "learning_rate": 0.003}, "max_epochs": 50},
    "dropout, noise, smoothing 0.1, 50 epochs": {
        "all": REGULAR, "label_smoothing": 0.1, "max_epochs": 50},
    "adversarial": {"all": {"dropout": 0.0, "radius": 0.35}},
    "adversarial, dropout, noise": {"all": {**REGULAR, "radius": 0.35}},
    "adversarial, dropout, noise, 50 epochs": {
        "all": {**REGULAR, "radius": 0.35}, "max_epochs": 50},
    "adversarial, dropout, noise, rate 0.003": {
        "all": {**REGULAR, "radius": 0.35, "learning_rate": 0.003}},
    "adversarial, dropout, noise, rate 0.003, 50 epochs": {
        "all": {**REGULAR, "radius": 0.35, "learning_rate": 0.003}, "max_epochs": 50},
}  # fmt: skip

# In order of what is wanted most, but long ones early, so that they do not end last.
CHOICES = [
    (100, "ladder of the paper, 36 epochs", 0),
    (100, "ladder, 36 epochs", 0),
    (50_000, "default", 0),
    (50_000, "no dropout", 0),
    (1000, "ladder of the paper, 36 epochs", 0),
    (1000, "ladder, 36 epochs", 0),
    (50_000, "ladder of the paper, 36 epochs", 0),
    (1000, "default, 48 epochs", 0),
    (50_000, "dropout, 30 epochs", 0),
    (50_000, "ladder, 60 epochs", 0),
    (1000, "ladder, 60 epochs", 0),
    (50_000, "adversarial, dropout, noise, rate 0.003, 50 epochs", 0),
    (1000, "default", 0),
    (50_000, "adversarial, dropout, noise, 50 epochs", 0),
    (50_000, "dropout, noise, 50 epochs", 0),
    (1000, "default, radius 0.5, 48 epochs", 0),
    (100, "ladder, 36 epochs", 1),
    (50_000, "dropout, noise", 0),
    (100, "default", 0),
    (50_000, "ladder, 36 epochs", 0),
    (1000, "default", 1),
    (50_000, "adversarial, dropout, noise", 0),
    (1000, "default, dropout 0.4, 48 epochs", 0),
    (1000, "ladder", 0),
    (100, "ladder", 0),
    (50_000, "dropout 0.3, noise 2, 50 epochs", 0),
    (50_000, "ladder", 0),
    (100, "default", 1),
    (1000, "ladder, 36 epochs", 1),
    (1000, "default, batch 256, 48 epochs", 0),
    (1000, "default, radius 0.5", 0),
    (50_000, "dropout 0.3, noise 2", 0),
    (1000, "ladder, strengths 1000, 1, 0.01, 36 epochs", 0),
    (50_000, "ladder, strengths 1000, 1, 0.01, 36 epochs", 0),
    (1000, "default, 48 epochs", 1),
    (50_000, "dropout, noise, rate 0.003, 50 epochs", 0),
    (1000, "default, dropout 0.4", 0),
    (1000, "default, entropy 1", 0),
    (100, "default, 48 epochs", 0),
    (1000, "default, 100 epochs", 0),
    (50_000, "dropout, noise, smoothing 0.1, 50 epochs", 0),
    (50_000, "adversarial", 0),
    (1000, "ladder, strengths 300, 3, 0.03, 36 epochs", 0),
    (100, "ladder, 60 epochs", 0),
    (1000, "ladder of the paper, 60 epochs", 0),
    (50_000, "default", 1),
]

TABLES = ("digits", "breast_cancer", "wine", "iris", "moons", "noisy", "clean")
TABLE_SETTINGS = (
    "default",
    "no dropout",
    "dropout, noise",
    "dropout",
    "noise",
    "adversarial, dropout, noise",
    "adversarial",
    "dropout, noise, rate 0.003",
    "adversarial, dropout, noise, rate 0.003",
)


def code_of(part, seed):
    """Give where the autoencoder is kept that several cases start from."""
    return WORK / f"code-{part}-{seed}.isthmus"


def rows_of(part, seed):
    """Give the rows to fit to and to judge by, with their classes."""
    if part.startswith("table "):
        return table(part.removeprefix("table "), seed)
    from lecture import load_images, load_labels

    x, y = load_images("train").reshape(-1, 784), load_labels("train").astype(int)
    if part == "choose":
        return x[:50_000], y[:50_000], x[50_000:], y[50_000:]
    return x, y, load_images("t10k").reshape(-1, 784), load_labels("t10k").astype(int)


def table(name, seed):
    """Give a table, a quarter of its rows to judge by."""
    from sklearn import datasets
    from sklearn.preprocessing import StandardScaler

    if name == "moons":
        moons, y = datasets.make_moons(4000, noise=0.25, random_state=0)
        x = np.tanh(moons @ np.random.default_rng(0).normal(size=(2, 12)))
        x += 0.3 * np.random.default_rng(1).normal(size=x.shape)
    elif name in ("noisy", "clean"):
        x, y = datasets.make_classification(
            4000, n_informative=6, n_classes=4, n_clusters_per_class=3,
            flip_y=0.05 if name == "noisy" else 0.0, random_state=0,
        )  # fmt: skip
    else:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        x = x / 16 if name == "digits" else StandardScaler().fit_transform(x)
    order = np.random.default_rng(seed).permutation(len(y))
    judged, rows = order[: len(y) // 4], order[len(y) // 4 :]
    return x[rows], y[rows], x[judged], y[judged]


def classifier(settings, seed, code):
    """Give the unfitted classifier, and what to replace while it is fitted."""
    from isthmus import AutoencoderClassifier, DenoisingAutoencoder, Unlabelled, load
    from isthmus.fitting import teaching

    given = dict(settings)
    if "unlabelled" in given:
        name, *own = given["unlabelled"]
        given["unlabelled"] = Unlabelled.named(name, *own)
    if "autoencoder" in given:
        given["autoencoder"] = DenoisingAutoencoder(**given["autoencoder"], random_state=seed)
    elif code.exists():
        given["autoencoder"] = load(code)
    few = replace(teaching._FEW_LABELLED, **given.pop("few", {}))
    every = replace(teaching._ALL_LABELLED, **given.pop("all", {}))
    replaced = patch.multiple(teaching, _FEW_LABELLED=few, _ALL_LABELLED=every)
    return AutoencoderClassifier(random_state=seed, verbose=False, **given), replaced


def one(part, n_labels, name, seed):
    """Fit one case, and print its result as the last line."""
    from labels import draw

    start = time.perf_counter()
    x, y, test, test_y = rows_of(part, seed)
    code = code_of(part, seed)
    if name == "code":
        from isthmus import DenoisingAutoencoder

        # As the classifier learns it where it is given none.
        DenoisingAutoencoder(64, random_state=seed, verbose=False).fit(x).save(code)
        print(json.dumps({"fit": time.perf_counter() - start}))
        return
    # As in labels.py: choices are made with other draws of the labels.
    labels = y
    if 0 < n_labels < len(y):
        labels = draw(y, n_labels // 10, seed + 1000 * (part == "choose"))
    model, replaced = classifier(SETTINGS[name], seed, code)
    begun = time.perf_counter()
    with replaced:
        model.fit(x, labels)
    if model.interrupted_:
        raise SystemExit("interrupted")
    found = {
        "error": round(100 * (1 - model.score(test, test_y)), 3),
        "fit": round(time.perf_counter() - begun, 1),
        "start": round(begun - start, 1),
        "epochs": len(model.history_["loss"]),
        "loss": model.history_["loss"][-1],
        "propagated": model.teaching_.propagated,
    }
    print(json.dumps(found))


def run(case, out, deadline, threads):
    """Run a case in a process of its own, and keep what comes of it, whatever that is."""
    part, n_labels, name, seed = case
    left = deadline - time.time()
    result = {"part": part, "labels": n_labels, "setting": name, "seed": seed}
    if left < 5:
        return
    environment = {
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "XLA_FLAGS": "--xla_gpu_autotune_level=0",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "ISTHMUS_CACHE": str(WORK / "cache"),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        **os.environ,
    }
    if part.startswith("table "):
        environment["JAX_PLATFORMS"] = "cpu"  # quicker for small ones
    command = [sys.executable, "-W", "ignore", __file__, "one", "--case", json.dumps(case)]
    begun = time.time()
    with (out / "errors.txt").open("a") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            printed, _ = process.communicate(timeout=left)
            result |= json.loads(printed.strip().splitlines()[-1])
        except Exception as error:
            # A gentler signal would keep what was learned so far.
            os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
            result["failed"] = f"{type(error).__name__}: {error}"[:300]
    result["seconds"] = round(time.time() - begun, 1)
    line = json.dumps(result)
    with (out / "results.jsonl").open("a") as file:
        file.write(line + "\n")
    print(line, flush=True)


def side_by_side(cases, out, arguments):
    """Run what is not done yet: first the codes that several cases start from."""
    out.mkdir(parents=True, exist_ok=True)
    WORK.mkdir(exist_ok=True)
    deadline = time.time() + 60 * arguments.minutes
    threads = max(1, (os.cpu_count() or 1) // arguments.processes)
    done = set()
    if (out / "results.jsonl").exists():
        for line in (out / "results.jsonl").read_text().splitlines():
            found = json.loads(line)
            if "error" in found:
                done.add((found["part"], found["labels"], found["setting"], found["seed"]))
    cases = [case for case in cases if case not in done]
    first = dict.fromkeys((part, 0, "code", seed) for part, _, _, seed in cases)
    first = [case for case in first if not code_of(case[0], case[3]).exists()]
    for batch in (first, cases):
        with ThreadPoolExecutor(arguments.processes) as pool:
            list(pool.map(lambda case: run(case, out, deadline, threads), batch))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["choose", "tables", "test", "one"])
    parser.add_argument(
        "--out", type=Path, default=Path("label_settings"), help="a folder for results"
    )
    parser.add_argument("--processes", type=int, default=8, help="cases at once")
    parser.add_argument("--minutes", type=float, default=5, help="after which all ends")
    parser.add_argument("--draws", type=int, default=10, help="of the labels, for test")
    parser.add_argument("--labels", type=int, nargs="*", default=[100, 1000, 60_000])
    parser.add_argument("--setting", default="default", choices=list(SETTINGS))
    parser.add_argument("--only", nargs="*", help="settings to choose among")
    parser.add_argument("--case", type=json.loads, help="of one")
    arguments = parser.parse_args()
    if arguments.part == "one":
        try:
            one(*arguments.case)
        except Exception:
            print(arguments.case, file=sys.stderr)
            traceback.print_exc()
            raise SystemExit(1) from None
    else:
        draws = range(arguments.draws)
        cases = [("test", n, arguments.setting, seed) for seed in draws for n in arguments.labels]
        if arguments.part == "choose":
            cases = [("choose", *case) for case in CHOICES]
        if arguments.part == "tables":
            cases = [
                (f"table {name}", 0, setting, seed)
                for seed in range(2)
                for setting in TABLE_SETTINGS
                for name in TABLES
            ]
        if arguments.only:
            cases = [case for case in cases if case[2] in arguments.only]
        side_by_side(cases, arguments.out, arguments)
