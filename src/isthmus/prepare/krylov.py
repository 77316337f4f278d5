"""The leading components of a matrix that is too large to take apart whole."""

from __future__ import annotations

import numpy as np

# Directions beside those that are looked for: with them the last ones converge as the first do.
_MORE = 10
# The largest share of all directions that the basis may span before all at once are quicker.
_MOST_SPANNED = 0.5


def leading_components(
    centred: np.ndarray, n_components: int, seed: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Find singular values and right singular vectors by block Lanczos, to convergence.

    A random block is multiplied by XᵀX again and again, and the best vectors in the span of all
    these blocks are taken, until they are singular vectors to three quarters of the digits of the
    rows; errors of the values are the squares of that. None where that would take too long.

    Parameters
    ----------
    centred : ndarray, shape (n_samples, n_features)
        X, without its mean.
    n_components : int
        How many.
    seed : int
        Fixes the first block.

    References
    ----------
    Musco & Musco (2015), Randomized block Krylov methods for stronger and faster approximate
    singular value decomposition; Golub & Van Loan, Matrix computations, section 10.3.6.
    """
    n_features = centred.shape[1]
    tolerance = np.finfo(centred.dtype).eps ** 0.75
    size = n_components + _MORE
    drawn = np.random.default_rng(seed).standard_normal((n_features, size))
    block = _orthonormal(drawn.astype(centred.dtype))
    basis, images = block, _multiplied(centred, block)
    while basis.shape[1] + size <= _MOST_SPANNED * min(centred.shape):
        block = images[:, -size:]
        for _ in range(2):  # Once leaves the rounding of what it takes away.
            block = _orthonormal(block - basis @ (basis.T @ block))
        basis = np.hstack([basis, block])
        images = np.hstack([images, _multiplied(centred, block)])
        eigenvalues, vectors = np.linalg.eigh(basis.T @ images)
        eigenvalues, vectors = eigenvalues[-n_components:], vectors[:, -n_components:]
        found = basis @ vectors  # (features, components)
        residuals = np.linalg.norm(images @ vectors - found * eigenvalues, axis=0)
        if residuals.max() <= tolerance * eigenvalues[-1]:
            # The rows once more, since squares have lost half of the digits of small values.
            _, singular_values, turn = np.linalg.svd(centred @ found, full_matrices=False)
            return singular_values, turn @ found.T
    return None


def _multiplied(centred: np.ndarray, block: np.ndarray) -> np.ndarray:
    return centred.T @ (centred @ block)


def _orthonormal(block: np.ndarray) -> np.ndarray:
    return np.linalg.qr(block)[0]
