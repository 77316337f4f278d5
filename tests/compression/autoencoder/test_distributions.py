import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from isthmus.compression.autoencoder.histograms import (
    Histogram,
    fit_histograms,
    histograms_from_bytes,
    histograms_to_bytes,
)
from isthmus.compression.autoencoder.scaled_numbers import (
    MOST_SCALES,
    code_lengths,
    read_scaled,
    size_of,
    write_scaled,
)
from isthmus.compression.autoencoder.scales import Scales
from isthmus.compression.coded_stream import StreamReader, StreamWriter
from isthmus.errors import ArchiveError


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(0, MOST_SCALES - 1)), max_size=50)
)
def test_numbers_of_any_size_come_back_on_any_scale(pairs):
    numbers, scales = np.array(pairs, np.int64).reshape(-1, 2).T
    writer = StreamWriter()
    write_scaled(writer, numbers, scales)
    reader = StreamReader(writer.to_bytes(), len(numbers))
    np.testing.assert_array_equal(read_scaled(reader, scales), numbers)
    reader.finish()


@pytest.mark.parametrize("deviation", [0.2, 5, 300, 2e4])
def test_code_lengths_are_those_of_the_coder(deviation):
    numbers = np.rint(np.random.default_rng(0).normal(size=4_000) * deviation).astype(np.int64)
    counts = np.bincount(size_of(numbers), minlength=code_lengths().shape[1])
    totals = code_lengths() @ counts
    scale = int(np.argmin(totals))
    writer = StreamWriter()
    write_scaled(writer, numbers, np.full(len(numbers), scale))
    assert writer.n_bits == pytest.approx(totals[scale], rel=0.02, abs=99)
    # A normal distribution of this deviation takes that at least.
    least = 0.5 * np.log2(2 * np.pi * np.e * max(deviation**2, 1 / 12))
    assert totals[scale] / len(numbers) < max(least, 0) + 0.2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.sampled_from([1, 4, 64]), st.integers(0, 9), st.integers(0, 99))
def test_numbers_come_back_by_a_histogram_of_others(n_bits, n_steps, n_wild, seed):
    rng = np.random.default_rng(seed)
    most = 1 << min(n_bits, 24)
    histogram = Histogram.fit(rng.integers(-most, most + 1, 60) // 3, n_steps)
    (again,) = histograms_from_bytes(histograms_to_bytes([histogram]), 1)
    wild = rng.integers(-(2**50), 2**50, n_wild)
    numbers = np.concatenate([rng.integers(-most, most + 1, 30), wild])
    writer = StreamWriter()
    histogram.write(writer, numbers)
    reader = StreamReader(writer.to_bytes(), len(numbers))
    np.testing.assert_array_equal(again.read(reader, len(numbers)), numbers)
    reader.finish()


def test_a_histogram_takes_about_the_entropy():
    rng = np.random.default_rng(0)
    spike = np.where(rng.random(5_000) < 0.9, 3, rng.integers(0, 256, 5_000))
    (histogram,) = fit_histograms(spike[:, None])
    share = np.bincount(spike) / len(spike)
    entropy = -(share[share > 0] * np.log2(share[share > 0])).sum()
    assert histogram.n_bits(spike) / len(spike) < entropy + 0.05


def test_damaged_histograms_are_refused():
    data = histograms_to_bytes(fit_histograms(np.arange(300).reshape(100, 3)))
    with pytest.raises(ArchiveError):
        histograms_from_bytes(data, 2)
    with pytest.raises(ArchiveError):
        histograms_from_bytes(data, 4)
    for edges, shares in (([0, 0], [1]), ([0, 5], [0]), ([0, 1 << 20], [1]), ([0, 3], [1, 2])):
        with pytest.raises(ArchiveError):
            Histogram(0, np.array(edges), np.array(shares))


@threadpool_limits.wrap(limits=1)
def test_scales_follow_columns_predictions_and_rows():
    rng = np.random.default_rng(0)
    expected = rng.integers(-1_000, 1_000, (600, 20))
    deviation = 2.0 ** rng.integers(0, 6, 20) * 2.0 ** rng.integers(-2, 3, (600, 1))
    deviation = deviation * np.where(expected > 0, 8, 1)
    rest = np.rint(rng.normal(size=expected.shape) * deviation).astype(np.int64)
    scales = Scales.fit(rest, expected)
    again = Scales.from_bytes(scales.to_bytes(), 20, len(scales.edges))
    rows = again.steps_of_rows(rest, expected)
    assert again.rows >= 0
    np.testing.assert_array_equal(again.of(expected, rows), scales.of(expected, rows))
    least = 0.5 * np.log2(2 * np.pi * np.e * (deviation**2 + 1 / 12)).sum()
    assert again.n_bits(rest, expected, rows) < least + 0.25 * rest.size
    # Where all are alike, rows have no steps of their own.
    assert Scales.fit(rng.integers(-3, 4, (400, 20)), expected[:400]).rows < 0
