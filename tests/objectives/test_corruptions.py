import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.objectives import Corruption, GaussianNoise, Hiding, Masking, SaltAndPepper, Swap
from isthmus.prepare import ColumnLayout

KEY = jax.random.key(0)
X = jnp.asarray(np.random.default_rng(0).uniform(0.1, 0.9, (200, 50)), jnp.float32)
ALL = jnp.ones(200)
FAMILY = list(Corruption.members().values())


@pytest.mark.parametrize("corruption", FAMILY)
def test_shape_stays_and_level_zero_changes_nothing(corruption):
    np.testing.assert_array_equal(corruption(0.0)(X, ALL, KEY), X)
    assert corruption(0.4)(X, ALL, KEY).shape == X.shape


@pytest.mark.parametrize("corruption", FAMILY)
def test_noise_is_drawn_from_the_key_alone(corruption):
    noisy = corruption(0.4)(X, ALL, KEY)
    np.testing.assert_array_equal(noisy, corruption(0.4)(X, ALL, KEY))
    assert jnp.any(noisy != corruption(0.4)(X, ALL, jax.random.key(1)))


@pytest.mark.parametrize("corruption", [Masking, SaltAndPepper, Swap])
def test_level_is_the_share_of_values_hit(corruption):
    changed = jnp.mean(corruption(0.3)(X, ALL, KEY) != X)
    assert abs(changed - 0.3) < 0.02


@pytest.mark.parametrize("corruption", [Hiding, Masking, Swap])
def test_all_numbers_of_a_column_are_hit_at_once(corruption):
    layout = ColumnLayout((0, 1), (2,), ((3, 3), (4, 4)), 5)
    x = jnp.asarray(np.random.default_rng(1).uniform(1, 2, (400, layout.n_features)), jnp.float32)
    hit = np.asarray(corruption(0.3).for_columns(layout)(x, jnp.ones(400), KEY) != x)
    for column in range(5):
        of_column = hit[:, layout.places[column]]
        assert (of_column.all(axis=1) == of_column.any(axis=1)).mean() > 0.98
        assert abs(of_column.any(axis=1).mean() - 0.3) < 0.08


def test_hidden_values_are_missing():
    hidden = np.asarray(Hiding(0.3)(X, ALL, KEY))
    assert abs(np.isnan(hidden).mean() - 0.3) < 0.02
    np.testing.assert_array_equal(hidden[~np.isnan(hidden)], X[~np.isnan(hidden)])


def test_gaussian_noise_has_the_deviation_asked_for():
    noise = GaussianNoise(0.3)(X, ALL, KEY) - X
    assert abs(noise.std() - 0.3) < 0.01
    assert abs(noise.mean()) < 0.01


def test_masked_values_are_zero_and_salt_and_pepper_is_zero_or_one():
    masked = Masking(0.3)(X, ALL, KEY)
    assert set(np.unique(masked[masked != X])) == {0.0}
    salted = SaltAndPepper(0.3)(X, ALL, KEY)
    hit = np.asarray(salted[salted != X])
    assert set(np.unique(hit)) == {0.0, 1.0}
    assert abs(hit.mean() - 0.5) < 0.03


def test_swapped_values_come_from_the_same_column_of_rows_that_count():
    weights = jnp.asarray([1.0] * 150 + [0.0] * 50)
    swapped = np.asarray(Swap(0.5)(X, weights, KEY))
    for column in range(X.shape[1]):
        assert np.isin(swapped[:150, column], np.asarray(X[:150, column])).all()
