"""Detectors of anomalies on ADBench's tables: one line of JSON for each that is asked for.

Reads lines of JSON with a detector, table, seed and protocol, as `benchmarks/anomalies.py` writes
them. Peers get standardized columns, which those that measure distances need; no setting is
changed for any table, and labels are seen by nobody but the judge.
"""

import json
import signal
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

MOST_ROWS, LEAST_ANOMALIES, LIMIT_SECONDS = 10_000, 10, 120


def isthmus(**settings):
    """Give the function for a detector of ours."""

    def detect(train, test, seed, clean):
        from isthmus import OutlierDetector

        given = {"contamination": 0} if clean else {}
        detector = OutlierDetector(random_state=seed, **given, **settings).fit(train)
        return -detector.score_samples(test)

    return detect


def isolation_forest(train, test, seed, clean):
    from sklearn.ensemble import IsolationForest

    return -IsolationForest(random_state=seed).fit(train).score_samples(test)


def local_outlier_factor(train, test, seed, clean):
    from sklearn.neighbors import LocalOutlierFactor

    return -LocalOutlierFactor(novelty=True).fit(train).score_samples(test)


def pyod(module, name, seeded=False, **settings):
    """Give the function for a detector of PyOD's, with its defaults."""

    def detect(train, test, seed, clean):
        kind = getattr(__import__(f"pyod.models.{module}", fromlist=[name]), name)
        given = {"random_state": seed} if seeded else {}
        return kind(**given, **settings).fit(train).decision_function(test)

    return detect


DETECTORS = {
    "Isthmus": isthmus(),
    "Isthmus, reconstruction": isthmus(method="reconstruction"),
    "IsolationForest": isolation_forest,
    "LocalOutlierFactor": local_outlier_factor,
    "PyOD ECOD": pyod("ecod", "ECOD"),
    "PyOD PCA": pyod("pca", "PCA", seeded=True),
    "PyOD KNN": pyod("knn", "KNN"),
    "PyOD HBOS": pyod("hbos", "HBOS"),
    "PyOD MCD": pyod("mcd", "MCD", seeded=True),
    "PyOD AutoEncoder": pyod("auto_encoder", "AutoEncoder", seeded=True, verbose=0),
}


def load(path, seed):
    """Give training and test rows of a table, and which are anomalies, 70 to 30 of each kind."""
    stored = np.load(path)
    X, y = stored["X"].astype(float), stored["y"].astype(int)
    if len(X) > MOST_ROWS:
        generator = np.random.default_rng(seed)
        chosen = generator.permutation(len(X))[:MOST_ROWS]
        if y[chosen].sum() < LEAST_ANOMALIES:
            others = generator.permutation(np.flatnonzero(y == 0))[: MOST_ROWS - y.sum()]
            chosen = np.concatenate([np.flatnonzero(y), others])
        X, y = X[chosen], y[chosen]
    return train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)


def judge(task):
    """Give the areas under the curves, and the seconds of fitting and scoring."""
    train, test, known, anomalous = load(task["table"], task["seed"])
    clean = task["protocol"] == "clean"
    train = train[known == 0] if clean else train
    if not task["detector"].startswith("Isthmus"):
        scaler = StandardScaler().fit(train)
        train, test = scaler.transform(train), scaler.transform(test)
    start = time.perf_counter()
    scores = DETECTORS[task["detector"]](train, test, task["seed"], clean)
    seconds = time.perf_counter() - start
    return {
        "rows": len(train) + len(test),
        "columns": train.shape[1],
        "auroc": round(roc_auc_score(anomalous, scores), 6),
        "auc_pr": round(average_precision_score(anomalous, scores), 6),
        "seconds": round(seconds, 4),
    }


def give_up(*_):
    raise TimeoutError(f"took longer than {LIMIT_SECONDS} seconds")


def main():
    warnings.simplefilter("ignore")
    output, sys.stdout = sys.stdout, sys.stderr
    signal.signal(signal.SIGALRM, give_up)
    too_slow = {}
    for line in sys.stdin:
        task = json.loads(line)
        # What one split was too much for needs not be tried on the others.
        result = too_slow.get(task["table"])
        signal.alarm(LIMIT_SECONDS)
        try:
            result = result or judge(task)
        except Exception as error:
            result = {"failed": f"{type(error).__name__}: {error}"[:200]}
            if isinstance(error, TimeoutError):
                too_slow[task["table"]] = result
        signal.alarm(0)
        print(json.dumps({**task, "table": Path(task["table"]).stem, **result}), file=output)
        output.flush()


if __name__ == "__main__":
    main()
