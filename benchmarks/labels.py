"""Test error of classifiers with all defaults, with few labels and with all, beside the published.

MNIST: ``python benchmarks/labels.py mnist --draws 10``; other tables, with the settings that were
the defaults before and with those of now: ``python benchmarks/labels.py tables``. Every fit's
error is kept as soon as it is done, and a further call goes on with those that are missing.
``--validation`` judges by the last 10,000 training images, with other draws of the labels:
choices are made there, and the test images only reported on.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from lecture import load_images, load_labels
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_wine,
    make_classification,
    make_moons,
)

from isthmus import AutoencoderClassifier

RESULTS = Path(__file__).parent / "results"
# Quoted from memory of the papers: check before citing.
PUBLISHED = {
    "virtual adversarial (Miyato et al., 2018)": ("1.36", "1.27", "0.64"),
    "ladder (Rasmus et al., 2015)": ("1.06 ± 0.37", "0.84 ± 0.08", "0.57 ± 0.02"),
}
NUMBERS = (100, 1000, 60_000)
BEFORE = {"unlabelled": None, "dropout": 0.0, "corruption": None, "learning_rate": 1e-3}
LABELS_A_CLASS = (10, 50)


def draw(y, n_each, seed):
    """Keep as many labels of every class, and mark all other rows unlabelled."""
    generator = np.random.default_rng(seed)
    labels = np.full(len(y), -1)
    for k in np.unique(y):
        labels[generator.permutation(np.flatnonzero(y == k))[:n_each]] = k
    return labels


def mnist(file, n_draws, validation):
    """Fit to MNIST whatever is not in the file yet."""
    x, y = load_images("train").reshape(-1, 784), load_labels("train").astype(int)
    test, test_y = load_images("t10k").reshape(-1, 784), load_labels("t10k").astype(int)
    if validation:
        x, test, y, test_y = x[:50_000], x[50_000:], y[:50_000], y[50_000:]
    part = "validation" if validation else "test"
    for seed in range(n_draws):
        for n_labels in NUMBERS:
            labels = y
            if n_labels < len(y):
                labels = draw(y, n_labels // 10, seed + (1000 if validation else 0))
            fit_once(file, f"{part} {n_labels} {seed}", {}, (x, labels, test, test_y), seed)


def tables(file, n_draws, validation):
    """Fit to tables of several kinds, before and now."""
    moons, classes = make_moons(6000, noise=0.25, random_state=0)
    sensors = np.tanh(moons @ np.random.default_rng(0).normal(size=(2, 12)))
    sensors += 0.3 * np.random.default_rng(1).normal(size=sensors.shape)
    digits, digit = load_digits(return_X_y=True)
    noisy = make_classification(
        4000, n_informative=6, n_classes=4, n_clusters_per_class=3, flip_y=0.05, random_state=0
    )
    data = {
        "digits": (digits / 16, digit),
        "moons in 12 noisy columns": (sensors, classes),
        "breast cancer": load_breast_cancer(return_X_y=True),
        "wine": load_wine(return_X_y=True),
        "noisy, without clusters": noisy,
    }
    for name, (x, y) in data.items():
        for seed in range(n_draws):
            order = np.random.default_rng(seed).permutation(len(y))
            test, train = order[: len(y) // 4], order[len(y) // 4 :]
            for n_each in LABELS_A_CLASS:
                rows = x[train], draw(y[train], n_each, seed), x[test], y[test]
                for when, settings in (("before", BEFORE), ("now", {})):
                    fit_once(file, f"{name}, {n_each} a class|{when} {seed}", settings, rows, seed)


def fit_once(file, key, settings, rows, seed):
    """Fit, unless it was done before, and note the error and the seconds."""
    done = json.loads(file.read_text()) if file.exists() else {}
    if key in done:
        return
    x, labels, test, test_y = rows
    start = time.perf_counter()
    classifier = AutoencoderClassifier(random_state=seed, verbose=False, **settings)
    classifier.fit(x, labels)
    # A signal ends a fit early and keeps what it has learned, which is no result.
    if classifier.interrupted_ or getattr(classifier.autoencoder_, "interrupted_", False):
        raise SystemExit(f"{key}: interrupted, and not kept")
    seconds = time.perf_counter() - start
    error = 100 * (1 - classifier.score(test, test_y))
    done[key] = {"error": error, "seconds": seconds, "propagated": classifier.teaching_.propagated}
    written = file.with_suffix(".tmp")
    written.write_text(json.dumps(done, indent=1))
    written.replace(file)
    print(f"{key}: {error:.2f} % ({seconds:.0f} s)", flush=True)


def report(file):
    """Give what is in the file as tables."""
    done = json.loads(file.read_text()) if file.exists() else {}

    def figures(prefix, digits=2):
        own = [value for key, value in done.items() if key.startswith(prefix)]
        if not own:
            return "–", "–"
        errors, seconds = ([value[name] for value in own] for name in ("error", "seconds"))
        deviation = f" ± {np.std(errors):.{digits}f}" if len(own) > 1 else ""
        return f"{np.mean(errors):.{digits}f}{deviation} ({len(own)})", f"{np.mean(seconds):.0f}"

    lines = ["| MNIST, errors in % | 100 labels | 1,000 | all |", "|---|---|---|---|"]
    lines += [f"| {name} ¹ | {' | '.join(row)} |" for name, row in PUBLISHED.items()]
    for part in ("test", "validation"):
        found = [figures(f"{part} {n} ") for n in NUMBERS]
        lines.append(f"| all defaults, {part} (draws) | {' | '.join(f for f, _ in found)} |")
        lines.append(f"| seconds a fit | {' | '.join(s for _, s in found)} |")
    lines += ["", "¹ Quoted from memory of the papers; check before citing.", ""]
    lines += ["| table, errors in % (draws) | before | now |", "|---|---|---|"]
    for name in dict.fromkeys(key.partition("|")[0] for key in done if "|" in key):
        before, now = (figures(f"{name}|{when} ", 1)[0] for when in ("before", "now"))
        lines.append(f"| {name} | {before} | {now} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = {"mnist": mnist, "tables": tables}
    parser.add_argument("parts", nargs="*", choices=[*parts, []], default=list(parts))
    parser.add_argument("--draws", type=int, default=10, help="draws of the labels")
    parser.add_argument("--validation", action="store_true", help="judge by training images")
    parser.add_argument("--file", type=Path, default=RESULTS / "labels.json")
    arguments = parser.parse_args()
    for name in arguments.parts:
        parts[name](arguments.file, arguments.draws, arguments.validation)
    names = ("isthmus", "jax", "numpy", "scikit-learn")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    head = f"`python benchmarks/labels.py`, {os.cpu_count()} cores, Python "
    head += f"{platform.python_version()}, {versions}"
    text = f"# Few labels, all defaults\n\n{head}.\n\n{report(arguments.file)}\n"
    arguments.file.with_suffix(".md").write_text(text)
    print(text)
