"""What autoencoders share whose layers can learn one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.default_epochs import default_epochs
from isthmus.fitting.network import NetworkAutoencoder
from isthmus.fitting.parameters import POSITIVE
from isthmus.models import Deterministic, Likelihood, Model, SquaredError
from isthmus.objectives import Masking
from isthmus.training import PRETRAININGS, LayerTraining, Plan

# Updates of each layer, fewest and most epochs; noise of Vincent et al. (2010).
_UPDATES = (2_000, 3, 100)
_NOISE = 0.25


@estimator
class PretrainedAutoencoder(NetworkAutoencoder):
    """An autoencoder whose weights may start where greedy pretraining leads.

    Parameters
    ----------
    pretrain : {names} or None
        Let each layer learn first, on the codes of the layer below it: as an autoencoder with
        tied weights, as one that denoises (by `corruption`, or a quarter of the inputs
        masked), or as a restricted Boltzmann machine (sigmoid units of dense layers).
    n_pretraining_epochs : int or None
        Passes over the data for each layer; None makes about 2,000 updates.
    """

    pretrain: str | None = parameter(Named(*PRETRAININGS), None, default=None)
    n_pretraining_epochs: int | None = parameter(POSITIVE, None, default=None)

    def _is_linear_at_best(self, likelihood: Likelihood) -> bool:
        plain = isinstance(self._code(likelihood), Deterministic)
        return plain and isinstance(likelihood, SquaredError)

    @property
    def _pretrains(self) -> str | None:
        return None if self.pretrain is None else f"pretrain={self.pretrain!r}"

    def _layer_training(self, plan: Plan[Model], n_rows: int) -> LayerTraining:
        assert self.pretrain is not None
        n_epochs = self.n_pretraining_epochs
        if n_epochs is None:
            n_epochs = default_epochs(n_rows, self.batch_size, *_UPDATES)
        objective: Any = plan.loss
        corruption = objective.corruption
        # What layers see of a table are numbers that belong to no columns.
        if corruption is None or corruption.columns is not None:
            corruption = Masking(_NOISE)
        settings = replace(plan.settings, n_epochs=n_epochs)
        return LayerTraining(self.pretrain, settings, self.batch_size, corruption)
