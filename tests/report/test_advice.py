"""What reports advise: longer training, another size, PCA."""

import re

import numpy as np
import pytest

from isthmus import Autoencoder, ComponentSweep, LinearAutoencoder, write_report
from isthmus.fitting.training_advice import training_advice
from isthmus.report import size_to_take
from isthmus.report.comparison import compare
from isthmus.report.description import describe
from isthmus.report.pictures.losses import draw_losses

QUICK = {"random_state": 0, "verbose": False}


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).normal(size=(200, 8)) * np.geomspace(1, 0.3, 8)


def test_training_that_ended_at_its_best_epoch_says_so(digits):
    short = Autoencoder(2, hidden=[16], max_epochs=2, **QUICK).fit(digits)
    assert training_advice([short]) == [
        "Still improving: of 2 epochs the last was the best; raise max_epochs."
    ]
    noted = Autoencoder(8, hidden=[16], max_epochs=2, **QUICK).fit(digits)
    (advice,) = training_advice([short, noted])
    assert "with 2 and 8 components" in advice


def test_training_that_gained_nothing_says_what_was_kept(noise, digits):
    kept = Autoencoder(2, max_epochs=2, learning_rate=0.5, **QUICK).fit(noise)
    assert kept.best_epoch_ == 0
    assert training_advice([kept]) == [
        "PCA was kept, where training starts, and found anew from all rows: no gain of 2 epochs "
        "could be told from chance on held-out rows; more rows or epochs may show one."
    ]
    few = Autoencoder(2, max_epochs=2, **QUICK).fit(noise[:12])
    assert training_advice([few]) == training_advice([kept])
    short = Autoencoder(8, hidden=[16], max_epochs=2, **QUICK).fit(digits)
    improving, of_pca = training_advice([kept, short])
    assert "with 8 components" in improving
    assert "with 2 components" in of_pca


def test_sizes_of_a_sweep_are_told_apart(digits):
    swept = ComponentSweep(Autoencoder(hidden=[16], max_epochs=2), components=[2, 8], **QUICK)
    fitted = [estimator for (estimator,) in swept.fit(digits).estimators_]
    assert [describe(estimator)["epochs"] for estimator in fitted] == [2, 2]
    (advice,) = training_advice(fitted)
    assert advice.startswith("Still improving with 2 and 8 components: of 2 epochs the last")


def test_training_that_was_not_judged_says_nothing(noise, digits):
    alone = Autoencoder(2, hidden=[16], max_epochs=2, validation_fraction=0, **QUICK).fit(digits)
    for estimator in (alone, LinearAutoencoder(2).fit(noise)):
        assert training_advice([estimator]) == []


def test_losses_are_marked_where_an_epoch_was_kept(noise, digits):
    def texts(model, X):
        return [text.get_text() for text in draw_losses(compare(model, X)).axes[0].texts]

    kept = Autoencoder(2, max_epochs=2, learning_rate=0.5, **QUICK).fit(noise)
    assert texts(kept, noise) == []
    assert "held-out loss" not in describe(kept)
    short = Autoencoder(2, hidden=[16], max_epochs=2, **QUICK).fit(digits)
    assert texts(short, digits) == ["kept: epoch 2"]
    assert describe(short)["held-out loss"] == short.history_["validation_loss"][1]


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
