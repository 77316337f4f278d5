import numpy as np
import pytest

from isthmus.compression import threads
from isthmus.compression.fields import fitting
from isthmus.compression.fields.codec import Fields
from isthmus.compression.promise import Promise

from ..round_trips import decoded, n_refused_of_40

CODEC = Fields()


def field(*shape, seed=0):
    """Give waves that move with time, on noise."""
    rng = np.random.default_rng(seed)
    at = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    waves = sum(np.sin(sum(rng.normal(0, 0.3) * a for a in at) + rng.normal()) for _ in range(4))
    return 280 + 10 * waves + 0.01 * rng.normal(size=shape)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(700,), (33, 40), (9, 17, 20), (3, 5, 8, 9)])
def test_floats_come_back_within_the_error(shape, dtype):
    block = field(*shape).astype(dtype)
    error = 0.5 if dtype == np.float16 else 0.05
    found, _ = decoded(CODEC, block, Promise(error))
    assert np.abs(found.astype(float) - block.astype(float)).max() <= error


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32, np.int64])
@pytest.mark.parametrize("error", [0.0, 0.7, 3.0])
def test_whole_numbers_come_back_exactly_or_within_the_error(dtype, error):
    block = np.rint(field(6, 12, 15) - 200).astype(dtype)
    found, _ = decoded(CODEC, block, Promise(error))
    assert np.abs(found.astype(int) - block.astype(int)).max() <= error


def test_training_makes_a_field_smaller_or_is_left(monkeypatch):
    monkeypatch.setitem(fitting._N_STEPS, "default", 200)
    monkeypatch.setattr(fitting, "_LEAST_BYTES", 0)
    block = (field(24, 25, 31) * 4).astype(np.float32)
    _, shipped = decoded(CODEC, block, Promise(0.05))
    found, trained = decoded(CODEC, block, Promise(0.05), "default")
    assert np.abs(found - block).max() <= 0.05
    assert trained <= shipped < block.nbytes / 5


def test_values_of_which_there_are_few_take_less_as_levels():
    block = field(5, 30, 31)
    coarse = np.round(block * 4) / 4
    found, size = decoded(CODEC, coarse.astype(np.float32), Promise(0.02))
    np.testing.assert_array_equal(found, coarse)
    _, even = decoded(CODEC, block.astype(np.float32), Promise(0.02))
    assert size < even


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounded_floats_come_back_to_the_bit(dtype):
    block = field(5, 30, 31).round(1).astype(dtype)
    found, size = decoded(CODEC, block, Promise(0.0))
    np.testing.assert_array_equal(found, block)
    assert size < block.size * 1.2
    for special in (np.nan, np.inf, -0.0):
        block[2, 3, 4] = special
        assert not CODEC.takes(block, Promise(0.0))


def test_the_bytes_depend_on_no_number_of_threads(monkeypatch):
    block = field(20, 40, 50).astype(np.float32)
    model = CODEC.fit(block, Promise(0.05), "fast")
    data = CODEC.encode(model, block, Promise(0.05))
    monkeypatch.setattr(threads.os, "cpu_count", lambda: 1)
    assert CODEC.encode(model, block, Promise(0.05)) == data


@pytest.mark.parametrize("axis", [0, 2])
def test_the_axis_of_time_is_found(axis):
    rng = np.random.default_rng(0)
    frames = np.cumsum(rng.normal(size=(40, 16, 16)) * 0.02, axis=0) + 5 * rng.normal(size=(16, 16))
    model = CODEC.fit(np.ascontiguousarray(np.moveaxis(frames, 0, axis)), Promise(0.01), "fast")
    assert model[0] == axis + 1


def test_a_block_of_other_length_comes_back_with_the_model_of_a_sample():
    block = field(19, 17, 20).astype(np.float32)
    model = CODEC.fit(block[:12], Promise(0.01), "fast")
    data = CODEC.encode(model, block[5:], Promise(0.01))
    found = CODEC.decode(model, data, (14, 17, 20), block.dtype, Promise(0.01))
    assert np.abs(found - block[5:]).max() <= 0.01


@pytest.mark.parametrize("special", [np.nan, -np.inf, 1.7e308])
def test_a_block_unlike_the_sample_is_coded_all_the_same(special):
    block = field(9, 17, 20).round(1)
    model = CODEC.fit(block, Promise(0.0), "fast")
    block[2, 3, 4] = special
    data = CODEC.encode(model, block, Promise(0.0))
    assert CODEC.decode(model, data, block.shape, block.dtype, Promise(0.0)).shape == block.shape


def test_what_it_cannot_code_is_not_taken():
    block = field(33, 40).astype(np.float32)
    assert not CODEC.takes(block, Promise(0.0))
    assert not CODEC.takes(block, Promise(1e-9))
    assert not CODEC.takes(block[:3, :3], Promise(0.1))
    assert not CODEC.takes(block.astype("S4"), Promise(0.1))
    assert not CODEC.takes(np.full((33, 40), 1 << 60), Promise(0.0))


def test_a_constant_takes_next_to_nothing():
    block = np.full((40, 33), 7.5)
    found, size = decoded(CODEC, block, Promise(0.1))
    assert np.abs(found - block).max() <= 0.1
    assert size < 400


def test_what_neighbours_do_not_predict_is_not_tried():
    noise = np.random.default_rng(0).normal(size=(500, 30)).astype(np.float32)
    assert not CODEC.may_win(noise, Promise(0.01), noise.size * 7.7 / 8)
    assert CODEC.may_win(field(9, 17, 20), Promise(0.05), 9 * 17 * 20)


@pytest.mark.parametrize("digits", [None, 1], ids=["bins", "levels"])
def test_damaged_bytes_give_the_one_error_or_numbers(digits):
    block = field(9, 17, 20).astype(np.float32)
    if digits:
        block = block.round(digits)
    assert n_refused_of_40(CODEC, block, Promise(0.05)) > 20
