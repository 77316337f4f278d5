"""What autoencoders share that minimize one objective over a network that can be chosen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.parameters import ObjectiveParameters, TableParameters
from isthmus.fitting.rows import TrainingRows
from isthmus.fitting.trained import EarlyStoppedAutoencoder
from isthmus.io import Dataset
from isthmus.models import Bernoulli, Likelihood, Mixed, Model, SquaredError
from isthmus.networks import Architecture, Dense, ShortcutNetwork
from isthmus.networks.architectures.shortcut import can_lead_around
from isthmus.objectives import Corruption, Objective, Penalty
from isthmus.prepare import Preparation, find_preparation
from isthmus.training import Settings

USUAL_LEVEL = 0.3
"""The level of a corruption that is given by its name."""

# With as many values at 0 and 1, rows are flat where a sigmoid is, as pictures with a background
# are; with fewer, squared error and its linear start bring back more.
_MANY = 0.5

# What X has that a likelihood cannot take, and what to do about it.
_MEMBERS = {
    "real": "others",
    "unit": "others",
    "binary": "0 and 1 alone",
    "mixed": "categories or gaps",
}
_REMEDIES = {
    "real": "use likelihood='squared_error', or bring X into [0, 1] first",
    "unit": "use likelihood='squared_error' or 'bernoulli'",
    "binary": "use likelihood='bernoulli'",
    "mixed": "use likelihood='auto'",
}


class NetworkAutoencoder(TableParameters, ObjectiveParameters, EarlyStoppedAutoencoder):
    """An autoencoder of any network, likelihood, corruption and penalties."""

    @abstractmethod
    def default_architecture(self) -> Architecture:
        """Give the network that the estimator's own parameters describe."""

    @property
    def takes_gaps(self) -> bool:
        # Values that are missing have no neighbours to convolve.
        return isinstance(self._architecture(), Dense)

    def check_parameters(self) -> None:
        super().check_parameters()
        self._architecture()

    def find_preparation(self, dataset: Dataset) -> Preparation:
        alone = None if self.takes_gaps else type(self).__name__
        return find_preparation(dataset, self.scaling, self.kinds, numbers_alone=alone)

    def _own_objective(self, n_epochs: int, n_steps: int) -> Objective:
        """Give what this kind of model minimizes in this many epochs of this many updates."""
        return Objective()

    def objective(self, n_epochs: int, n_steps: int) -> Objective:
        own, corruption = self._own_objective(n_epochs, n_steps), self.corruption
        if isinstance(corruption, str):
            corruption = Corruption.named(corruption, self._noise_level)
        penalties = (*own.penalties, *_checked_penalties(self.penalty))
        return replace(own, corruption=corruption, penalties=penalties)

    def _architecture(self) -> Architecture:
        return self.default_architecture() if self.network is None else self.network

    def _takes_shortcut(self, likelihood: Likelihood, start: BaseAutoencoder | None) -> bool:
        if self.shortcut is not None:
            return self.shortcut
        if start is not None and self.network is None:
            return isinstance(start.model_.network, ShortcutNetwork)
        return (
            self.network is None
            and self._is_linear_at_best(likelihood)
            and can_lead_around(self.default_architecture())
        )

    def _is_linear_at_best(self, likelihood: Likelihood) -> bool:
        """Tell whether principal components are the best that linear maps can do."""
        return False

    @property
    def _noise_level(self) -> float:
        return USUAL_LEVEL

    def _default_likelihood(self, rows: TrainingRows) -> Likelihood:
        """Give what numbers without gaps are judged by."""
        support = rows.preparation.support
        bounded = support == "binary" or (support == "unit" and rows.share_at_ends() > _MANY)
        return Bernoulli() if bounded else SquaredError()

    def _likelihood(self, rows: TrainingRows) -> Likelihood:
        preparation, support = rows.preparation, rows.preparation.support
        if isinstance(self.likelihood, Likelihood):
            likelihood = self.likelihood
        elif self.likelihood == "auto":
            mixed = preparation.layout is not None
            likelihood = Mixed() if mixed else self._default_likelihood(rows)
        else:
            likelihood = Likelihood.named(self.likelihood)
        if support not in likelihood.supports:
            raise IsthmusError(
                f"likelihood={self.likelihood!r} needs {likelihood.needs}, but with "
                f"scaling={preparation.scaling!r} X has {_MEMBERS[support]}: "
                f"{_REMEDIES[support]}."
            )
        layout = preparation.layout
        return likelihood if layout is None else likelihood.for_columns(layout)

    def _loss(self, model: Model, rows: TrainingRows, n_epochs: int, n_steps: int) -> Objective:
        objective, preparation = self.objective(n_epochs, n_steps), rows.preparation
        for penalty in objective.penalties:
            penalty.check(model)
        corruption, support = objective.corruption, preparation.support
        if corruption is not None and support not in corruption.supports:
            raise IsthmusError(
                f"{corruption!r} needs {corruption.needs}, but with "
                f"scaling={preparation.scaling!r} X has {_MEMBERS[support]}: "
                "use gaussian, masking or swap noise."
            )
        if corruption is not None and preparation.layout is not None:
            objective = replace(objective, corruption=corruption.for_columns(preparation.layout))
        if objective.binarize and support not in ("binary", "unit"):
            raise IsthmusError(
                f"binarize=True needs values in [0, 1], but with "
                f"scaling={preparation.scaling!r} X has others: leave it away."
            )
        return objective

    def _settings(self, n_rows: int, seed: int) -> Settings:
        return replace(
            super()._settings(n_rows, seed),
            learning_rate_schedule=self.learning_rate_schedule,
            precision=self.precision,
        )


def _checked_penalties(penalty: Penalty | Sequence[Penalty] | None) -> tuple[Penalty, ...]:
    """Give the penalties as an objective takes them."""
    if penalty is None or isinstance(penalty, Penalty):
        return () if penalty is None else (penalty,)
    for item in penalty:
        if not isinstance(item, Penalty):
            raise IsthmusError(
                f"penalty={list(penalty)!r} holds something else than penalties: "
                "give parts such as L1(0.01)."
            )
    return tuple(penalty)
