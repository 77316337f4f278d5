"""The denoising autoencoder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, final

from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.network import USUAL_LEVEL
from isthmus.fitting.parameters import NOT_NEGATIVE, POSITIVE, DenseParameters
from isthmus.fitting.pretrained import PretrainedAutoencoder
from isthmus.networks import Architecture, Dense
from isthmus.objectives import Corruption


@final
@estimator
class DenoisingAutoencoder(DenseParameters, PretrainedAutoencoder):
    """Denoising autoencoder: rebuilds clean rows from corrupted ones.

    The noise is drawn anew for every batch; the loss is against the clean rows.

    Parameters
    ----------
    n_components : int
        Size of the code.
    corruption : {names} or Corruption
        The kind of noise: added; values set to 0; values set to 0 or 1 (data in [0, 1] only);
        values replaced by another row's, for tables.
    level : float or None
        The noise's standard deviation in the prepared scale, or the share of values that it
        hits, where `corruption` is a name. None takes 0.3, and noise is not to be removed at the
        price of clean rows: where training starts at PCA, epochs by which these come back worse
        than from PCA are not kept.

    References
    ----------
    Vincent, Larochelle, Bengio & Manzagol (2008), Extracting and composing robust features with
    denoising autoencoders; Vincent et al. (2010), Stacked denoising autoencoders.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import DenoisingAutoencoder
    >>> X = load_digits().data[:500] / 16
    >>> model = DenoisingAutoencoder(level=0.2, hidden=[32], max_epochs=5, random_state=0).fit(X)
    >>> model.denoise(X[:3]).shape
    (3, 64)
    """

    n_components: int = parameter(POSITIVE, default=32, kw_only=False)
    # Unlike in other autoencoders there is always one.
    corruption: str | Corruption = parameter(  # pyright: ignore[reportIncompatibleVariableOverride]
        Named(family=Corruption.members), Corruption, default="gaussian"
    )
    level: float | None = parameter(NOT_NEGATIVE, None, default=None)

    def denoise(self, X: Any) -> Any:
        """Rebuild rows without their noise.

        Parameters
        ----------
        X : array, frame, path or Dataset
            Noisy rows.

        Returns
        -------
        rows : array or frame
            Like X, in the scale, shape and dtypes of the data that the estimator was fitted on.
        """
        return self.reconstruct(X)

    @property
    def _noise_level(self) -> float:
        return USUAL_LEVEL if self.level is None else self.level

    def _floor(self, loss: Any) -> Any:
        if self.level is not None or not isinstance(self.corruption, str):
            return None
        return replace(loss, corruption=None)

    def default_architecture(self) -> Architecture:
        return Dense(self.hidden, self.activation)
