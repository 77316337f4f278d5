import os
import signal
import threading

import numpy as np
import pytest

from isthmus import (
    Autoencoder,
    ContractiveAutoencoder,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    IsthmusError,
    Masking,
    StackedAutoencoder,
    load,
)

QUICK = {"n_pretraining_epochs": 2, "max_epochs": 2, "random_state": 0}


def test_history_holds_every_layer_and_the_whole(digits, tmp_path):
    model = StackedAutoencoder(2, hidden=[16], **QUICK).fit(digits)
    names = ("loss", "validation_loss", "seconds")
    layers = {f"layer_{i}_{name}" for i in (1, 2) for name in names}
    assert {name: len(values) for name, values in model.history_.items()} == dict.fromkeys(
        {*names, *layers}, 2
    )
    model.save(tmp_path / "stacked.isthmus")
    again = load(tmp_path / "stacked.isthmus")
    assert again.history_ == model.history_
    assert layers < set(again.partial_fit(digits).history_)


def test_layers_are_not_pretrained_where_training_starts_from_fitted_weights(digits):
    model = StackedAutoencoder(2, hidden=[16], warm_start=True, **QUICK).fit(digits)
    assert "layer_1_loss" not in model.fit(digits).history_


def test_pretraining_starts_training_ahead(digits):
    settings = {"hidden": [32], "activation": "sigmoid", "max_epochs": 3, "random_state": 0}
    plain = Autoencoder(8, **settings).fit(digits)
    for pretrain in ("autoencoder", "rbm"):
        model = StackedAutoencoder(8, pretrain=pretrain, n_pretraining_epochs=50, **settings)
        model.fit(digits)
        assert model.history_["validation_loss"][0] < min(plain.history_["validation_loss"])


@pytest.mark.parametrize(
    "model",
    [
        Autoencoder(2, hidden=[8], pretrain="denoising", corruption=Masking(0.5), **QUICK),
        ContractiveAutoencoder(4, pretrain="rbm", **QUICK),
        ConvolutionalAutoencoder(2, channels=[3], pretrain="autoencoder", **QUICK),
    ],
    ids=repr,
)
def test_every_deterministic_code_can_be_pretrained(table, model):
    assert model.fit(table).reconstruct(table).shape == table.shape
    assert len(model.history_["layer_1_loss"]) == 2


def test_same_seed_gives_bit_identical_codes(digits):
    first, second = (StackedAutoencoder(2, hidden=[16], **QUICK).fit(digits) for _ in range(2))
    np.testing.assert_array_equal(first.transform(digits), second.transform(digits))


def test_convolutions_are_no_boltzmann_machines(digits):
    with pytest.raises(IsthmusError, match="pretrain='rbm' is for dense layers"):
        ConvolutionalAutoencoder(2, channels=[3], pretrain="rbm", **QUICK).fit(digits)


def test_noise_that_suits_no_layer_is_refused(digits):
    with pytest.raises(IsthmusError, match="layers of activation='silu'"):
        DenoisingAutoencoder(
            2, hidden=[8], corruption="salt_and_pepper", pretrain="denoising", **QUICK
        ).fit(digits)


def test_interrupt_in_pretraining_keeps_what_was_learned(digits):
    # Only training listens to the first Ctrl-C; the timer strikes well within it.
    timer = threading.Timer(2.0, os.kill, (os.getpid(), signal.SIGINT))
    model = StackedAutoencoder(
        2, hidden=[16], n_pretraining_epochs=10**6, patience=10**6, random_state=0
    )
    timer.start()
    model.fit(digits)
    assert model.interrupted_
    assert model.history_["loss"] == []
    assert model.history_["layer_1_loss"]
    assert model.transform(digits).shape == (len(digits), 2)
