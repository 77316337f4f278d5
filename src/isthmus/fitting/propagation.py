"""Labels that go from row to row along a graph of neighbours."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.sparse as sparse
from scipy.stats import chisquare
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from isthmus.fitting.labels import UNLABELLED
from isthmus.prepare import without_gaps

_N_NEIGHBORS = 10
_SPREAD = 0.99
_N_ITERATIONS = 50
_MOST_ROWS = 2**16
_N_FOLDS = 5
_MOST_WRONG = 0.12
_MOST_RATIO = 1.25
_MOST_LINEAR_ROWS = 5_000
_SHARES = (0.6, 0.4, 0.2)
_MOST_ERROR, _LINEAR_SHARE = 0.035, 1 / 7
_LEAST_AGREEMENT = 0.2
_MOST_CLEAR_RATIO = 0.9


@final
@dataclass(frozen=True, eq=False)
class Propagated:
    """What the neighbours say, and how far they are believed.

    Parameters
    ----------
    positions, labels : ndarray of int
        Rows that had no label, and the classes that are believed of them.
    class_shares : tuple of float
        How common each class is among all rows.
    share : float
        Share of the rows that is believed, the surest of every class; 0 where labelled rows that
        were hidden came out wrong too often.
    """

    positions: np.ndarray
    labels: np.ndarray
    class_shares: tuple[float, ...]
    share: float

    def added_to(self, targets: np.ndarray, labelled: np.ndarray) -> np.ndarray:
        """Write the labels into `targets`, and give the positions of all rows that have one."""
        if not len(self.positions):
            return labelled
        targets[self.positions] = self.labels
        return np.union1d(labelled, self.positions)


NOTHING = Propagated(np.empty(0, int), np.empty(0, int), (), 0.0)
"""Where no row is told of."""


def propagate(
    codes: np.ndarray, targets: np.ndarray, n_classes: int, others: np.ndarray
) -> Propagated:
    """Spread labels over the rows that lie near in the code, as far as hidden labels bear it out.

    A fifth of the labels at a time is hidden. The largest share of surest rows is believed among
    which the hidden ones are wrong at most 3.5 times in a hundred, or a seventh as often as a
    linear classifier on the code tells hidden labels wrong; how often is what Jeffreys' prior lets
    expect, so that few labels prove little. None is where more than 12 % of all hidden labels come
    out wrong, for then clusters overlap, nor where the linear classifier does clearly better, for
    then classes do not follow the clusters. A graph takes at most 65,536 rows, drawn where there
    are more.

    Parameters
    ----------
    codes : ndarray, shape (rows, components)
        Of all rows.
    targets : ndarray of int, shape (rows,)
        Positions of the classes, −1 where unknown.
    n_classes : int
        How many there are.
    others : ndarray of int
        Positions of the rows that labels may be believed of.

    References
    ----------
    Zhou, Bousquet, Lal, Weston & Schölkopf (2004), Learning with local and global consistency,
    equation 4, for the propagation; Zelnik-Manor & Perona (2005), Self-tuning spectral
    clustering, for weights in units of the distance to a neighbour; Brown, Cai & DasGupta (2001),
    Interval estimation for a binomial proportion, for what few hidden labels tell.
    """
    # Always the same draws: what is believed depends on the rows alone.
    rows, generator = np.arange(len(codes)), np.random.default_rng(0)
    if len(rows) > _MOST_ROWS:
        drawn = generator.permutation(np.flatnonzero(targets < 0))
        known = generator.permutation(np.flatnonzero(targets >= 0))[: _MOST_ROWS // 2]
        rows = np.sort(np.concatenate([known, drawn[: _MOST_ROWS - len(known)]]))
    graph = _graph(codes[rows])
    share = _believable(codes[rows], graph, targets[rows], n_classes, generator)
    found, ranks = _told(graph, targets[rows], n_classes)
    believed = (ranks < share) & np.isin(rows, others)
    class_shares = _class_shares(targets[rows], found, n_classes)
    return Propagated(rows[believed], found[believed], class_shares, share)


def neighbours_tell(rows: np.ndarray, labels: np.ndarray) -> bool:
    """Tell whether neighbours mostly have one class, and tell it better than a linear classifier.

    The ten nearest of at most 5,000 rows vote, a fifth of the labels hidden at a time. They are
    to be wrong less than 12 times in a hundred, and a tenth less often than a linear classifier: a
    row that is moved to where its neighbours lie then is most likely of its class still.

    Parameters
    ----------
    rows : ndarray, shape (rows, features)
        In the prepared scale.
    labels : ndarray of int, shape (rows,)
        Positions of the classes, −1 where unknown.
    """
    drawn = np.random.default_rng(0).permutation(np.flatnonzero(labels >= 0))[:_MOST_LINEAR_ROWS]
    rows, labels = without_gaps(rows[drawn]), labels[drawn]
    if len(rows) < _N_FOLDS:
        return False
    wrong, linear = [], []
    for fold in range(_N_FOLDS):
        hidden = np.arange(fold, len(rows), _N_FOLDS)
        known = labels.copy()
        known[hidden] = UNLABELLED
        rest = np.flatnonzero(known >= 0)
        nearest = KNeighborsClassifier(min(_N_NEIGHBORS, len(rest))).fit(rows[rest], known[rest])
        wrong.append(np.mean(nearest.predict(rows[hidden]) != labels[hidden]))
        linear.append(_linear_error(rows, known, labels, hidden))
    return bool(np.mean(wrong) < min(_MOST_WRONG, _MOST_CLEAR_RATIO * np.mean(linear)))


def _graph(codes: np.ndarray) -> sparse.csr_array:
    """Join every row with its neighbours: symmetric, normalized ``D^−½ W D^−½``."""
    n_rows = len(codes)
    n_neighbors = min(_N_NEIGHBORS, n_rows - 1)
    distances, neighbors = NearestNeighbors(n_neighbors=n_neighbors).fit(codes).kneighbors()
    scale = np.maximum(distances[:, -1:], np.finfo(np.float32).tiny)
    weights = np.exp(-4 * np.square(distances / scale))
    starts = np.arange(0, n_rows * n_neighbors + 1, n_neighbors)
    graph = sparse.csr_array(
        (weights.ravel().astype(np.float32), neighbors.ravel(), starts), (n_rows, n_rows)
    )
    graph = graph.maximum(graph.T)
    roots = sparse.diags_array(1 / np.sqrt(graph.sum(axis=1)))
    return sparse.csr_array(roots @ graph @ roots)


def _told(
    graph: sparse.csr_array, targets: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give each row's likeliest class, and its rank in that class from 0, the surest, to 1."""
    known = np.flatnonzero(targets >= 0)
    start = np.zeros((len(targets), n_classes), np.float32)
    start[known, targets[known]] = 1
    mass = np.maximum(_solved(graph, start), 0)
    found = mass.argmax(axis=1)
    sureness = mass.max(axis=1) / np.maximum(mass.sum(axis=1), np.finfo(np.float32).tiny)
    ranks = np.ones(len(targets))
    for k in range(n_classes):
        rows = np.flatnonzero(found == k)
        ranks[rows[np.argsort(-sureness[rows], kind="stable")]] = np.arange(len(rows)) / len(rows)
    return found, ranks


def _solved(graph: sparse.csr_array, start: np.ndarray) -> np.ndarray:
    """Solve ``(I − α S) F = Y`` for all classes at once, by conjugate gradients."""
    solution, residual, direction = np.zeros_like(start), start, start
    before = np.maximum(np.square(residual).sum(axis=0), np.finfo(np.float32).tiny)
    for _ in range(_N_ITERATIONS):
        image = direction - _SPREAD * (graph @ direction)
        length = before / np.maximum((direction * image).sum(axis=0), np.finfo(np.float32).tiny)
        solution = solution + length * direction
        residual = residual - length * image
        now = np.square(residual).sum(axis=0)
        direction = residual + now / before * direction
        before = np.maximum(now, np.finfo(np.float32).tiny)
    return solution


def _believable(
    codes: np.ndarray,
    graph: sparse.csr_array,
    targets: np.ndarray,
    n_classes: int,
    generator: np.random.Generator,
) -> float:
    """Give the largest share of surest rows that hidden labels bear out.

    It is 0 where neighbours tell them clearly worse than a linear classifier on the code: then
    classes do not follow the clusters of the rows.
    """
    known = generator.permutation(np.flatnonzero(targets >= 0))
    # One class after the other, so that every fold hides about the same of each.
    known = known[np.argsort(targets[known], kind="stable")]
    if len(known) < _N_FOLDS:
        return 0.0
    wrong, ranks, linear = np.empty(len(known), bool), np.empty(len(known)), []
    for fold in range(_N_FOLDS):
        hidden = known[fold::_N_FOLDS]
        rest = targets.copy()
        rest[hidden] = UNLABELLED
        found, all_ranks = _told(graph, rest, n_classes)
        wrong[fold::_N_FOLDS] = found[hidden] != targets[hidden]
        ranks[fold::_N_FOLDS] = all_ranks[hidden]
        linear.append(_linear_error(codes, rest, targets, hidden))
    if wrong.mean() > _MOST_WRONG or wrong.mean() >= _MOST_RATIO * np.mean(linear):
        return 0.0
    most = max(_MOST_ERROR, _LINEAR_SHARE * float(np.mean(linear)))
    for share in _SHARES:
        sure = ranks < share
        if (wrong[sure].sum() + 0.5) / (sure.sum() + 1) <= most:
            return share
    return 0.0


def _linear_error(
    codes: np.ndarray, known: np.ndarray, targets: np.ndarray, hidden: np.ndarray
) -> float:
    """Give the share of hidden labels that a linear classifier on the code tells wrong."""
    rows = np.flatnonzero(known >= 0)
    rows = rows[:: max(-(-len(rows) // _MOST_LINEAR_ROWS), 1)]
    if len(np.unique(known[rows])) < 2:
        return 1.0
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        linear.fit(codes[rows], known[rows])
    return float(np.mean(linear.predict(codes[hidden]) != targets[hidden]))


def _class_shares(targets: np.ndarray, found: np.ndarray, n_classes: int) -> tuple[float, ...]:
    """Tell how common the classes are: as among the labels, unless the neighbours speak against it.

    The test is Pearson's; labels that were drawn class by class say nothing of how common these
    are, and are told by it where that matters most.
    """
    labels = np.bincount(targets[targets >= 0], minlength=n_classes)
    told = np.bincount(found, minlength=n_classes) + 1
    expected = labels.sum() * told / told.sum()
    agree = chisquare(labels, expected).pvalue > _LEAST_AGREEMENT
    shares = labels if agree else told
    return tuple((shares / shares.sum()).tolist())
