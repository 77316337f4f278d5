import numpy as np
import pytest

from isthmus import Bernoulli, BoltzmannMachine, Gaussian, IsthmusError

QUICK = {"max_epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def machine(digits):
    return BoltzmannMachine(64, max_epochs=60, random_state=0).fit(digits)


def test_codes_are_probabilities_and_rows_come_back(machine, digits):
    codes = machine.transform(digits)
    assert codes.shape == (len(digits), 64)
    assert codes.min() >= 0
    assert codes.max() <= 1
    error = np.sum((machine.reconstruct(digits) - digits) ** 2, axis=1).mean()
    assert error < 0.5 * np.sum((digits - digits.mean(axis=0)) ** 2, axis=1).mean()


def test_digits_have_less_free_energy_than_noise(machine, digits):
    noise = np.random.default_rng(0).permuted(digits[:200], axis=1)
    assert np.median(machine.free_energy(digits)) < machine.free_energy(noise).min()


@pytest.mark.usefixtures("optimized")
def test_samples_look_like_the_data(machine, digits):
    drawn = machine.sample(200, n_steps=300, random_state=0)
    assert drawn.shape == (200, 64)
    np.testing.assert_array_equal(drawn, machine.sample(200, n_steps=300, random_state=0))
    blank = digits.max(axis=0) == 0
    assert drawn[:, blank].mean() < 0.05
    assert np.corrcoef(drawn.mean(axis=0), digits.mean(axis=0))[0, 1] > 0.8
    noisy = machine.sample(5, n_steps=10, noise=True, random_state=0)
    assert set(np.unique(noisy)) <= {0.0, 1.0}


def test_visible_units_are_chosen_from_the_data(machine, table):
    assert machine.model_.likelihood == Bernoulli()
    real = BoltzmannMachine(4, **QUICK).fit(table)
    assert real.model_.likelihood == Gaussian(1.0)
    assert real.sample(7, n_steps=5, noise=True, random_state=0).shape == (7, 6)
    chosen = BoltzmannMachine(4, visible="gaussian", **QUICK).fit(table[:, :1] > 0)
    assert chosen.model_.likelihood == Gaussian(1.0)


def test_gaussian_visible_units_learn_a_table(table):
    machine = BoltzmannMachine(16, max_epochs=200, random_state=0).fit(table)
    scaled = (machine.reconstruct(table) - table) / table.std(axis=0)
    assert np.mean(scaled**2) < 0.5


def test_persistent_chains_go_on_over_passes_of_any_size(digits):
    machine = BoltzmannMachine(16, persistent=True, random_state=0)
    for rows in (digits[:20], digits[:500], digits[:400]):
        machine.partial_fit(rows)
    assert len(machine.history_["loss"]) == 3
    assert np.isfinite(machine.free_energy(digits)).all()


def test_impossible_requests_are_refused(machine, table):
    with pytest.raises(IsthmusError, match=r"visible='bernoulli' needs values in \[0, 1\]"):
        BoltzmannMachine(4, visible="bernoulli", **QUICK).fit(table)
    with pytest.raises(IsthmusError, match="n_steps=0 asks for nothing"):
        machine.sample(1, n_steps=0)
