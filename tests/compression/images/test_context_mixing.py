import math

import numpy as np
import pytest

from isthmus.compression.images import Images, fitting
from isthmus.compression.images.context_mixing import ContextMixing
from isthmus.compression.images.mixing import N_SEEN, Mixer, _logarithm, _slots
from isthmus.compression.rans import TOTAL
from isthmus.errors import ArchiveError

from ..round_trips import EXACT, exact_size

CODEC = ContextMixing()


def discs(n, rows, columns, seed=0):
    """Give drawings of a disc each."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    centre = rng.uniform(0.3, 0.7, (2, n, 1, 1)) * [[[[rows]]], [[[columns]]]]
    away = (y - centre[0]) ** 2 + (x - centre[1]) ** 2
    return away < rng.uniform(4, 16, (n, 1, 1))


@pytest.mark.parametrize(
    "block",
    [
        discs(90, 12, 10),
        np.where(discs(40, 15, 15), np.uint8(255), np.uint8(3)),
        discs(110, 9, 9).astype(np.uint8).reshape(110, 81),
        discs(300, 8, 8)[..., None],
        np.full((230, 6, 6), 7, np.uint8),
        np.random.default_rng(0).random((100, 12, 12)) < 0.5,
    ],
    ids=["bool", "two values", "rows of a table", "one channel", "constant", "noise"],
)
def test_images_of_two_values_come_back_exactly(block):
    exact_size(CODEC, block, "default")


def test_few_drawings_are_smaller_than_with_a_network(monkeypatch):
    monkeypatch.setitem(fitting._N_STEPS, "fast", 1_000)
    block = discs(300, 12, 12)
    by_network = exact_size(Images(), block, "fast")
    assert exact_size(CODEC, block, "default") < 0.9 * by_network


def test_values_that_a_sample_did_not_have_come_back():
    block = discs(70, 12, 12).astype(np.uint8)
    model = CODEC.fit(block, EXACT, "default")
    block[3, 4, 5] = 77
    data = CODEC.encode(model, block, EXACT)
    np.testing.assert_array_equal(CODEC.decode(model, data, block.shape, block.dtype, EXACT), block)


def test_what_has_more_values_or_channels_is_not_taken():
    block = discs(90, 12, 10).astype(np.uint8)
    assert not CODEC.takes(block[..., None].repeat(3, axis=3), EXACT)
    assert not CODEC.takes(block.astype(np.int16), EXACT)
    block[0, 0, 0] = 2
    assert not CODEC.takes(block, EXACT)


def test_damaged_bytes_give_the_one_error_or_images():
    block = discs(70, 12, 12)
    model = CODEC.fit(block, EXACT, "default")
    data = CODEC.encode(model, block, EXACT)
    rng = np.random.default_rng(0)
    n_refused = 0
    for number in range(30):
        damaged = bytearray(data)
        if number % 2:
            damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        else:
            del damaged[rng.integers(len(damaged)) :]
        try:
            found = CODEC.decode(model, bytes(damaged), block.shape, block.dtype, EXACT)
            assert found.shape == block.shape
        except ArchiveError:
            n_refused += 1
    assert n_refused > 20
    for wrong in (b"", b"\0\1\2"):
        with pytest.raises(ArchiveError, match="model"):
            CODEC.decode(wrong, data, block.shape, block.dtype, EXACT)


def test_what_is_learned_depends_on_no_order_of_the_images_of_a_group():
    rng = np.random.default_rng(0)
    one, other = Mixer(4, 4, 4_000), Mixer(4, 4, 4_000)
    for _ in range(60):
        seen = rng.integers(1 << N_SEEN, size=40, dtype=np.uint64) & np.uint64(0x70F)
        values = (seen & np.uint64(1)).astype(np.uint8)
        order = rng.permutation(40)
        np.testing.assert_array_equal(one.look(seen, 1, 2)[order], other.look(seen[order], 1, 2))
        one.learn(values)
        other.learn(values[order])
    ones = one.look(np.arange(2, dtype=np.uint64), 1, 2)
    assert ones[0] < 0.1 * TOTAL < 0.9 * TOTAL < ones[1]


def test_logarithms_and_odds_are_what_they_should_be():
    for x in (1, 4, 37, 1_000, 20_004):
        assert 256 * math.log2(x) - 1 < _logarithm(x) <= 256 * math.log2(x) + 1e-9
    slots = _slots()
    odds = (np.arange(len(slots)) - len(slots) // 2) / 256
    assert (slots.min(), slots.max()) == (2, TOTAL - 2)
    np.testing.assert_array_equal(slots + slots[::-1], TOTAL)
    np.testing.assert_allclose(slots / TOTAL, 1 / (1 + 2.0**-odds), atol=1e-4)
