"""What comes back of pictures."""

from __future__ import annotations

from matplotlib.figure import Figure

from isthmus.report.comparison import Comparison
from isthmus.report.pictures.canvas import MOST_IMAGES, chosen_rows, draw_grid


def draw_images(comparison: Comparison) -> Figure:
    """Draw some originals, what the autoencoder made of them, and what PCA did."""
    assert comparison.image_shape is not None
    chosen = chosen_rows(comparison, MOST_IMAGES)
    return draw_grid(
        {
            "original": comparison.x[chosen],
            type(comparison.estimator).__name__: comparison.reconstruction[chosen],
            "PCA": comparison.pca_reconstruction[chosen],
        },
        comparison.image_shape,
    )


def draw_denoised_images(comparison: Comparison) -> Figure:
    """Draw noisy originals, what comes back, and the clean originals."""
    denoising = comparison.denoising
    assert denoising is not None
    assert comparison.image_shape is not None
    chosen = chosen_rows(comparison, MOST_IMAGES)
    return draw_grid(
        {
            "clean": comparison.x[chosen],
            "noisy": denoising.noisy[chosen],
            "denoised": denoising.denoised[chosen],
            "by PCA": denoising.pca_denoised[chosen],
        },
        comparison.image_shape,
    )
