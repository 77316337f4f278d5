"""What fitted autoencoders make of gaps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
from sklearn.utils.validation import check_is_fitted

from isthmus.checks import check_asked
from isthmus.errors import IsthmusError
from isthmus.fitting.gaps import filled_chunks, in_one_piece
from isthmus.fitting.saved import SavedAutoencoder
from isthmus.fitting.validation import open_dataset
from isthmus.io import CHUNK_ROWS, Dataset, Rows, affordable_rows, container_of, to_container
from isthmus.models import GaussianCode, Model
from isthmus.training import over_rows


class ImputingAutoencoder(SavedAutoencoder):
    """An autoencoder that can put its reconstruction in the place of gaps."""

    def impute(
        self,
        X: Any,
        *,
        n_draws: int | None = None,
        random_state: int | None = None,
    ) -> Any:
        """Fill the gaps of rows with their reconstruction; what is there stays as it is.

        `AutoencoderImputer` is made for this, and mostly more exact; this asks what the model at
        hand makes of a gap.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on, which was a table with gaps or
            categories.
        n_draws : int or None, default=None
            For multiple imputation, from a variational autoencoder: fill the gaps so many times,
            each time with a row drawn from ``p(x | z)`` for a code drawn from ``q(z | x)``.
        random_state : int or None, default=None
            Fixes the draws.

        Returns
        -------
        rows : array or frame, or a list of these
            X with its columns, dtypes, levels and index; with `n_draws` so many of them. Columns
            of which nothing was learned keep their gaps.

        Raises
        ------
        DataError
            X has gaps, but the estimator was fitted on numbers alone, without any.
        IsthmusError
            `n_draws` is asked of an estimator whose code is no distribution.

        Examples
        --------
        >>> import numpy as np
        >>> from isthmus import Autoencoder
        >>> X = np.random.default_rng(0).normal(size=(100, 1)) * [1.0, 2.0, 3.0]
        >>> X[::5, 0] = np.nan
        >>> model = Autoencoder(1, max_epochs=20, random_state=0).fit(X)
        >>> bool(np.isnan(model.impute(X)).any())
        False
        """
        if n_draws is None:
            return self._imputed(X, self._reconstructed)
        check_is_fitted(self)
        self._check_draws(n_draws)
        generator = np.random.default_rng(random_state)
        return [self._imputed(X, partial(self._drawn, generator)) for _ in range(n_draws)]

    def impute_chunks(self, X: Any) -> Iterator[Rows]:
        """Fill the gaps a chunk at a time, for rows that would not fit into memory.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Rows like those that the estimator was fitted on.

        Yields
        ------
        rows : array or arrow table
            The next rows of what `impute` gives.
        """
        check_is_fitted(self)
        dataset: Dataset = open_dataset(self, X, reset=False)
        n_rows = affordable_rows(self.preparation_.n_features)
        return filled_chunks(dataset, self.preparation_, self._reconstructed, n_rows)

    def _imputed(self, X: Any, tell: Callable[[np.ndarray], np.ndarray]) -> Any:
        check_is_fitted(self)
        dataset, container = open_dataset(self, X, reset=False), container_of(X)
        chunks = list(filled_chunks(dataset, self.preparation_, tell, CHUNK_ROWS))
        return to_container(in_one_piece(chunks), container)

    def _check_draws(self, n_draws: int) -> None:
        if not isinstance(self.model_.code, GaussianCode):
            raise IsthmusError(
                f"n_draws={n_draws} asks {type(self).__name__} to draw, but its code is no "
                "distribution: leave n_draws away, or fit a VariationalAutoencoder."
            )
        check_asked("n_draws", n_draws)

    def _reconstructed(self, x: np.ndarray) -> np.ndarray:
        return over_rows(Model.reconstruct, self.model_, x)

    def _drawn(self, generator: np.random.Generator, x: np.ndarray) -> np.ndarray:
        return over_rows(_draw, self.model_, x, seed=int(generator.integers(2**31)))


def _draw(model: Model, x: jax.Array, key: jax.Array) -> jax.Array:
    """Draw rows from p(x | z) for z from q(z | x): ``(batch, features)`` to the same."""
    code_key, row_key = jax.random.split(key)
    return model.sample(model.code.sample(model.network.encode(x), code_key), row_key)
