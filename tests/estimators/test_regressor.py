import numpy as np
import pytest

from isthmus import Autoencoder, AutoencoderRegressor, load


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_regressor_learns_numbers(n_outputs, tmp_path):
    generator = np.random.default_rng(0)
    z = generator.normal(size=(400, 2))
    x = np.tanh(z @ generator.normal(size=(2, 8)))
    y = 100 + 10 * z[:, :n_outputs].squeeze()
    settings = {"max_epochs": 60, "learning_rate": 0.01, "random_state": 0}
    regressor = AutoencoderRegressor(Autoencoder(4, hidden=[32], **settings), **settings)
    regressor.fit(x[:300], y[:300])
    assert regressor.predict(x).shape == y.shape
    assert regressor.score(x[300:], y[300:]) > 0.9
    regressor.save(tmp_path / "model.isthmus")
    np.testing.assert_array_equal(load(tmp_path / "model.isthmus").predict(x), regressor.predict(x))
