"""Rows judged by how badly an autoencoder reconstructs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.errors import IsthmusError
from isthmus.estimators.outliers.cells import Cells, cells_of
from isthmus.estimators.outliers.reasons import Reasons
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.persistence import Tensors, describe, restore
from isthmus.fitting.validation import open_dataset
from isthmus.io import Dataset, affordable_rows, read_ahead
from isthmus.models import Mixed, Model
from isthmus.prepare import NumberPreparation, Preparation, TablePreparation
from isthmus.training import over_rows


@final
@dataclass(frozen=True, eq=False)
class ByReconstruction:
    """Judges rows by the scores of a fitted autoencoder.

    Parameters
    ----------
    autoencoder : autoencoder
        What reconstructs rows.
    """

    autoencoder: BaseAutoencoder

    @property
    def preparation(self) -> Preparation:
        """What brings rows to the scale of the autoencoder."""
        return self.autoencoder.preparation_

    @property
    def cells(self) -> Cells:
        """The values of single columns."""
        return cells_of(self.preparation)

    def score_chunks(self, dataset: Dataset) -> Iterator[np.ndarray]:
        """Score rows a chunk at a time; higher is more normal."""
        for scores in self.autoencoder.score_chunks(dataset):
            yield scores.astype(np.float64)

    def reason_chunks(
        self, dataset: Dataset, n_reasons: int
    ) -> Iterator[tuple[np.ndarray, Reasons]]:
        """Give scores and reasons a chunk at a time, in prepared numbers."""
        if n_reasons and not (isinstance(self.preparation, NumberPreparation) or self._is_mixed):
            likelihood = self.autoencoder.model_.likelihood
            raise IsthmusError(
                "reasons for the reconstruction of columns of several kinds take the likelihood "
                f"Mixed, but this autoencoder has {likelihood!r}: fit it with likelihood='auto', "
                "or ask for no reasons (n_reasons=0)."
            )
        rows = open_dataset(self.autoencoder, dataset, reset=False)
        n_rows = affordable_rows(self.preparation.n_features)
        chunks = read_ahead(self.preparation.chunks(rows, n_rows))
        for scores, x in zip(self.score_chunks(dataset), chunks, strict=True):
            yield scores, self._reasons(x, n_reasons)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Give all that was learned: what JSON can hold, and arrays by name."""
        return describe(self.autoencoder)

    @classmethod
    def from_state(cls, state: dict[str, Any], tensors: Tensors) -> Self:
        """Make it again from what `state` gave; ValueError if the parts do not fit together."""
        autoencoder = restore(state, tensors)
        if not isinstance(autoencoder, BaseAutoencoder):
            raise ValueError("no autoencoder")
        return cls(autoencoder)

    @property
    def _is_mixed(self) -> bool:
        return isinstance(self.autoencoder.model_.likelihood, Mixed)

    def _reasons(self, x: np.ndarray, n_reasons: int) -> Reasons:
        """Give the values that are reconstructed worst.

        Of numbers alone by their squared errors, of columns of several kinds by how much less
        likely they are than the likeliest values.
        """
        model, cells = self.autoencoder.model_, self.cells
        values, expected = map(cells.values, (x, over_rows(Model.reconstruct, model, x)))
        if isinstance(self.preparation, TablePreparation):
            parts = np.array(self.preparation.layout.parts)
            lost = over_rows(_lost, model, x)
            errors = np.stack([lost[:, parts == c].sum(axis=1) for c in np.unique(parts)], axis=1)
        else:
            errors = np.square(values - expected)
        columns = np.argsort(-errors, axis=1, kind="stable")[:, :n_reasons]
        found = (np.take_along_axis(part, columns, 1) for part in (values, expected, errors))
        return Reasons(columns, *found)


def _lost(model: Any, x: jax.Array) -> jax.Array:
    """Give what each value of a table costs in log-likelihood: ``(batch, parts)``, 0 for gaps."""
    parameters = model.network.decode(model.encode(x))
    likeliest = jnp.where(jnp.isnan(x), x, model.likelihood.mode(parameters))
    return model.likelihood.log_probs(parameters, likeliest) - model.likelihood.log_probs(
        parameters, x
    )
