import numpy as np
import pytest

from isthmus.compression.images import coding, fitting
from isthmus.compression.images.codec import Images

from ..round_trips import EXACT, exact_size, n_refused_of_40

CODEC = Images()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setitem(fitting._N_STEPS, "fast", 150)


def blobs(n, rows, columns, channels=None, seed=0):
    """Give images of a bright spot each."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    centre = rng.uniform(0.3, 0.7, (2, n, 1, 1)) * [[[[rows]]], [[[columns]]]]
    away = (y - centre[0]) ** 2 + (x - centre[1]) ** 2
    images = 255 * np.exp(-away / rng.uniform(4, 9, (n, 1, 1)))
    if channels:
        images = images[..., None] * np.linspace(0.4, 1, channels)
    return np.floor(images).astype(np.uint8)


@pytest.mark.parametrize(
    "block",
    [
        blobs(80, 12, 10),
        blobs(40, 8, 9, 3),
        blobs(130, 8, 8) // 16,
        blobs(100, 12, 12) > 100,
        (blobs(110, 9, 9) > 100).astype(np.uint8).reshape(110, 81),
        np.zeros((230, 6, 6), np.uint8),
    ],
    ids=["grey", "colour", "sixteen values", "bool", "rows of a table", "constant"],
)
def test_images_come_back_exactly(block):
    exact_size(CODEC, block, "fast")


def test_drawings_are_smaller_than_their_entropy_without_neighbours():
    block = blobs(300, 12, 12) > 100
    n_bytes = exact_size(CODEC, block, "fast")
    share = block.mean()
    alone = -block.size * (share * np.log2(share) + (1 - share) * np.log2(1 - share)) / 8
    assert n_bytes < 0.9 * alone


@pytest.mark.parametrize("block", [blobs(90, 12, 10) // 2, blobs(90, 12, 12) > 100])
def test_the_bytes_depend_on_neither_parts_nor_on_what_is_known_of_blank_places(block, monkeypatch):
    block[:, :, :6] = 0
    model = CODEC.fit(block, EXACT, "fast")
    data = CODEC.encode(model, block, EXACT)
    for n_images, least_blank in ((1_024, 2.0), (7, 0.0), (50, 0.3)):
        monkeypatch.setattr(coding, "_CHUNK", n_images)
        monkeypatch.setattr(coding, "_LEAST_BLANK", least_blank)
        assert CODEC.encode(model, block, EXACT) == data


def test_values_that_a_sample_did_not_have_come_back():
    block = blobs(50, 8, 8) // 64
    model = CODEC.fit(block, EXACT, "fast")
    block[3, 4, 5] = 77
    data = CODEC.encode(model, block, EXACT)
    found = CODEC.decode(model, data, block.shape, block.dtype, EXACT)
    np.testing.assert_array_equal(found, block)


def test_what_it_cannot_code_is_not_taken():
    block = blobs(80, 12, 10)
    assert not CODEC.takes(block.astype(np.int16), EXACT)
    assert not CODEC.takes(block[:40], EXACT)
    assert not CODEC.takes(block[0], EXACT)
    assert not CODEC.takes(block.ravel(), EXACT)
    assert not CODEC.takes(block.reshape(80, -1), EXACT)


def test_what_neighbours_do_not_predict_is_not_tried():
    noise = np.random.default_rng(0).integers(0, 9, (3_000, 16)).astype(np.uint8)
    assert not CODEC.may_win(noise, EXACT, noise.size * 3 // 16)
    drawings = blobs(300, 12, 12) // 60
    assert CODEC.may_win(drawings, EXACT, drawings.size // 10)


def test_stacks_of_two_values_are_left_to_contexts_that_are_mixed():
    drawings = blobs(300, 12, 12) > 100
    assert CODEC.takes(drawings, EXACT)
    assert not CODEC.may_win(drawings, EXACT, drawings.size)


def test_damaged_bytes_give_the_one_error_or_images():
    assert n_refused_of_40(CODEC, blobs(40, 8, 8), EXACT) > 20
