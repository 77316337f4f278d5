"""What fine-tuning learns by, where parameters leave that to the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, final

import numpy as np

from isthmus.checks import is_number
from isthmus.fitting.neighbourhood import Neighbourhood
from isthmus.fitting.persistence import decode, encode
from isthmus.fitting.propagation import NOTHING, Propagated, neighbours_tell
from isthmus.objectives import (
    ClassShares,
    Corruption,
    GaussianNoise,
    Ladder,
    PredictionTerm,
    Unlabelled,
    VirtualAdversarial,
)

AUTO = "auto"

_LADDER_RATE = 4e-3
_N_UPDATES, _N_UPDATES_FEW_LABELLED = 6_000, 12_000


@final
@dataclass(frozen=True)
class Recipe:
    """What "auto" stands for.

    Radius and noise are in units of the distance between neighbours: the radius in all columns
    together, the noise in as many as the rows' manifold has dimensions.
    """

    learning_rate: float = 1e-3
    dropout: float = 0.0
    noise: float = 0.0
    radius: float = 0.0
    entropy: float = 0.0
    class_shares: float = 0.0


_PLAIN = Recipe()
_ALL_LABELLED = Recipe(dropout=0.2, noise=1 / 8)
_FEW_LABELLED = Recipe(3e-3, 0.2, 0.19, 0.2, 0.3, 2.0)


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
        labels: np.ndarray | None = None,
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
        labels : ndarray of int or None
            Every row's class, where each has one and "auto" is to be what does well then: noise
            where neighbours tell classes better than a linear rule.

        References
        ----------
        Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked denoising autoencoders,
        section 4.2: noise leads away from the manifold of the rows. What leads along it is what
        may change a label, so there its strength is measured.
        Hu, Miyato, Tokui, Matsumoto & Sugiyama (2017), Learning discrete representations via
        information maximizing self-augmented training, section 3, for a radius in proportion to
        the distance to the tenth neighbour, and for the classes' shares beside it.
        """
        learns = propagated.share > 0
        recipe = _FEW_LABELLED if learns else _PLAIN if labels is None else _ALL_LABELLED
        rate, dropout, corruption = given.learning_rate, given.dropout, given.corruption
        wanted = corruption == AUTO and recipe.noise > 0
        helps = wanted and (labels is None or neighbours_tell(rows, labels))
        beside = Neighbourhood.of(rows) if helps or recipe.radius else None
        if corruption == AUTO:
            corruption = _noise_along(recipe.noise, beside) if beside and helps else None
        if beside and recipe.radius:
            radius = recipe.radius * beside.distance
            unlabelled = (VirtualAdversarial(radius, entropy=recipe.entropy),)
        if recipe.class_shares:
            unlabelled += (ClassShares(propagated.class_shares, recipe.class_shares),)
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


def _noise_along(share: float, beside: Neighbourhood) -> GaussianNoise:
    """Give noise that leads along the rows' manifold by a share of the distance between them."""
    return GaussianNoise(share * beside.distance / math.sqrt(beside.n_dimensions))
