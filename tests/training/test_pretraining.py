import os
import signal

import numpy as np
import pytest

from isthmus.errors import IsthmusError
from isthmus.models import (
    Bernoulli,
    Deterministic,
    DiscretizedLogistic,
    GaussianCode,
    Model,
    SquaredError,
    TopK,
)
from isthmus.networks import Convolutional, Dense, Linear, glorot_uniform
from isthmus.objectives import Masking
from isthmus.runs import Run
from isthmus.training import (
    LayerTraining,
    Settings,
    over_rows,
    pretrain,
    pretraining,
)

SHAPE = (5, 4)


@pytest.fixture
def matrix():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3)) @ generator.normal(size=(3, 20))
    return (1 / (1 + np.exp(-x))).astype(np.float32)


def make(design, likelihood=Bernoulli(), code=Deterministic()):  # noqa: B008
    initialize = glorot_uniform(np.random.default_rng(0))
    n_outputs = likelihood.n_parameters(20)
    network = design.build(SHAPE, 3, code.n_parameters(3), n_outputs, initialize)
    return Model(network, code, likelihood)


def plan(kind, n_epochs=2, corruption=None):
    return LayerTraining(kind, Settings(n_epochs, 1e-2), 32, corruption)


STACKS = {
    "sigmoid": (Dense((8, 6), "sigmoid"), Bernoulli(), "autoencoder"),
    "silu": (Dense((8, 6), "silu"), SquaredError(), "autoencoder"),
    "tied": (Dense((8,), "tanh", tied_weights=True), Bernoulli(), "denoising"),
    "machines": (Dense((8, 6), "sigmoid"), Bernoulli(), "rbm"),
    "real machines": (Dense((8,), "sigmoid", code_activation="sigmoid"), SquaredError(), "rbm"),
    "convolutional": (Convolutional((2, 3), hidden=(6,)), Bernoulli(), "autoencoder"),
    "one convolution": (Convolutional((2,), activation="sigmoid"), SquaredError(), "denoising"),
}


@pytest.fixture
def trained_layers(monkeypatch):
    """What the training of each layer gave, from the data up."""
    layers, train = [], pretraining.train

    def remember(*arguments, **options):
        training = train(*arguments, **options)
        layers.append(training.model)
        return training

    monkeypatch.setattr(pretraining, "train", remember)
    return layers


def assert_made_of(network, layers):
    """Compare the weights with those of the layers, bit for bit."""
    mirrored = reversed(network.decoder)
    for layer, up, down in zip(layers, network.encoder, mirrored, strict=True):
        (encoder,), (decoder,) = layer.network.encoder, layer.network.decoder
        np.testing.assert_array_equal(up.weight, encoder.weight)
        np.testing.assert_array_equal(up.bias, encoder.bias)
        np.testing.assert_array_equal(down.bias, decoder.bias)
        if down.weight is not None:  # else the decoder uses the encoder's
            np.testing.assert_array_equal(down.weight, encoder.weight.T)


@pytest.mark.parametrize("case", STACKS)
def test_unrolled_network_is_the_composition_of_its_layers(matrix, trained_layers, case):
    design, likelihood, kind = STACKS[case]
    result = pretrain(make(design, likelihood), plan(kind, corruption=Masking(0.2)), matrix)
    assert_made_of(result.model.network, trained_layers)
    codes = matrix
    for layer in trained_layers:
        codes = over_rows(Model.encode, layer, codes)
    np.testing.assert_allclose(over_rows(Model.encode, result.model, matrix), codes, atol=1e-5)
    back = codes
    for layer in reversed(trained_layers):
        back = over_rows(Model.decode, layer, back)
    np.testing.assert_allclose(over_rows(Model.decode, result.model, codes), back, atol=1e-5)
    n_layers = len(result.model.network.encoder)
    assert set(result.history) == {
        f"layer_{i + 1}_{name}" for i in range(n_layers) for name in ("loss", "seconds")
    }


@pytest.mark.parametrize("kind", ["autoencoder", "rbm"])
def test_every_layer_learns_and_so_does_the_whole(matrix, kind):
    model = make(Dense((16,), "sigmoid"))
    result = pretrain(
        model, plan(kind, 60), matrix, rows=np.arange(100), validation_rows=np.arange(100, 120)
    )
    for layer in (1, 2):
        losses = result.history[f"layer_{layer}_validation_loss"]
        assert len(losses) == 60
        assert min(losses) < losses[0]

    def error(model):
        return np.sum((over_rows(Model.reconstruct, model, matrix) - matrix) ** 2)

    assert error(result.model) < 0.5 * error(model)


def test_same_seed_gives_equal_bits(matrix):
    first, second = (
        pretrain(make(Dense((8,), "sigmoid")), plan("rbm"), matrix).model for _ in range(2)
    )
    np.testing.assert_array_equal(
        over_rows(Model.encode, first, matrix), over_rows(Model.encode, second, matrix)
    )


def test_interrupt_keeps_the_layers_that_learned(matrix):
    seen = []

    def report(progress):
        seen.append(progress.stage)
        if progress.stage == "layer 2 of 3" and progress.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    run = Run().telling(report)
    model = make(Dense((8, 6), "silu"))
    result = pretrain(model, plan("autoencoder", 3), matrix, run)
    assert result.interrupted
    assert list(dict.fromkeys(seen)) == ["layer 1 of 3", "layer 2 of 3"]
    assert len(result.history["layer_1_loss"]) == 3
    before, after = model.network.encoder, result.model.network.encoder
    moved = [not np.array_equal(a.weight, b.weight) for a, b in zip(before, after, strict=True)]
    assert moved == [True, True, False]
    for layer, mirror in zip(after, reversed(result.model.network.decoder), strict=True):
        np.testing.assert_array_equal(mirror.weight, layer.weight.T)


REFUSED = {
    "Gaussian code": (make(Dense((8,)), code=GaussianCode()), "autoencoder", "Gaussian code"),
    "several outputs": (make(Dense((8,)), DiscretizedLogistic()), "autoencoder", "several numbers"),
    "norm of 1": (make(Dense((8,), unit_norm_decoder=True)), "autoencoder", "norm 1"),
    "machine of convolutions": (make(Convolutional((2,))), "rbm", "dense layers"),
    "machine of SiLU": (make(Dense((8,))), "rbm", "needs sigmoid units, but layer 1 has"),
    "machine with top-k": (make(Dense((8,), "sigmoid"), code=TopK(2)), "rbm", "a code like"),
    "no hidden layer": (make(Linear(), SquaredError()), "rbm", "no bound"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_stack_makes_up_is_refused(matrix, case):
    model, kind, sentence = REFUSED[case]
    with pytest.raises(IsthmusError, match=sentence):
        pretrain(model, plan(kind), matrix)
