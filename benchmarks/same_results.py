"""Compare this checkout with another revision: are results the same, bit for bit?

Every estimator is fitted by both with fixed seeds; codes, reconstructions, scores and what else
it gives are compared, and the model files that one wrote are opened by the other.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from against_revision import ROOT, checked_out

QUICK = {"max_epochs": 4, "random_state": 0, "verbose": False}


def estimators():
    """Give each estimator under a name, and the data that it is fitted on."""
    import isthmus as i

    deep = {**QUICK, "hidden": [16]}
    return {
        "linear": (i.LinearAutoencoder(3), "table"),
        "linear by gradient": (i.LinearAutoencoder(3, solver="gradient", **QUICK), "table"),
        "deep": (i.Autoencoder(3, **deep), "frame"),
        "tied, top-k": (i.Autoencoder(8, tied_weights=True, code=i.TopK(3), **deep), "digits"),
        "denoising": (i.DenoisingAutoencoder(3, corruption="swap", **deep), "table"),
        "contractive": (i.ContractiveAutoencoder(3, **deep), "digits"),
        "sparse": (i.SparseAutoencoder(32, k=4, **QUICK), "digits"),
        "sparse, untied": (i.SparseAutoencoder(32, k=4, tied_weights=False, **QUICK), "digits"),
        "sparse, target": (
            i.SparseAutoencoder(32, sparsity="target_activation", **QUICK),
            "digits",
        ),
        "stacked": (i.StackedAutoencoder(3, n_pretraining_epochs=2, **deep), "table"),
        "stacked, machines": (
            i.StackedAutoencoder(
                3, pretrain="rbm", activation="sigmoid", n_pretraining_epochs=2, **deep
            ),
            "digits",
        ),
        "boltzmann": (i.BoltzmannMachine(16, persistent=True, **QUICK), "digits"),
        "convolutional": (i.ConvolutionalAutoencoder(3, channels=(4,), **QUICK), "images"),
        "variational": (i.VariationalAutoencoder(3, penalty=i.L1(0.01), **deep), "table"),
        "variational, weighted": (
            i.VariationalAutoencoder(
                3, n_importance_samples=3, n_warmup_epochs=2, binarize=True, **deep
            ),
            "digits",
        ),
        "classifier": (
            i.AutoencoderClassifier(
                i.Autoencoder(4, **deep),
                unlabelled="virtual_adversarial",
                dropout=0.1,
                early_stopping=True,
                layer_decay=0.8,
                **QUICK,
            ),
            "digits",
        ),
        "regressor": (i.AutoencoderRegressor(reconstruction=0.5, **QUICK), "table"),
    }


def datasets():
    """Give the data by name, with classes and numbers to predict."""
    import pandas as pd
    from sklearn.datasets import load_digits

    generator = np.random.default_rng(0)
    mixed = generator.normal(size=(400, 2)) @ generator.normal(size=(2, 6))
    table = (mixed + 0.1 * generator.normal(size=(400, 6))) * [1, 10, 100, 0.01, 1, 5] + 3
    digits, target = load_digits(return_X_y=True)
    labels = np.where(np.arange(600) % 3, -1, target[:600])
    return {
        "table": (table, table[:, 0]),
        "frame": (pd.DataFrame(table, columns=list("abcdef")), table[:, 0]),
        "digits": (digits[:600] / 16, labels),
        "images": (digits[:600].reshape(-1, 8, 8).astype(np.uint8), labels),
    }


def results_of(estimator, X):
    """Give what a fitted estimator makes of rows, as arrays by name."""
    calls = {
        "codes": "transform",
        "reconstruction": "reconstruct",
        "scores": "score_samples",
        "classes": "predict",
        "probabilities": "predict_proba",
        "bounds": "elbo",
        "divergence": "divergence",
        "energy": "free_energy",
    }
    found = {
        name: np.asarray(getattr(estimator, call)(X))
        for name, call in calls.items()
        if hasattr(estimator, call)
    }
    if hasattr(estimator, "sample"):
        found["sample"] = np.asarray(estimator.sample(5, random_state=1))
    if hasattr(estimator, "log_likelihood"):
        found["likelihood"] = estimator.log_likelihood(X, 20).rows
    return found | {f"history {k}": v for k, v in estimator.history_.items() if "seconds" not in k}


def fit_all(folder):
    """Fit everything, and write results and model files into a folder."""
    data = datasets()
    for name, (estimator, kind) in estimators().items():
        X, y = data[kind]
        estimator.fit(X, y)
        np.savez(folder / f"{name}.npz", **results_of(estimator, X))
        estimator.save(folder / f"{name}.isthmus")
        if hasattr(estimator, "partial_fit"):
            again = estimator.partial_fit(X)
            np.savez(folder / f"{name}, further.npz", codes=again.transform(X))


def open_all(folder, other):
    """Open the model files that another revision wrote, and write what they give."""
    import isthmus

    data = datasets()
    for name, (_, kind) in estimators().items():
        estimator = isthmus.load(other / f"{name}.isthmus")
        np.savez(folder / f"{name}, opened.npz", **results_of(estimator, data[kind][0]))


def differences(ours, theirs):
    """Yield what differs between the arrays of two files."""
    with np.load(ours) as a, np.load(theirs) as b:
        for name in sorted({*a, *b}):
            if name not in a or name not in b:
                yield f"{name}: only on one side"
            elif a[name].dtype != b[name].dtype or a[name].shape != b[name].shape:
                yield f"{name}: {a[name].dtype}{a[name].shape} and {b[name].dtype}{b[name].shape}"
            elif a[name].tobytes() != b[name].tobytes():
                largest = np.abs(a[name].astype(float) - b[name].astype(float)).max()
                yield f"{name}: by up to {largest:.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("revision", help="a commit, branch or tag")
    arguments = parser.parse_args()
    with checked_out(arguments.revision) as there, tempfile.TemporaryDirectory() as place:
        sides = {"here": ROOT, "there": there}
        folders = {side: Path(place) / side for side in sides}
        for side, root in sides.items():
            folders[side].mkdir()
            run(root, "fit_all", folders[side])
        for side, root in sides.items():
            other = folders["there" if side == "here" else "here"]
            run(root, "open_all", folders[side], other)
        unequal = 0
        files = sorted(folders["here"].glob("*.npz"))
        for file in files:
            found = list(differences(file, folders["there"] / file.name))
            unequal += bool(found)
            print(f"{file.stem:34} {'; '.join(found) or 'equal'}")
        print(f"{len(files) - unequal} of {len(files)} equal, bit for bit")
        sys.exit(unequal > 0)


def run(root, function, *folders):
    """Call a function of this file in a process that imports Isthmus from `root`."""
    code = (
        f"import sys; sys.path[:0] = [{str(root / 'src')!r}, {str(ROOT / 'benchmarks')!r}]\n"
        f"from pathlib import Path; import same_results\n"
        f"same_results.{function}(*map(Path, sys.argv[1:]))"
    )
    subprocess.run([sys.executable, "-c", code, *map(str, folders)], check=True)


if __name__ == "__main__":
    main()
