import numpy as np
import pytest

from isthmus import IsthmusError, SparseAutoencoder


def sparse_rows(seed=0, n_rows=6_000):
    """Rows that are few of 64 unit vectors in 24 dimensions each, and these vectors."""
    generator = np.random.default_rng(seed)
    dictionary = generator.normal(size=(64, 24))
    dictionary /= np.linalg.norm(dictionary, axis=1, keepdims=True)
    codes = generator.uniform(0.5, 1.5, (n_rows, 64))
    codes *= generator.random(codes.shape).argsort(axis=1) < 2
    return codes @ dictionary, dictionary


def cosines(model, dictionary):
    """Give how near the nearest unit of the code is to each vector of the dictionary."""
    found = model.dictionary_ / np.linalg.norm(model.dictionary_, axis=1, keepdims=True)
    return (dictionary @ found.T).max(axis=1)


@pytest.mark.usefixtures("optimized")
@pytest.mark.parametrize("tied_weights", [False, True])
@pytest.mark.parametrize("sparsity", ["top_k", "batch_top_k", "jump_relu"])
def test_features_that_are_there_are_found(sparsity, tied_weights):
    rows, dictionary = sparse_rows()
    model = SparseAutoencoder(
        64, k=2, sparsity=sparsity, tied_weights=tied_weights, max_epochs=60, random_state=0
    ).fit(rows)
    near = cosines(model, dictionary)
    assert near.mean() > 0.94
    assert (near > 0.9).mean() > 0.84


@pytest.mark.parametrize("sparsity", ["batch_top_k", "jump_relu"])
def test_k_units_are_active_on_average(digits, sparsity):
    model = SparseAutoencoder(100, k=8, sparsity=sparsity, max_epochs=40, random_state=0)
    counts = model.fit(digits).n_active(digits)
    assert counts.mean() == pytest.approx(8, rel=0.2)
    assert counts.std() > 1
    alone, among_others = model.transform(digits[:5]), model.transform(digits)[:5]
    np.testing.assert_allclose(alone, among_others, rtol=1e-5)


def test_dictionary_is_what_units_add_to_rows_in_the_units_of_the_data(digits):
    rows = digits * np.linspace(1, 100, digits.shape[1])
    model = SparseAutoencoder(30, max_epochs=2, random_state=0).fit(rows)
    codes = model.transform(rows[:20])
    origin = model.inverse_transform(np.zeros((1, 30)))
    expected = codes @ model.dictionary_ + origin
    np.testing.assert_allclose(model.inverse_transform(codes), expected, rtol=1e-4, atol=1e-3)


def test_sparse_codes_and_densities_tell_what_transform_does(top_k, digits):
    codes = top_k.transform(digits)
    found = top_k.sparse_codes(digits)
    kept = np.where(codes > 1e-3 * codes.max(), codes, 0)
    np.testing.assert_array_equal(found.toarray(), kept)
    np.testing.assert_array_equal(found[[3]].indices, np.flatnonzero(kept[3]))
    np.testing.assert_allclose(top_k.densities(digits), (kept > 0).mean(axis=0))


@pytest.mark.parametrize(("n_components", "k"), [(1, 1), (10, 3), (256, 16)])
def test_k_follows_from_the_size_of_the_code(digits, n_components, k):
    model = SparseAutoencoder(n_components, max_epochs=1).fit(digits[:100])
    assert model.model_.code.k == k


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
    model = SparseAutoencoder(100, k=8, max_epochs=1, learning_rate=1e-9, random_state=0)
    model.fit(digits)
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


@pytest.mark.parametrize("sparsity", ["batch_top_k", "l1"])
def test_k_of_transform_is_refused_where_there_is_none_to_change(digits, sparsity):
    model = SparseAutoencoder(10, sparsity=sparsity, max_epochs=1).fit(digits)
    with pytest.raises(IsthmusError, match=f"sparsity='{sparsity}' has no k"):
        model.transform(digits, k=3)
