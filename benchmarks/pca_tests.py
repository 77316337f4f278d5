"""Run scikit-learn's own tests of PCA, IncrementalPCA and TruncatedSVD with LinearAutoencoder.

The tests are those of the installed package. Each class is replaced by an adapter that only
renames parameters; what a parameter without a name of ours asks for (which algorithm, how many
iterations, how much to copy) is left away. TruncatedSVD takes no mean off, LinearAutoencoder
always does, which these tests do not mind.
"""

import argparse
import os
import re
import sys
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import scipy
import sklearn
import sklearn.decomposition
from sklearn.base import BaseEstimator

import isthmus

HERE = Path(__file__).resolve().parent
FILES = ("test_pca", "test_incremental_pca", "test_truncated_svd")

# Why a test fails, by what its name or its error says; the first that is found counts.
REASONS = (
    (r"[sS]parse", "needs sparse input, which Isthmus does not take yet"),
    (r"log-likelihood|test_pca_score", "`score` is the negative squared error, not a likelihood"),
    (r"feature_names_out", "codes are named after the class, `linearautoencoder0`"),
    (r"_fit_svd_solver", "asks which algorithm was chosen, a private attribute"),
    (r"n_samples_seen_", "sets a fitted attribute to a float"),
    (
        r"\[arpack-2|test_n_components_none\[.*arpack|test_too_many_components|test_n_components_mle_error",
        "a limit of ARPACK or of random projections, which Isthmus does not have",
    ),
    (r"Regex pattern|did not match", "refused as well, in another sentence"),
)


class Adapter(BaseEstimator):
    """What the three have in common: parameters of ours, and all else passed on."""

    def _renamed(self):
        parameters = self.get_params()
        names = ("n_components", "whiten", "random_state")
        return {name: parameters[name] for name in names if name in parameters}

    def fit(self, X, y=None):
        self._fitted = isthmus.LinearAutoencoder(**self._renamed()).fit(X, y)
        return self

    def partial_fit(self, X, y=None, check_input=True):
        if "_fitted" not in vars(self):
            self._fitted = isthmus.LinearAutoencoder()
        self._fitted.set_params(**self._renamed()).partial_fit(X, y)
        return self

    def fit_transform(self, X, y=None):
        return self.fit(X, y).transform(X)

    def __getattr__(self, name):
        if name.startswith("__") or "_fitted" not in vars(self):
            raise AttributeError(name)
        return getattr(self._fitted, name)


class PCA(Adapter):
    def __init__(
        self, n_components=None, *, copy=True, whiten=False, svd_solver="auto", tol=0.0,
        iterated_power="auto", n_oversamples=10, power_iteration_normalizer="auto",
        random_state=None,
    ):  # fmt: skip
        self.n_components, self.copy, self.whiten = n_components, copy, whiten
        self.svd_solver, self.tol, self.iterated_power = svd_solver, tol, iterated_power
        self.n_oversamples = n_oversamples
        self.power_iteration_normalizer = power_iteration_normalizer
        self.random_state = random_state


class IncrementalPCA(Adapter):
    def __init__(self, n_components=None, *, whiten=False, copy=True, batch_size=None):
        self.n_components, self.whiten = n_components, whiten
        self.copy, self.batch_size = copy, batch_size


class TruncatedSVD(Adapter):
    def __init__(
        self, n_components=2, *, algorithm="randomized", n_iter=5, n_oversamples=10,
        power_iteration_normalizer="auto", random_state=None, tol=0.0,
    ):  # fmt: skip
        self.n_components, self.algorithm, self.n_iter = n_components, algorithm, n_iter
        self.n_oversamples, self.tol = n_oversamples, tol
        self.power_iteration_normalizer = power_iteration_normalizer
        self.random_state = random_state


class Outcomes:
    """A plugin of pytest that notes how every test ended."""

    def __init__(self):
        self.counts, self.failed, self.passed = defaultdict(Counter), [], 0

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and not (report.when == "setup" and not report.passed):
            return
        file, _, name = report.nodeid.partition("::")
        self.counts[Path(file).stem][report.outcome] += 1
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failed.append((Path(file).stem, name, crash.message if crash else ""))

    def reasons(self):
        """Give the names of failed tests by reason."""
        found = defaultdict(list)
        for file, name, message in self.failed:
            text = f"{name} {message}"
            reason = next((r for pattern, r in REASONS if re.search(pattern, text)), None)
            found[reason or "of another kind"].append((file, name, message))
        return found


def run(options):
    """Run the tests with the adapters in place of scikit-learn's classes."""
    os.environ["SKLEARN_RUN_FLOAT32_TESTS"] = "1"  # What scikit-learn itself tests them with.
    for adapter in (PCA, IncrementalPCA, TruncatedSVD):
        setattr(sklearn.decomposition, adapter.__name__, adapter)
    outcomes = Outcomes()
    tests = [f"sklearn.decomposition.tests.{file}" for file in FILES]
    settings = ["-c", os.devnull, "-p", "no:cacheprovider", "-q", "--no-header", "--tb=no"]
    settings += ["--import-mode=importlib", "--disable-warnings", "-r", "N"]
    with warnings.catch_warnings():
        pytest.main([*settings, *options, "--pyargs", *tests], plugins=[outcomes])
    return outcomes


def report(outcomes):
    """Give the table of outcomes and the list of reasons, as Markdown."""
    lines = ["| tests | ran | pass | fail |", "|---|---|---|---|"]
    sums = Counter()
    for file, counts in outcomes.counts.items():
        passed, failed = counts["passed"], counts["failed"]
        sums += Counter(passed=passed, failed=failed)
        lines.append(f"| `{file}.py` | {passed + failed} | {passed} | {failed} |")
    passed, failed = sums["passed"], sums["failed"]
    lines.append(f"| all | {passed + failed} | **{passed}** | {failed} |")
    lines += ["", "Those that fail:", ""]
    for reason, tests in sorted(outcomes.reasons().items(), key=lambda item: -len(item[1])):
        names = Counter(f"`{name.partition('[')[0]}`" for _, name, _ in tests)
        listed = ", ".join(f"{name} ({n})" if n > 1 else name for name, n in names.items())
        lines.append(f"- {len(tests)}: {reason}: {listed}.")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="keep the outcome in results/")
    parser.add_argument("--messages", action="store_true", help="show what went wrong, each time")
    arguments, options = parser.parse_known_args()
    outcomes = run(options)
    found = report(outcomes)
    print(found)
    if arguments.messages:
        for reason, tests in outcomes.reasons().items():
            for file, name, message in tests:
                print(f"{reason[:20]:20} {file}::{name}: {message[:160]!r}")
    if arguments.write:
        versions = f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}, "
        versions += f"SciPy {scipy.__version__}, Python {sys.version.split()[0]}"
        text = f"# scikit-learn's own tests of PCA, with LinearAutoencoder\n\n{ABOUT}\n\n"
        text += f"{versions}.\n\n{found}\n"
        (HERE / "results" / "pca_tests.md").write_text(text, encoding="utf-8")


ABOUT = (
    "`make bench-pca` (`python benchmarks/pca_tests.py --write`): the tests of the installed "
    "package, in which\nPCA, IncrementalPCA and TruncatedSVD are replaced by adapters that rename "
    "`n_components`, `whiten` and\n`random_state` and pass on all else; other parameters choose "
    "algorithms and are left away. A mean is taken\noff in place of TruncatedSVD too."
)

if __name__ == "__main__":
    main()
