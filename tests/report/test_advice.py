"""What reports advise: longer training, another size, PCA."""

import re

import numpy as np
import pytest

from isthmus import Autoencoder, ComponentSweep, LinearAutoencoder, write_report
from isthmus.fitting.unfinished import still_improving
from isthmus.report import size_to_take

QUICK = {"random_state": 0, "verbose": False}


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).normal(size=(200, 8)) * np.geomspace(1, 0.3, 8)


def test_training_that_ended_at_its_best_epoch_says_so(digits):
    short = Autoencoder(2, hidden=[16], max_epochs=2, **QUICK).fit(digits)
    assert still_improving([short]) == (
        "Still improving: of 2 epochs the last was the best; raise max_epochs."
    )
    noted = Autoencoder(8, hidden=[16], max_epochs=2, **QUICK).fit(digits)
    assert "with 2 and 8 components" in str(still_improving([short, noted]))


def test_training_that_could_not_go_on_says_nothing(noise, digits):
    kept = Autoencoder(2, max_epochs=2, learning_rate=0.5, **QUICK).fit(noise)
    assert kept.best_epoch_ == 0
    alone = Autoencoder(2, hidden=[16], max_epochs=2, validation_fraction=0, **QUICK).fit(digits)
    for estimator in (kept, alone, LinearAutoencoder(2).fit(noise)):
        assert still_improving([estimator]) is None


def test_page_asks_for_more_epochs(digits, tmp_path):
    write_report(Autoencoder(2, hidden=[16], max_epochs=2, **QUICK).fit(digits), digits, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "Still improving: of 2 epochs the last was the best; raise max_epochs." in page


@pytest.mark.parametrize("shortcut", [True, False])
def test_nothing_that_pca_beats_is_bold(shortcut, noise, tmp_path):
    hardly = {"learning_rate": 1e-4, "max_epochs": 1}
    model = Autoencoder(3, shortcut=shortcut, **hardly, **QUICK).fit(noise)
    (comparison,) = write_report(model, noise, tmp_path)
    page = (tmp_path / "report.html").read_text()
    bold = len(re.findall(r'<td class="ours">', page))
    assert bold == (2 if comparison.error <= comparison.pca_error else 0)
    assert shortcut or not bold


def test_size_where_pca_is_as_good_is_told(noise, digits):
    def advice(X, **settings):
        autoencoder = Autoencoder(max_epochs=30, **settings)
        return size_to_take(ComponentSweep(autoencoder, components=[1, 2, 4], **QUICK).fit(X))

    assert "PCA is as good with" in advice(noise, shortcut=False, learning_rate=0.3)
    assert "PCA" not in advice(digits)
