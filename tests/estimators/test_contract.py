"""scikit-learn's own checks, for every estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from isthmus import Autoencoder, LinearAutoencoder

ESTIMATORS = [
    LinearAutoencoder(n_components=1),
    LinearAutoencoder(n_components=1, solver="gradient", max_epochs=2),
    Autoencoder(n_components=1, hidden=[4], max_epochs=2),
]


# The checks feed data that make harmless warnings, such as constant columns for PCA.
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_contract_holds(estimator, check):
    check(estimator)
