import hashlib

import numpy as np
import pytest
from scipy import stats

from isthmus.compression.bells import N_SCALES, bells, scale_of, student_below
from isthmus.compression.coded_stream import StreamReader, StreamWriter
from isthmus.compression.rans import TOTAL
from isthmus.compression.softmax import slots_of
from isthmus.compression.whole_numbers import read_numbers, write_numbers
from isthmus.errors import ArchiveError


def test_bells_are_the_same_bits_for_ever():
    table = bells()
    content = b"".join(part.tobytes() for part in (table.starts, table.reaches, table.symbols))
    digest = hashlib.sha256(content).hexdigest()
    assert digest == "339e1132c00a98f8db5c96c46d1ab1ae7d6403ddc9498ce9a6be1602e5988cb4"


def test_each_number_of_a_bell_has_a_slot():
    table = bells()
    for scale in range(N_SCALES):
        ends = table.starts[scale, : 2 * table.reaches[scale] + 3].astype(int)
        assert ends[0] == 0
        assert ends[-1] == TOTAL
        assert np.diff(ends).min() >= 1


def test_bells_follow_students_distribution():
    t = np.linspace(-20, 20, 201)
    np.testing.assert_allclose(student_below(t), stats.t.cdf(t, 4), atol=1e-12)
    scale = 30
    table = bells()
    reach = table.reaches[scale]
    share = np.diff(table.starts[scale, : 2 * reach + 2].astype(int)) / TOTAL
    numbers = np.arange(-reach, reach + 1)
    edges = np.stack([numbers - 0.5, numbers + 0.5]) / scale_of(scale)
    np.testing.assert_allclose(
        share[1:-1], np.diff(stats.t.cdf(edges, 4), axis=0)[0][1:-1], atol=2e-3
    )


def test_powers_of_two_have_their_share_of_the_slots():
    outputs = np.array([[0.0, 100.0], [1.0, 100.0], [3.0, 100.0]], np.float32) * 2_048
    slots = slots_of(outputs, 2_048).astype(int)
    np.testing.assert_allclose(
        np.diff(slots, axis=0)[:, 0] / TOTAL, [1 / 11, 2 / 11, 8 / 11], atol=1e-3
    )
    np.testing.assert_allclose(np.diff(slots, axis=0)[:, 1] / TOTAL, 1 / 3, atol=1e-3)


def test_every_symbol_has_a_slot_whatever_the_outputs():
    outputs = np.random.default_rng(0).integers(-(1 << 23), 1 << 23, (16, 1_000))
    slots = slots_of(outputs.astype(np.float32), 2_048).astype(int)
    assert np.diff(slots, axis=0).min() >= 1
    assert (slots[0] == 0).all()
    assert (slots[-1] == TOTAL).all()


@pytest.mark.parametrize("n", [0, 1, 5_000])
def test_whole_numbers_come_back_whatever_their_scales(n):
    rng = np.random.default_rng(n)
    scales = rng.integers(0, N_SCALES, n)
    numbers = np.rint(rng.standard_t(2, n) * [scale_of(s) for s in scales]).astype(np.int64)
    numbers[: n // 100] = rng.integers(-(1 << 40), 1 << 40, n // 100)
    writer = StreamWriter()
    for at in range(0, n, 1_000):
        write_numbers(writer, numbers[at : at + 1_000], scales[at : at + 1_000])
    reader = StreamReader(writer.to_bytes(), n)
    found = [read_numbers(reader, scales[at : at + 1_000]) for at in range(0, n, 1_000)]
    reader.finish()
    np.testing.assert_array_equal(np.concatenate([np.zeros(0, np.int64), *found]), numbers)


def test_numbers_on_the_scale_that_is_said_take_the_entropy():
    rng = np.random.default_rng(0)
    index = 35
    numbers = np.rint(rng.standard_t(4, 20_000) * scale_of(index)).astype(np.int64)
    writer = StreamWriter()
    write_numbers(writer, numbers, np.full(len(numbers), index))
    entropy = stats.t(4, scale=scale_of(index)).entropy() / np.log(2)
    assert writer.n_bits / len(numbers) == pytest.approx(entropy, rel=0.03)


def test_announcing_more_numbers_than_there_are_is_refused():
    writer = StreamWriter()
    write_numbers(writer, np.array([1 << 40]), np.array([0]))
    data = writer.to_bytes()
    with pytest.raises(ArchiveError, match="announces more"):
        StreamReader(data, 0)
    with pytest.raises(ArchiveError, match="cut off"):
        StreamReader(data[:5], 1)
    with pytest.raises(ArchiveError, match="does not end"):
        StreamReader(data, 1).finish()
