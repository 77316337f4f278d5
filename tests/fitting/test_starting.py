import numpy as np
import pandas as pd
import pytest

from isthmus import (
    Autoencoder,
    DataError,
    DenoisingAutoencoder,
    IsthmusError,
    LinearAutoencoder,
    VariationalAutoencoder,
)

SETTINGS = {"hidden": [8], "random_state": 0}


@pytest.fixture(scope="module")
def first(table):
    return Autoencoder(2, max_epochs=30, **SETTINGS).fit(table)


@pytest.mark.parametrize("as_path", [False, True])
def test_training_starts_where_another_one_ended(as_path, first, table, tmp_path):
    first.save(tmp_path / "first.isthmus")
    init = tmp_path / "first.isthmus" if as_path else first
    again = Autoencoder(2, max_epochs=1, learning_rate=1e-9, **SETTINGS).fit(table, init=init)
    np.testing.assert_allclose(again.transform(table), first.transform(table), atol=1e-4)


def test_scale_of_the_start_is_kept_on_other_data(first, table):
    again = Autoencoder(2, max_epochs=1, learning_rate=1e-9, **SETTINGS)
    again.fit(table[:50] * 2 + 1, init=first)
    np.testing.assert_allclose(again.transform(table), first.transform(table), atol=1e-4)


def test_another_kind_with_the_same_network_can_start_there(first, table):
    again = DenoisingAutoencoder(2, max_epochs=1, learning_rate=1e-9, **SETTINGS)
    again.fit(table, init=first)
    np.testing.assert_allclose(again.transform(table), first.transform(table), atol=1e-4)


def test_warm_start_goes_on(table):
    settings = {"max_epochs": 5, "shortcut": False, **SETTINGS}
    estimator = Autoencoder(2, warm_start=True, **settings).fit(table)
    losses = estimator.history_["loss"]
    assert estimator.fit(table).history_["loss"][0] < losses[1]
    assert Autoencoder(2, **settings).fit(table).history_["loss"] == losses


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (
            Autoencoder(3, **SETTINGS),
            r"\(8, 2\) as layers\.encoder\.1\.weight.*shape \(8, 3\)",
        ),
        (Autoencoder(2, hidden=[9]), r"shape \(6, 8\).*shape \(6, 9\).*same network"),
        (Autoencoder(2, hidden=[8, 4]), "has nothing as|same network"),
        (VariationalAutoencoder(2, hidden=[8]), "same network"),
    ],
    ids=["components", "hidden", "depth", "kind"],
)
def test_other_shapes_are_refused(estimator, message, first, table):
    with pytest.raises(IsthmusError, match=message):
        estimator.fit(table, init=first)


def test_other_data_and_unfitted_starts_are_refused(first, table):
    with pytest.raises(DataError, match=r"shape \(4,\).*\(6,\)"):
        Autoencoder(2, **SETTINGS).fit(table[:, :4], init=first)
    with pytest.raises(IsthmusError, match="no fitted autoencoder"):
        Autoencoder(2, **SETTINGS).fit(table, init=LinearAutoencoder(2))
    frame = pd.DataFrame(table, columns=list("abcdef"))
    named = Autoencoder(2, max_epochs=1, **SETTINGS).fit(frame)
    with pytest.raises(DataError, match="the same columns"):
        Autoencoder(2, **SETTINGS).fit(frame.rename(columns={"a": "z"}), init=named)
