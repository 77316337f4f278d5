"""Gains on held-out rows that are more than chance."""

import numpy as np
import pytest

from isthmus.training import held_out


def beyond_chance(gains, before=100.0):
    before = np.full(len(gains), before)
    return held_out.beyond_chance(before, before - np.array(gains))


def test_no_gain_is_taken_for_one_in_at_most_one_of_ten_cases():
    generator = np.random.default_rng(0)
    taken = [beyond_chance(generator.standard_t(3, size=20)) for _ in range(1000)]
    assert 0.05 < np.mean(taken) <= 0.12


@pytest.mark.parametrize("size", [6, 50, 2000])
def test_what_all_rows_gain_is_no_chance(size):
    gains = np.random.default_rng(0).uniform(0.1, 1, size)
    assert beyond_chance(gains)
    assert not beyond_chance(-gains)


def test_one_row_far_off_neither_makes_a_gain_nor_hides_one():
    gains = np.random.default_rng(0).normal(0.5, 1, 100)
    assert beyond_chance(gains)
    gains[0] = -1000
    assert beyond_chance(gains)
    assert not beyond_chance(np.append(np.full(20, -0.1), 1000.0), before=1000.0)


def test_what_few_of_many_rows_gain_for_sure_counts():
    gains = np.full(5000, -0.1)
    gains[:200] = np.random.default_rng(0).uniform(50, 100, 200)
    assert beyond_chance(gains)


def test_a_quarter_of_the_loss_is_no_chance_though_few_rows_make_it():
    gains = [300.0, -20.0, -10.0, 5.0, -1.0]
    assert beyond_chance(gains)
    assert not beyond_chance(gains, before=1000.0)
    assert not beyond_chance(gains, before=-100.0)


@pytest.mark.parametrize(
    "gains", [[], [50.0], [0.0] * 5, [50.0, 60.0, 70.0], [np.nan, 1.0, 1.0, 1.0]]
)
def test_too_few_rows_tell_nothing(gains):
    assert not beyond_chance(gains)
