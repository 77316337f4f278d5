import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.networks import ACTIVATIONS, Dense, Linear, glorot_uniform, shapes_for
from isthmus.networks.architectures.hidden import funnel


def build(design, n_features=12, n_components=2, n_code=2, n_outputs=12, seed=0):
    initialize = glorot_uniform(np.random.default_rng(seed))
    return design.build((n_features,), n_components, n_code, n_outputs, initialize)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("tied_weights", [False, True])
def test_code_and_output_have_the_sizes_asked_for(activation, tied_weights):
    network = build(Dense((8, 5), activation, tied_weights))
    x = jnp.ones((4, 12))
    z = network.encode(x)
    assert z.shape == (4, 2)
    assert network.decode(z).shape == (4, 12)


def test_one_number_tapers_and_never_below_the_code():
    assert funnel(1000, 784, 30) == [1000, 500, 250]
    assert funnel(64, 784, 30) == [64, 32, 30]
    assert funnel(None, 64, 2) == [256, 128, 64]
    assert funnel(None, 5000, 2) == [1024, 512, 256]
    assert funnel([], 10, 2) == []


def test_tied_decoder_has_only_biases_and_uses_the_transposes():
    network = build(Dense((8,), "tanh", tied_weights=True))
    z = jnp.ones((3, 2))
    first, second = network.encoder
    expected = jnp.tanh(z @ second.weight.T) @ first.weight.T
    np.testing.assert_allclose(network.decode(z), expected, rtol=1e-6)
    assert [leaf.shape for leaf in jax.tree.leaves(network.decoder)] == [(8,), (12,)]


def test_tied_weights_can_learn_mostly_from_what_they_decode():
    x = np.random.default_rng(0).normal(size=(5, 12)).astype(np.float32)
    learning, half, alone = (
        build(Dense((), "silu", True, encoding_share=share)) for share in (1.0, 0.5, 0.0)
    )
    np.testing.assert_array_equal(learning.encode(x), alone.encode(x))

    def gradient(network, z=None):
        def error(network):
            code = network.encode(x) if z is None else z
            return jnp.sum((network.decode(code) - x) ** 2)

        return jax.grad(error)(network).encoder[0].weight

    held = gradient(learning, z=learning.encode(x))
    np.testing.assert_allclose(gradient(alone), held, rtol=1e-5)
    assert not np.allclose(gradient(learning), held)
    np.testing.assert_allclose(gradient(half), (gradient(learning) + held) / 2, rtol=1e-4)


def test_tied_weights_refuse_sizes_that_do_not_mirror():
    with pytest.raises(ValueError, match="tied_weights=True needs one output per feature"):
        build(Dense((8,), tied_weights=True), n_outputs=24)


def test_linear_network_is_two_matrices():
    network = build(Linear())
    assert [leaf.shape for leaf in jax.tree.leaves(network)] == [(12, 2), (2,), (2, 12), (12,)]
    x = jnp.asarray(np.random.default_rng(0).normal(size=(5, 12)), jnp.float32)
    composed = x @ network.encoder[0].weight @ network.decoder[0].weight
    np.testing.assert_allclose(network.decode(network.encode(x)), composed, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ["silu", "relu", "gelu", "tanh", "elu", "selu"])
def test_initial_weights_keep_the_scale_of_signals(activation):
    design = Dense((256,) * 6, activation)
    network = build(design, n_features=256, n_components=256, n_code=256, n_outputs=256)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(500, 256)), jnp.float32)
    assert 0.5 < float(jnp.std(network.encode(x))) < 2


def test_shapes_for_a_file_take_no_memory():
    # A view of one number, as large as the weights that a file would hold.
    array = np.broadcast_to(np.float32(0), (10**6, 10**6))
    network = Dense((10**6,)).build((10**6,), 2, 2, 10**6, shapes_for([array]))
    assert network.encoder[0].weight.shape == (10**6, 10**6)


@pytest.mark.parametrize("hidden", [(10**12,), (8,) * 1000])
def test_network_out_of_proportion_to_a_file_is_refused(hidden):
    initialize = shapes_for([np.zeros((12, 2), np.float32)] * 4)
    with pytest.raises(ValueError, match="larger than the arrays of the file"):
        Dense(hidden, code_bias=1.0).build((12,), 2, 2, 12, initialize)
