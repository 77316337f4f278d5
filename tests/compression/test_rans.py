import numpy as np
import pytest

from isthmus.compression import rans
from isthmus.errors import ArchiveError, IsthmusError


def drawn(rng, n_symbols, n_kinds, skew=1.0):
    """Draw symbols of random probabilities, and give them with their slots."""
    weights = rng.dirichlet(np.full(n_kinds, skew))
    frequencies = 1 + np.floor(weights * (rans.TOTAL - n_kinds)).astype(int)
    frequencies[0] += rans.TOTAL - frequencies.sum()
    starts = np.cumsum(frequencies) - frequencies
    symbols = rng.choice(n_kinds, n_symbols, p=frequencies / rans.TOTAL)
    return symbols, starts, frequencies


def searching(starts, frequencies):
    def find(slots, part):
        symbols = np.searchsorted(starts, slots, side="right") - 1
        return symbols, starts[symbols], frequencies[symbols]

    return find


def decoded(data, n_symbols, starts, frequencies, batch):
    decoder = rans.Decoder(data)
    find = searching(starts, frequencies)
    sizes = [min(batch, n_symbols - first) for first in range(0, n_symbols, batch)]
    found = [decoder.read(n, find) for n in sizes]
    decoder.finish()
    return np.concatenate(found) if found else np.empty(0, int)


@pytest.mark.parametrize("n_lanes", [1, 16, 33, 2_048])
@pytest.mark.parametrize("n_symbols", [0, 1, 15, 16, 17, 1_000, 5_000])
def test_symbols_come_back_in_batches_of_any_size(n_lanes, n_symbols):
    symbols, starts, frequencies = drawn(np.random.default_rng(n_symbols), n_symbols, 7)
    data = rans.encode(starts[symbols], frequencies[symbols], n_lanes)
    lanes = rans.Decoder(data).n_lanes
    for batch in {1, max(lanes // 3, 1), lanes, 3 * lanes + 1}:
        np.testing.assert_array_equal(decoded(data, n_symbols, starts, frequencies, batch), symbols)


@pytest.mark.parametrize("n_lanes", [1, 16, 33])
def test_slots_come_with_which_symbols_they_are_for(n_lanes):
    symbols, starts, frequencies = drawn(np.random.default_rng(0), 500, 7)
    decoder = rans.Decoder(rans.encode(starts[symbols], frequencies[symbols], n_lanes))
    search, looked_for = searching(starts, frequencies), []

    def find(slots, part):
        found = search(slots, part)
        looked_for.append(found[0])
        assert part.stop - part.start == len(slots)
        return found

    found = [decoder.read(n, find) for n in (7, 100, 0, 393)]
    decoder.finish()
    np.testing.assert_array_equal(np.concatenate(found), symbols)
    np.testing.assert_array_equal(np.concatenate(looked_for), symbols)


@pytest.mark.parametrize("n_kinds", [2, 5, 256, 5_000])
def test_a_stream_is_as_long_as_the_entropy_and_three_bytes_for_each_lane(n_kinds):
    symbols, starts, frequencies = drawn(np.random.default_rng(n_kinds), 100_000, n_kinds, 0.3)
    ideal = -np.log2(frequencies[symbols] / rans.TOTAL).sum() / 8
    for n_lanes in (16, rans.lanes_for(int(ideal))):
        coded = len(rans.encode(starts[symbols], frequencies[symbols], n_lanes))
        assert ideal - 1 <= coded <= 1.0005 * ideal + 3.5 * n_lanes + 4


def test_symbols_of_all_slots_and_of_one_come_back():
    starts = np.array([0, 0, rans.TOTAL - 1, 0])
    frequencies = np.array([rans.TOTAL, 1, 1, rans.TOTAL])
    decoder = rans.Decoder(rans.encode(np.tile(starts, 99), np.tile(frequencies, 99), 4))

    def find(slots, part):
        assert slots[1] == 0
        assert slots[2] == rans.TOTAL - 1
        return np.arange(4), starts, frequencies

    np.testing.assert_array_equal(decoder.read(4 * 99, find), np.tile(np.arange(4), 99))
    decoder.finish()


@pytest.mark.parametrize(("start", "frequency"), [(0, 0), (1, rans.TOTAL), (20_000, 1)])
def test_a_symbol_without_slots_of_its_own_is_refused(start, frequency):
    with pytest.raises(IsthmusError, match="a symbol has no slot"):
        rans.encode(np.array([0, start]), np.array([1, frequency]), 16)


def test_a_damaged_stream_is_an_error_or_other_symbols():
    rng = np.random.default_rng(0)
    symbols, starts, frequencies = drawn(rng, 3_000, 9)
    data = rans.encode(starts[symbols], frequencies[symbols], 32)
    noticed = 0
    for trial in range(200):
        damaged = bytearray(data)
        for place in rng.integers(len(data), size=3):
            damaged[place] ^= 1 + rng.integers(255)
        if trial % 2:
            del damaged[rng.integers(len(damaged)) :]
        try:
            found = decoded(bytes(damaged), 3_000, starts, frequencies, 16)
            assert len(found) == 3_000
        except ArchiveError:
            noticed += 1
    assert noticed > 190


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0", b"\xff\xff" * 99, b"\1\0\0\0\0\0"])
def test_what_is_no_stream_is_refused(data):
    with pytest.raises(ArchiveError, match="stream"):
        rans.Decoder(data)


def test_more_symbols_than_were_encoded_are_an_error():
    symbols, starts, frequencies = drawn(np.random.default_rng(0), 99, 7)
    decoder = rans.Decoder(rans.encode(starts[symbols], frequencies[symbols], 16))
    with pytest.raises(ArchiveError, match="ends too early"):
        decoder.read(999, searching(starts, frequencies))
