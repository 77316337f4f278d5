"""A ladder learns from unlabelled rows, and leaves a plain network."""

import jax
import numpy as np
import pytest

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    ConvolutionalAutoencoder,
    IsthmusError,
    Ladder,
    Masking,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*have the label -1")

QUICK = {"max_epochs": 3, "random_state": 0}


def test_ladder_learns_from_unlabelled_rows_and_leaves_a_plain_network(encoder, digits_data):
    X, y = digits_data
    labels = np.where(np.arange(len(y)) < 60, y, -1)
    settings = {"random_state": 0, "max_epochs": 10, "learning_rate": 0.01}
    alone = AutoencoderClassifier(encoder, unlabelled=None, **settings).fit(X, labels)
    ladder = AutoencoderClassifier(encoder, unlabelled=Ladder(), **settings).fit(X, labels)
    assert ladder.score(X[1000:], y[1000:]) > alone.score(X[1000:], y[1000:]) + 0.03
    assert jax.tree.structure(ladder.model_) == jax.tree.structure(alone.model_)
    # One row's prediction does not depend on those beside it.
    np.testing.assert_allclose(
        ladder.predict_proba(X[:1]), ladder.predict_proba(X[:50])[:1], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frozen_encoder": True}, "frozen_encoder=True does not go with"),
        ({"early_stopping": True}, "early_stopping=True does not go with"),
        ({"dropout": 0.2}, "dropout=0.2 does not go with"),
        ({"reconstruction": 0.5}, "reconstruction=0.5 does not go with"),
        ({"corruption": Masking(0.2)}, "corruption=Masking"),
        ({"unlabelled": [Ladder(), "ladder"]}, "two ladders"),
        (
            {"autoencoder": ConvolutionalAutoencoder(2, channels=[2], hidden=(), **QUICK)},
            "fully connected layers, but the autoencoder has a ConvolutionalNetwork",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_a_ladder_has_no_use_for_is_refused(settings, message):
    x = np.random.default_rng(0).random((30, 8, 8, 1) if "autoencoder" in settings else (30, 64))
    settings = {
        "autoencoder": Autoencoder(2, hidden=[4], **QUICK),
        "unlabelled": "ladder",
    } | settings
    with pytest.raises(IsthmusError, match=message):
        AutoencoderClassifier(**settings, **QUICK).fit(x, np.arange(30) % 2)
