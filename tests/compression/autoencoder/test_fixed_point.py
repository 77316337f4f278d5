import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from isthmus.compression.autoencoder.fixed_point import N_KNOTS, Curve, FixedPoint, Layer
from isthmus.compression.autoencoder.network_bytes import network_from_bytes, network_to_bytes
from isthmus.errors import ArchiveError

PLACES = np.linspace(-8, 8, N_KNOTS)
BEND = Curve(np.rint(np.tanh(PLACES) * 2**14).astype(np.int64))


def layer(rng, n_outputs, n_inputs, shift=12, most=2**11):
    weights = rng.integers(-most, most + 1, (n_outputs, n_inputs))
    biases = rng.integers(-4, 5, n_outputs) << max(shift, 0)
    return Layer(weights, biases, np.full(n_outputs, shift))


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    layers = layer(rng, 300, 40), layer(rng, 70, 300, 9), layer(rng, 50, 70, -1)
    return FixedPoint(layers, BEND, layer(rng, 50, 40, 3), BEND)


@pytest.fixture
def inputs():
    return np.random.default_rng(1).integers(-(2**18), 2**18, (4_096, 40))


def exact_curve(curve, x):
    x = np.clip(x + 2**15, 0, 2**16 - 1)
    left, right = curve.knots[x >> 6], curve.knots[(x >> 6) + 1]
    return (left * (64 - (x & 63)) + right * (x & 63)) >> 6


def exact_layer(own, x):
    # Python's whole numbers are of any size.
    sums = x.astype(object) @ own.weights.T.astype(object) + own.biases.astype(object)
    shift = int(own.shifts[0])
    return (sums >> shift if shift >= 0 else sums << -shift).astype(np.int64)


def test_floats_carry_what_whole_numbers_of_any_size_give(network, inputs):
    x = inputs[:20]
    h = x
    for own in network.layers[:-1]:
        h = exact_curve(BEND, exact_layer(own, h))
    h = exact_layer(network.layers[-1], h) + exact_layer(network.shortcut, x)
    np.testing.assert_array_equal(network(x), exact_curve(BEND, h))


@pytest.mark.parametrize("batch", [1, 7, 4_096])
@pytest.mark.parametrize("threads", [1, 2])
def test_rows_hang_on_no_batch_size_and_no_threads(network, inputs, batch, threads):
    with threadpool_limits(1):
        expected = network(inputs)[:21]
    with threadpool_limits(threads):
        parts = [network(inputs[at : at + batch]) for at in range(0, 21, batch)]
    np.testing.assert_array_equal(np.concatenate(parts)[:21], expected)


def test_networks_come_back_from_their_bytes(network, inputs):
    data = network_to_bytes(network)
    again = network_from_bytes(data)
    np.testing.assert_array_equal(again(inputs[:50]), network(inputs[:50]))
    assert network_to_bytes(again) == data
    alone = FixedPoint(network.layers[:1])
    np.testing.assert_array_equal(
        network_from_bytes(network_to_bytes(alone))(inputs[:9]), alone(inputs[:9])
    )


def test_weights_take_no_more_than_they_tell(network):
    # Of 12 bits, drawn evenly: there is nothing to save.
    n_weights = 40 * 300 + 300 * 70 + 70 * 50 + 40 * 50
    assert len(network_to_bytes(network)) < n_weights * 12.6 / 8 + 2_000


def test_sums_that_floats_cannot_carry_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ArchiveError, match="sums that float64 cannot carry"):
        FixedPoint((layer(rng, 5, 40, most=2**28),))
    with pytest.raises(ArchiveError, match="sums that float64 cannot carry"):
        FixedPoint((layer(rng, 5, 40, shift=-40),))


def test_layers_that_do_not_fit_are_refused():
    rng = np.random.default_rng(0)
    for layers, curve, shortcut in (
        ((layer(rng, 5, 4), layer(rng, 6, 7)), BEND, None),
        ((layer(rng, 5, 4), layer(rng, 6, 5)), None, None),
        ((layer(rng, 5, 4),), None, layer(rng, 4, 5)),
        ((), None, None),
    ):
        with pytest.raises(ArchiveError):
            FixedPoint(layers, curve, shortcut)
