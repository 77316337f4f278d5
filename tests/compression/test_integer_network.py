import jax
import numpy as np
import pytest

from isthmus.compression.integer_network import OUTPUT_UNIT, IntegerNetwork, n_bytes
from isthmus.compression.integer_training import (
    as_layers,
    forward,
    fresh_network,
    quantized,
    train,
)
from isthmus.errors import ArchiveError
from isthmus.runs.computing import computing

SIZES = (38, 24, 16, 2)


@pytest.fixture
def network():
    return fresh_network(SIZES, seed=3)


@pytest.fixture
def inputs():
    return np.random.default_rng(0).integers(-127, 128, (38, 4_096)).astype(np.float32)


def exact(network, inputs):
    h = inputs.astype(np.int64)
    for weights, biases, shift in zip(
        network.weights, network.biases, network.shifts, strict=False
    ):
        h = np.clip((weights.astype(np.int64) @ h + biases[:, None]) >> shift, 0, 255)
    return network.weights[-1].astype(np.int64) @ h + network.biases[-1][:, None]


@pytest.mark.parametrize("batch", [1, 7, 4_096])
def test_floats_carry_the_integers_exactly_in_batches_of_any_size(network, inputs, batch):
    outputs = [network(inputs[:, at : at + batch]) for at in range(0, 700, batch)]
    found = np.concatenate(outputs, 1)
    np.testing.assert_array_equal(found, exact(network, inputs)[:, : found.shape[1]])


@pytest.mark.parametrize("compiled", [True, False])
def test_jax_computes_the_same(network, inputs, compiled):
    with computing():
        layers = as_layers(network)
        function = jax.jit(forward) if compiled else forward
        found = np.asarray(function(layers, inputs.T)).T * OUTPUT_UNIT
    np.testing.assert_array_equal(found, network(inputs))


def test_the_largest_sums_are_exact():
    weights = np.full((1, 480), 127, np.int8)
    network = IntegerNetwork((weights,), (np.array([1 << 20], np.int32),), ())
    assert network(np.full((480, 1), 127)).item() == 480 * 127 * 127 + (1 << 20)


def test_a_network_comes_back_from_its_bytes(network, inputs):
    data = network.to_bytes()
    assert len(data) == n_bytes(SIZES)
    np.testing.assert_array_equal(IntegerNetwork.from_bytes(data, SIZES)(inputs), network(inputs))
    with pytest.raises(ArchiveError, match="bytes"):
        IntegerNetwork.from_bytes(data[:-1], SIZES)


def test_sums_that_float32_cannot_carry_are_refused(network):
    biases = (*network.biases[:2], np.array([1 << 24, 0], np.int32))
    with pytest.raises(ArchiveError, match="cannot carry"):
        IntegerNetwork(network.weights, biases, network.shifts)


def test_layers_that_do_not_fit_are_refused(network):
    with pytest.raises(ArchiveError, match="do not fit"):
        IntegerNetwork(network.weights[::2], network.biases[::2], network.shifts[:1])


def test_going_on_with_a_network_begins_where_it_is(network):
    with computing():
        again = quantized(as_layers(network))
    assert again.to_bytes() == network.to_bytes()


def test_training_learns_what_depends_on_the_inputs():
    rng = np.random.default_rng(0)
    inputs = rng.integers(-127, 128, (5_000, 3)).astype(np.int8)
    wanted = (inputs[:, 0] > 0).astype(np.float32) * 2
    network = train(
        fresh_network((3, 8, 1)),
        lambda outputs, batch: (outputs[:, 0] - batch["wanted"]) ** 2,
        {"inputs": inputs, "wanted": wanted},
        n_steps=200,
        batch_size=256,
    )
    found = network(inputs.T.astype(np.float32))[0] / OUTPUT_UNIT
    assert np.mean((found - wanted) ** 2) < 0.5
