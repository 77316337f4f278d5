"""What fine-tuning learns by, where parameters leave that to the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, final

import numpy as np
from sklearn.neighbors import NearestNeighbors

from isthmus.checks import is_number
from isthmus.fitting.persistence import decode, encode
from isthmus.fitting.propagation import NOTHING, Propagated
from isthmus.objectives import (
    ClassShares,
    Corruption,
    GaussianNoise,
    Ladder,
    PredictionTerm,
    Unlabelled,
    VirtualAdversarial,
)
from isthmus.prepare import without_gaps

AUTO = "auto"

_MOST_SAMPLED, _MOST_NEIGHBORS = 1_000, 10_000
_NTH_NEIGHBOR = 10
_LADDER_RATE = 4e-3
_N_UPDATES, _N_UPDATES_FEW_LABELLED = 6_000, 12_000


@final
@dataclass(frozen=True)
class Recipe:
    """What "auto" stands for; radius and noise are in units of the distance between neighbours."""

    learning_rate: float = 1e-3
    dropout: float = 0.0
    noise: float = 0.0
    radius: float = 0.0
    entropy: float = 0.0
    class_shares: float = 0.0


_PLAIN = Recipe()
_ALL_LABELLED = Recipe(dropout=0.2)
_FEW_LABELLED = Recipe(3e-3, 0.2, 1.5, 0.2, 0.3, 2.0)


@final
@dataclass(frozen=True)
class Teaching:
    """What fine-tuning learns by.

    Parameters
    ----------
    learning_rate : float
        Peak of the learning rate.
    dropout : float
        Share of activations that is set to 0.
    corruption : Corruption or None
        Noise on the rows while their outcomes are learned.
    unlabelled : tuple of Unlabelled
        What all rows teach.
    propagated : float
        Share of the rows whose labels come from their neighbours.
    """

    learning_rate: float
    dropout: float
    corruption: Corruption | None
    unlabelled: tuple[Unlabelled, ...] = ()
    propagated: float = 0.0

    @classmethod
    def of(
        cls,
        given: Any,
        rows: np.ndarray,
        unlabelled: tuple[Unlabelled, ...] = (),
        propagated: Propagated = NOTHING,
        all_labelled: bool = False,
    ) -> Teaching:
        """Give what an estimator's parameters say, and for "auto" what does well.

        Parameters
        ----------
        given : estimator
            Its `learning_rate`, `dropout` and `corruption` count.
        rows : ndarray, shape (rows, features)
            In the prepared scale; lengths are in proportion to the distance between neighbours.
        unlabelled : tuple of Unlabelled
            What all rows teach.
        propagated : Propagated
            What the neighbours say. Where they are believed, all rows teach what does well.
        all_labelled : bool
            Whether every row has a label, and "auto" is to be what does well then.

        References
        ----------
        Hu, Miyato, Tokui, Matsumoto & Sugiyama (2017), Learning discrete representations via
        information maximizing self-augmented training, section 3, for a radius in proportion to
        the distance to the tenth neighbour, and for the classes' shares beside it.
        """
        learns = propagated.share > 0
        recipe = _FEW_LABELLED if learns else _ALL_LABELLED if all_labelled else _PLAIN
        rate, dropout, corruption = given.learning_rate, given.dropout, given.corruption
        distance = typical_distance(rows) if recipe.noise or recipe.radius else 0.0
        if recipe.radius:
            unlabelled = (VirtualAdversarial(recipe.radius * distance, entropy=recipe.entropy),)
        if recipe.class_shares:
            unlabelled += (ClassShares(propagated.class_shares, recipe.class_shares),)
        if corruption == AUTO:
            level = recipe.noise * distance / math.sqrt(rows.shape[1])
            corruption = GaussianNoise(level) if recipe.noise else None
        if rate == AUTO:
            climbs = any(isinstance(way, Ladder) for way in unlabelled)
            rate = _LADDER_RATE if climbs else recipe.learning_rate
        dropout = recipe.dropout if dropout == AUTO else dropout
        return cls(rate, dropout, corruption, unlabelled, propagated.share)

    @property
    def terms(self) -> tuple[PredictionTerm, ...]:
        """What all rows teach, of what asks something of the predictions alone."""
        return tuple(way for way in self.unlabelled if isinstance(way, PredictionTerm))

    @property
    def n_updates(self) -> int:
        """About how many updates it takes, where nobody says how long to train."""
        return _N_UPDATES_FEW_LABELLED if self.propagated else _N_UPDATES

    def state(self) -> dict[str, Any]:
        """Give what a model file holds of it."""
        return {field.name: encode(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def restored(cls, state: dict[str, Any] | None, given: Any) -> Teaching:
        """Give what `state` told of; files of earlier versions say it by the parameters alone."""
        if state is None:
            restored = cls(given.learning_rate, given.dropout, given.corruption)
        else:
            restored = cls(**{field.name: decode(state[field.name]) for field in fields(cls)})
        numbers = (restored.learning_rate, restored.dropout, restored.propagated)
        noise, terms = restored.corruption, restored.unlabelled
        if not (
            all(map(is_number, numbers))
            and (noise is None or isinstance(noise, Corruption))
            and all(isinstance(term, Unlabelled) for term in terms)
        ):
            raise ValueError("unknown teaching")
        return restored


def typical_distance(rows: np.ndarray) -> float:
    """Give the median distance to the tenth neighbour, of some rows among some more."""
    rows = without_gaps(rows[spread_over(len(rows), _MOST_NEIGHBORS)])
    n_neighbors = min(_NTH_NEIGHBOR, len(rows) - 1) + 1  # a row is its own nearest
    sampled = rows[spread_over(len(rows), _MOST_SAMPLED)]
    distances, _ = NearestNeighbors(n_neighbors=n_neighbors).fit(rows).kneighbors(sampled)
    return float(np.median(distances[:, -1]))


def spread_over(n_rows: int, most: int) -> np.ndarray:
    """Give positions evenly spread over rows."""
    return np.linspace(0, n_rows - 1, min(n_rows, most)).astype(int)
