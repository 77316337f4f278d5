"""Principal components from products of the rows with each other."""

from __future__ import annotations

import numpy as np
from scipy import linalg

# The most that the square of a column's mean may be of its mean square, if the mean is to be taken
# off the products rather than off every row: a digit is lost then, and no more.
_MOST_MEAN = 0.9


def components_by_covariance(
    values: np.ndarray, n_components: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Find the leading components alone, or all, of rows that are many more than features.

    Returns
    -------
    components : ndarray, shape (n_components, n_features)
    singular_values : ndarray, shape (n_components,)
    mean : ndarray, shape (n_features,)
    squared_deviations : float
        Their sum over all rows and features.
    """
    n_rows = len(values)
    # All by SciPy's BLAS, whose threads and those of NumPy's would wait for each other.
    multiply, combine = linalg.get_blas_funcs(["syrk", "gemv"], [values])
    mean = combine(1 / n_rows, values.T, np.ones(n_rows, values.dtype))
    products = multiply(1.0, values.T, lower=True)
    squares = np.diag(products)
    rounding = np.finfo(values.dtype).eps * squares.max()
    if np.all(n_rows * mean**2 <= _MOST_MEAN * squares + rounding):
        products -= n_rows * np.outer(mean, mean)
    else:
        mean = values.mean(axis=0, dtype=np.float64).astype(values.dtype)
        products = multiply(1.0, (values - mean).T, lower=True)
    squared_deviations = np.diag(products).sum()
    squares, vectors = _leading(products, n_components)
    return vectors.T, np.sqrt(squares), mean, float(squared_deviations)


def components_of_products(centred: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the leading singular values and components of centred rows, few or wide ones too.

    Of wide rows their products with each other are taken apart, not those of the features.
    """
    n_rows, n_features = centred.shape
    (multiply,) = linalg.get_blas_funcs(["syrk"], [centred])
    wide = n_rows < n_features
    products = multiply(1.0, centred if wide else centred.T, lower=True)
    squares, vectors = _leading(products, n_components)
    singular_values = np.sqrt(squares)
    if not wide:
        return singular_values, vectors.T
    # (components, rows) @ (rows, features); orthonormal again, to the last digit.
    components, _ = np.linalg.qr((vectors.T @ centred).T)
    return singular_values, components.T


def _leading(products: np.ndarray, n_components: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Give the largest eigenvalues in falling order, not negative, and their vectors."""
    size = len(products)
    subset = None if n_components is None else (size - n_components, size - 1)
    eigenvalues, vectors = linalg.eigh(products, lower=True, subset_by_index=subset)
    return np.clip(eigenvalues[::-1], 0, None), vectors[:, ::-1]
