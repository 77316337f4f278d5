import numpy as np
import pytest

from isthmus import IsthmusError, SparseAutoencoder


@pytest.fixture(scope="module")
def top_k(digits):
    return SparseAutoencoder(100, k=8, max_epochs=60, random_state=0).fit(digits)


def test_top_k_has_at_most_k_active_units_and_more_units_than_features(top_k, digits):
    codes = top_k.transform(digits)
    assert codes.shape == (len(digits), 100)
    assert (codes >= 0).all()
    assert (codes > 0).sum(axis=1).max() <= 8
    assert top_k.n_active(digits).mean() > 7


def test_few_units_of_a_top_k_code_die(top_k, digits):
    assert len(top_k.dead_units(digits)) <= 2


def test_dead_units_are_those_that_no_row_uses(top_k, digits):
    one_row = top_k.dead_units(digits[:1])
    used = np.flatnonzero(top_k.transform(digits[:1])[0])
    assert set(one_row) == set(range(100)) - set(used)


def test_untied_decoder_columns_have_norm_one_and_start_as_the_encoder(digits):
    model = SparseAutoencoder(
        100, k=8, tied_weights=False, max_epochs=1, learning_rate=1e-9, random_state=0
    ).fit(digits)
    encoder = np.asarray(model.model_.network.encoder[0].weight)
    decoder = np.asarray(model.model_.network.decoder[0].weight)
    np.testing.assert_allclose(encoder.T, decoder, atol=1e-6)
    origin, unit = np.zeros((2, 100), np.float32)
    unit[3] = 2.0
    network = model.model_.network
    step = np.asarray(network.decode(unit[None]) - network.decode(origin[None]))
    assert np.linalg.norm(step) == pytest.approx(2.0, rel=1e-4)


@pytest.mark.parametrize("sparsity", ["l1", "target_activation"])
def test_more_strength_makes_the_code_sparser(digits, sparsity):
    weak, strong = (
        SparseAutoencoder(
            80, sparsity=sparsity, strength=strength, max_epochs=30, random_state=0
        ).fit(digits)
        for strength in (1e-3, 2.0)
    )
    assert strong.transform(digits).mean() < 0.7 * weak.transform(digits).mean()


def test_target_activation_is_met(digits):
    model = SparseAutoencoder(
        80, sparsity="target_activation", target=0.1, strength=20, max_epochs=60, random_state=0
    ).fit(digits)
    np.testing.assert_allclose(model.transform(digits).mean(axis=0), 0.1, atol=0.05)


def test_k_larger_than_the_code_is_refused(digits):
    with pytest.raises(IsthmusError, match="cannot keep 30 of n_components=10"):
        SparseAutoencoder(10, k=30).fit(digits)
