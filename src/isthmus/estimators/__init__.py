"""The scikit-learn faces, one per row of the lecture's table."""

from isthmus.estimators.autoencoder import Autoencoder
from isthmus.estimators.base import BaseAutoencoder
from isthmus.estimators.linear import LinearAutoencoder
from isthmus.estimators.persistence import ESTIMATORS, load

__all__ = ["ESTIMATORS", "Autoencoder", "BaseAutoencoder", "LinearAutoencoder", "load"]
