"""scikit-learn's own checks, for every estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    AutoencoderRegressor,
    BoltzmannMachine,
    ComponentSweep,
    ContractiveAutoencoder,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    LinearAutoencoder,
    OutlierDetector,
    SparseAutoencoder,
    StackedAutoencoder,
    VariationalAutoencoder,
)
from isthmus.fitting.persistence import Persistent

# The checks bring rows of a dozen shapes, and each shape is compiled: few parts and large
# minibatches, and rows held out from some estimators only, keep the programs few.
FIRST = Autoencoder(4, hidden=[8], max_epochs=2, validation_fraction=0)
CHECKED = [
    LinearAutoencoder(n_components=1),
    LinearAutoencoder(n_components=1, solver="gradient", max_epochs=2),
    Autoencoder(n_components=1, hidden=[4], max_epochs=2),
    DenoisingAutoencoder(n_components=1, hidden=[4], max_epochs=2, validation_fraction=0),
    ContractiveAutoencoder(n_components=1, max_epochs=2, validation_fraction=0),
    SparseAutoencoder(max_epochs=1),
    SparseAutoencoder(n_components=1, sparsity="jump_relu", max_epochs=2, validation_fraction=0),
    StackedAutoencoder(n_components=1, hidden=[4], n_pretraining_epochs=1, max_epochs=2),
    BoltzmannMachine(n_components=2, max_epochs=2, validation_fraction=0),
    ConvolutionalAutoencoder(n_components=1, channels=(2,), max_epochs=2, validation_fraction=0),
    VariationalAutoencoder(n_components=1, hidden=[4], max_epochs=2, validation_fraction=0),
    AutoencoderClassifier(FIRST, max_epochs=60, learning_rate=0.02),
    AutoencoderRegressor(FIRST, max_epochs=60, learning_rate=0.02),
    OutlierDetector(),
    OutlierDetector(method="reconstruction", autoencoder=LinearAutoencoder(1)),
    ComponentSweep(Autoencoder(hidden=[4], max_epochs=2), components=[1]),
]


def test_every_estimator_is_checked():
    own = {kind for kind in Persistent.subclasses().values() if kind.__module__[:8] == "isthmus."}
    assert {type(estimator) for estimator in CHECKED} == {*own, ComponentSweep}


# The checks feed data that make harmless warnings, such as constant columns for PCA.
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(CHECKED)
def test_scikit_learn_contract_holds(estimator, check):
    check(estimator)
