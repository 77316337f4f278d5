"""scikit-learn's own checks, for every estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    AutoencoderImputer,
    AutoencoderRegressor,
    BoltzmannMachine,
    ComponentSweep,
    ContractiveAutoencoder,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    LinearAutoencoder,
    Map,
    OutlierDetector,
    SparseAutoencoder,
    StackedAutoencoder,
    VariationalAutoencoder,
)
from isthmus.fitting.persistence import Persistent

# What users get with nothing but the number of epochs, and of a sweep one size, as six compile six
# networks for every shape of rows. Compiling takes the time here, which hardly hangs on sizes.
CHECKED = [
    LinearAutoencoder(),
    LinearAutoencoder(n_components=1, solver="gradient", max_epochs=2),
    Autoencoder(max_epochs=1),
    DenoisingAutoencoder(max_epochs=1),
    ContractiveAutoencoder(max_epochs=1),
    SparseAutoencoder(max_epochs=1),
    SparseAutoencoder(sparsity="jump_relu", max_epochs=1),
    StackedAutoencoder(n_pretraining_epochs=1, max_epochs=1),
    BoltzmannMachine(max_epochs=1),
    ConvolutionalAutoencoder(max_epochs=1),
    VariationalAutoencoder(max_epochs=1),
    AutoencoderClassifier(DenoisingAutoencoder(64, max_epochs=1), max_epochs=60),
    AutoencoderRegressor(DenoisingAutoencoder(64, max_epochs=1), max_epochs=60),
    AutoencoderImputer(max_epochs=1),
    OutlierDetector(),
    Map(max_epochs=1),
    OutlierDetector(method="reconstruction", autoencoder=LinearAutoencoder(1)),
    ComponentSweep(Autoencoder(max_epochs=1), components=[1]),
]


def test_every_estimator_is_checked():
    own = {kind for kind in Persistent.subclasses().values() if kind.__module__[:8] == "isthmus."}
    assert {type(estimator) for estimator in CHECKED} == {*own, ComponentSweep}


# The checks feed data that make harmless warnings, such as constant columns for PCA.
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(CHECKED)
def test_scikit_learn_contract_holds(estimator, check):
    check(estimator)
