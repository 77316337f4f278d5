"""How many bits a column takes if its probabilities are learned while it is coded.

A context's probabilities are those of the context around it, mended by what was counted:
``p(x | c) = (max(n(x, c) − d, 0) + (a + d·t(c))·p(x)) / (n(c) + a)``, where t is how many values
were seen in c. With d = 0 it is a Dirichlet prior of strength a.

References
----------
MacKay & Peto (1995), A hierarchical Dirichlet language model; Teh (2006), A hierarchical Bayesian
language model based on Pitman–Yor processes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1024.0, 4096.0)
DISCOUNTS = (0.0, 0.25, 0.5, 0.75, 0.875)


class Prior(NamedTuple):
    """The positions of a strength and of a discount in the lists of both."""

    strength: int
    discount: int


ALL_PRIORS = tuple(Prior(i, j) for i in range(len(STRENGTHS)) for j in range(len(DISCOUNTS)))
FEW_PRIORS = (Prior(3, 1), Prior(6, 1), Prior(9, 2))


class Learned(NamedTuple):
    """What a column takes in a context, with the best prior."""

    bits: float
    prior: Prior
    probabilities: np.ndarray  # of the value of each row, before it was seen


def learned(
    values: np.ndarray,
    contexts: np.ndarray,
    n_values: int,
    around: np.ndarray | float,
    priors: Iterable[Prior] = ALL_PRIORS,
) -> Learned:
    """Code a column in contexts; `around` are the probabilities of the contexts around these."""
    seen = _Groups(contexts * n_values + values).earlier()
    own = _Groups(contexts)
    in_context, kinds = own.earlier(), own.earlier(seen == 0)
    best: Learned | None = None
    for prior in priors:
        a, d = STRENGTHS[prior.strength], DISCOUNTS[prior.discount]
        p = (np.maximum(seen - d, 0) + (a + d * kinds) * around) / (in_context + a)
        bits = -float(np.log2(p, dtype=np.float32).sum(dtype=float))
        if best is None or bits < best.bits:
            best = Learned(bits, prior, p)
    assert best is not None
    return best


class _Groups:
    """Rows that belong together."""

    def __init__(self, groups: np.ndarray) -> None:
        # Those of 16 bits are sorted several times as fast.
        small = groups.astype(np.min_scalar_type(groups.max(initial=0)))
        self._order = np.argsort(small, kind="stable")
        ordered = small[self._order]
        self._begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._lengths = np.diff(self._begins, append=len(groups))

    def earlier(self, marked: np.ndarray | None = None) -> np.ndarray:
        """Count for each row those before it of the same group, or the marked ones of them."""
        if marked is None:
            before = np.arange(len(self._order))
        else:
            own = marked[self._order].astype(np.int64)
            before = np.cumsum(own) - own
        counts = np.empty(len(self._order), np.int64)
        counts[self._order] = before - np.repeat(before[self._begins], self._lengths)
        return counts
