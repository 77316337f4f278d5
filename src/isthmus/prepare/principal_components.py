"""The principal components of a prepared matrix, and how they go on with more rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral
from typing import Literal, TypeAlias

import numpy as np
from scipy import linalg

from isthmus.prepare.covariance import components_by_covariance, components_of_products
from isthmus.prepare.dimension import most_likely_dimension
from isthmus.prepare.krylov import leading_components

ComponentCount: TypeAlias = int | float | Literal["mle"] | None

# With few features the covariance matrix is found and taken apart before the rows would be.
_FEW_FEATURES, _MANY_ROWS = 1_000, 10
# So few float32 numbers are worked on in float64, which squares of small values need.
_FEW_NUMBERS = 2**18
# Of smaller matrices, or with more of all components, taking all apart is as quick as some.
_SMALL, _MOST_OF_ALL = 500, 0.8


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """What principal component analysis finds, in the precision of the rows.

    Parameters
    ----------
    components : ndarray, shape (n_components, n_features)
        Orthonormal directions, that of the most variance first; the largest entry of each is
        positive.
    singular_values : ndarray, shape (n_components,)
        Those of the centred rows.
    mean : ndarray, shape (n_features,)
        The mean row.
    squared_deviations : float
        Sum over all rows and features of the squared distances from the mean.
    n_samples : int
        Rows that were seen.
    """

    components: np.ndarray
    singular_values: np.ndarray
    mean: np.ndarray
    squared_deviations: float
    n_samples: int

    @property
    def explained_variance(self) -> np.ndarray:
        """Variance along each component, of ``n_samples - 1`` degrees of freedom."""
        return self.singular_values**2 / max(self.n_samples - 1, 1)

    @property
    def explained_variance_ratio(self) -> np.ndarray:
        """Share of the variance along each component."""
        return self.singular_values**2 / max(self.squared_deviations, np.finfo(float).tiny)

    @property
    def noise_variance(self) -> float:
        """Mean variance along the directions left out, of as many as the rows can have.

        References
        ----------
        Tipping & Bishop (1999), Probabilistic principal component analysis, equation 8.
        """
        n_left = min(self.n_samples, len(self.mean)) - len(self.components)
        if n_left <= 0:
            return 0.0
        rest = self.squared_deviations - float(np.sum(self.singular_values**2, dtype=float))
        return max(rest, 0.0) / (max(self.n_samples - 1, 1) * n_left)

    def covariance(self) -> np.ndarray:
        """Give the covariance of probabilistic PCA, ``W Wᵀ + σ² I``: (features, features)."""
        signal = np.clip(self.explained_variance - self.noise_variance, 0, None)
        covariance = (self.components.T * signal) @ self.components
        covariance.flat[:: len(covariance) + 1] += self.noise_variance
        return covariance

    def precision(self) -> np.ndarray:
        """Give the inverse of `covariance`; where it has none, the pseudo-inverse.

        Components are orthonormal, so that σ⁻² along each one only becomes 1 / variance.
        """
        noise = self.noise_variance
        variance = np.maximum(self.explained_variance, noise)
        if noise == 0:
            rounding = np.finfo(variance.dtype).eps * len(self.mean) * variance.max(initial=0)
            kept = variance > rounding
            return (self.components[kept].T / variance[kept]) @ self.components[kept]
        precision = (self.components.T * (1 / variance - 1 / noise)) @ self.components
        precision.flat[:: len(precision) + 1] += 1 / noise
        return precision

    def leading(self, n_components: int) -> PrincipalComponents:
        """Give the first so many components alone."""
        return replace(
            self,
            components=self.components[:n_components],
            singular_values=self.singular_values[:n_components],
        )

    def reconstruct(self, values: np.ndarray) -> np.ndarray:
        """Project rows onto the components: (rows, features) to the same."""
        return self.project(values) @ self.components + self.mean

    def project(self, values: np.ndarray) -> np.ndarray:
        """Give where rows lie along the components: (rows, features) to (rows, components)."""
        return (values - self.mean) @ self.components.T

    def with_rows(self, values: np.ndarray) -> PrincipalComponents:
        """Go on with more rows ``(rows, features)``, in float64.

        References
        ----------
        Ross, Lim, Lin & Yang (2008), Incremental learning for robust visual tracking, section 3.1.
        """
        values = values.astype(np.float64)
        n_before, n_rows = self.n_samples, len(values)
        n_samples = n_before + n_rows
        mean = values.mean(axis=0)
        shift = mean - self.mean
        correction = np.sqrt(n_before * n_rows / n_samples) * shift
        values -= mean
        known = self.singular_values[:, None] * self.components
        _, singular_values, components = linalg.svd(
            np.vstack([known, values, correction]), full_matrices=False
        )
        kept = len(self.components)
        return PrincipalComponents(
            components=with_signs(components[:kept]),
            singular_values=singular_values[:kept],
            mean=self.mean + shift * (n_rows / n_samples),
            squared_deviations=float(
                self.squared_deviations + np.sum(values**2) + np.sum(correction**2)
            ),
            n_samples=n_samples,
        )


def find_principal_components(
    values: np.ndarray, n_components: ComponentCount = None, seed: int = 0
) -> PrincipalComponents:
    """Find the principal components of rows, to what their precision can tell.

    Parameters
    ----------
    values : ndarray of float32 or float64, shape (n_samples, n_features)
        Rows; the mean is taken off here.
    n_components : int, float, "mle" or None
        How many: at most as many as there are rows or features; the fewest that have this share
        of the variance; the number that Minka's evidence favours; or all.
    seed : int
        Fixes the draw that the iteration for large matrices starts from.
    """
    n_rows, n_features = values.shape
    dtype = values.dtype
    if values.size <= _FEW_NUMBERS:
        values = values.astype(np.float64)
    whole = int(n_components) if isinstance(n_components, Integral) else None
    if n_features <= _FEW_FEATURES and n_rows >= _MANY_ROWS * n_features:
        found = PrincipalComponents(*components_by_covariance(values, whole), n_rows)
    else:
        mean = values.mean(axis=0, dtype=np.float64)
        centred = values - mean.astype(values.dtype)
        squared_deviations = float(np.vecdot(centred, centred).sum(dtype=np.float64))
        singular_values, components = _taken_apart(centred, whole, seed)
        found = PrincipalComponents(components, singular_values, mean, squared_deviations, n_rows)
    kept = _chosen(found, n_components)
    return replace(
        found,
        components=with_signs(found.components[:kept]).astype(dtype),
        singular_values=found.singular_values[:kept].astype(dtype),
        mean=found.mean.astype(dtype),
    )


def with_signs(components: np.ndarray) -> np.ndarray:
    """Turn components so that the largest entry of each is positive, as scikit-learn does."""
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    return components * np.where(signs == 0, 1, signs).astype(components.dtype)[:, None]


def _taken_apart(
    centred: np.ndarray, n_components: int | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give singular values and right singular vectors, all or the leading ones."""
    most = _MOST_OF_ALL * min(centred.shape)
    if n_components is None or n_components >= most or max(centred.shape) <= _SMALL:
        _, singular_values, components = linalg.svd(centred, full_matrices=False)
        return singular_values, components
    found = leading_components(centred, n_components, seed)
    return components_of_products(centred, n_components) if found is None else found


def _chosen(found: PrincipalComponents, n_components: ComponentCount) -> int:
    """Give how many components to keep of those that were found."""
    if n_components == "mle":
        return most_likely_dimension(found.explained_variance, found.n_samples)
    if isinstance(n_components, float):
        shares = np.cumsum(found.explained_variance_ratio)
        return int(np.searchsorted(shares, n_components, side="right")) + 1
    return len(found.components) if n_components is None else int(n_components)
