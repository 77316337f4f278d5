import jax
import numpy as np
import pytest

from isthmus import DenoisingAutoencoder, Masking


@pytest.mark.parametrize(
    ("corruption", "share_left"),
    [("gaussian", 0.6), ("masking", 0.6), ("salt_and_pepper", 0.6), ("swap", 0.9)],
)
def test_noisy_digits_come_back_closer_to_the_clean_ones(digits, corruption, share_left):
    model = DenoisingAutoencoder(
        24, corruption=corruption, level=0.2, hidden=[96], max_epochs=40, random_state=0
    ).fit(digits[:1500])
    noise = model.corruption_in_training
    clean = digits[1500:]
    noisy = np.asarray(noise(clean, np.ones(len(clean)), jax.random.key(1)))
    before, after = (np.mean((y - clean) ** 2) for y in (noisy, model.denoise(noisy)))
    assert after < share_left * before


def test_swap_noise_suits_tables(table):
    model = DenoisingAutoencoder(2, corruption="swap", level=0.2, max_epochs=20, random_state=0)
    assert model.fit(table).denoise(table).shape == table.shape


def test_a_part_may_stand_for_a_name(digits):
    settings = {"hidden": [8], "max_epochs": 1, "random_state": 0}
    named = DenoisingAutoencoder(4, corruption="masking", level=0.25, **settings).fit(digits)
    part = DenoisingAutoencoder(4, corruption=Masking(0.25), **settings).fit(digits)
    np.testing.assert_array_equal(named.transform(digits), part.transform(digits))


def test_noise_is_drawn_anew_each_epoch(digits):
    """With a single batch and no noise the loss of the first two epochs would repeat itself."""
    model = DenoisingAutoencoder(
        4, level=0.5, hidden=[8], batch_size=64, max_epochs=3, learning_rate=1e-12,
        validation_fraction=0, random_state=0,
    ).fit(digits[:64])  # fmt: skip
    assert len(set(model.history_["loss"])) == 3
