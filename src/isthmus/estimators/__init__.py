"""The scikit-learn faces, one per row of the lecture's table."""

from isthmus.estimators.autoencoder import Autoencoder
from isthmus.estimators.boltzmann import BoltzmannMachine
from isthmus.estimators.classifier import AutoencoderClassifier
from isthmus.estimators.contractive import ContractiveAutoencoder
from isthmus.estimators.convolutional import ConvolutionalAutoencoder
from isthmus.estimators.denoising import DenoisingAutoencoder
from isthmus.estimators.imputer import AutoencoderImputer
from isthmus.estimators.linear import LinearAutoencoder
from isthmus.estimators.outlier_detector import OutlierDetector
from isthmus.estimators.regressor import AutoencoderRegressor
from isthmus.estimators.sparse import SparseAutoencoder
from isthmus.estimators.stacked import StackedAutoencoder
from isthmus.estimators.sweep import ComponentSweep
from isthmus.estimators.variational import VariationalAutoencoder

__all__ = [
    "Autoencoder",
    "AutoencoderClassifier",
    "AutoencoderImputer",
    "AutoencoderRegressor",
    "BoltzmannMachine",
    "ComponentSweep",
    "ContractiveAutoencoder",
    "ConvolutionalAutoencoder",
    "DenoisingAutoencoder",
    "LinearAutoencoder",
    "OutlierDetector",
    "SparseAutoencoder",
    "StackedAutoencoder",
    "VariationalAutoencoder",
]
