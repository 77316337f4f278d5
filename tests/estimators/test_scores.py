"""What a score means is the same for every autoencoder."""

import numpy as np
import pytest

from isthmus import (
    Autoencoder,
    BoltzmannMachine,
    LinearAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
)

BARE = {"max_epochs": 2, "validation_fraction": 0, "random_state": 0}
MODELS = [
    Autoencoder(2, hidden=[8], **BARE),
    BoltzmannMachine(4, **BARE),
    LinearAutoencoder(2),
    SparseAutoencoder(16, k=2, **BARE),
    VariationalAutoencoder(2, hidden=[8], **BARE),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_score_is_the_mean_of_the_rows_scores(model, digits):
    model.fit(digits[:200])
    assert model.score(digits) == pytest.approx(model.score_samples(digits).mean(), rel=1e-5)


def test_active_units_are_positions_in_every_model(digits):
    sparse = SparseAutoencoder(16, k=2, **BARE).fit(digits[:200])
    active, dead = sparse.active_units(digits), sparse.dead_units(digits)
    np.testing.assert_array_equal(np.sort(np.concatenate([active, dead])), np.arange(16))
    assert sparse.n_active(digits).max() <= 2
    variational = VariationalAutoencoder(3, hidden=[8], **BARE).fit(digits[:200])
    assert set(variational.active_units(digits)) <= {0, 1, 2}
