"""Every autoencoder that is trained step by step takes a corruption and penalties."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from isthmus import (
    L1,
    Autoencoder,
    Contractive,
    ContractiveAutoencoder,
    Convolutional,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    GaussianNoise,
    IsthmusError,
    Masking,
    SparseAutoencoder,
    StackedAutoencoder,
    Swap,
    TargetActivation,
    VariationalAutoencoder,
    WeightDecay,
    load,
)
from isthmus.fitting.network import NetworkAutoencoder
from isthmus.training import train

KINDS = list(NetworkAutoencoder.subclasses().values())


def objective_of(estimator):
    return estimator.objective(1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_corruptions_and_parts_mean_the_same(kind):
    assert objective_of(kind(corruption="masking")).corruption == Masking(0.3)
    assert objective_of(kind(corruption=Swap(0.1))).corruption == Swap(0.1)
    own = objective_of(kind()).penalties
    assert objective_of(kind(penalty=L1(0.1))).penalties == (*own, L1(0.1))
    both = [WeightDecay(0.1), L1(0.2)]
    assert objective_of(kind(penalty=both)).penalties == (*own, *both)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_part_is_refused(kind, digits):
    with pytest.raises(ValueError, match="corruption"):
        kind(corruption="rain").fit(digits[:64])
    with pytest.raises(IsthmusError, match="holds something else than penalties"):
        kind(penalty=["l1"], max_epochs=1).fit(digits[:64])


def test_level_of_a_denoising_autoencoder_is_that_of_its_named_corruption():
    assert objective_of(DenoisingAutoencoder(level=0.1)).corruption == GaussianNoise(0.1)


COMBINATIONS = {
    "sparse": SparseAutoencoder(20, k=4, corruption="masking"),
    "sparse of images": SparseAutoencoder(
        20, k=4, network=Convolutional((4,)), corruption=Swap(0.2), penalty=Contractive(0.01)
    ),
    "variational": VariationalAutoencoder(
        4, network=Convolutional((4,)), corruption=GaussianNoise(0.2), penalty=L1(0.01)
    ),
    "denoising": DenoisingAutoencoder(8, hidden=[16], penalty=Contractive(0.1)),
    "contractive": ContractiveAutoencoder(
        8, corruption="salt_and_pepper", penalty=(L1(0.01), TargetActivation(0.1))
    ),
    "stacked": StackedAutoencoder(
        4, hidden=[16], n_pretraining_epochs=1, corruption="gaussian", penalty=WeightDecay(0.01)
    ),
    "convolutional": ConvolutionalAutoencoder(4, channels=(4,), corruption="masking"),
    "deep": Autoencoder(4, hidden=[16], corruption="swap", penalty=[L1(0.01)]),
}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_parts_of_several_models_train_together_and_are_saved(name, digits, tmp_path):
    images = digits[:256].reshape(-1, 8, 8)
    estimator = clone(COMBINATIONS[name]).set_params(max_epochs=2, random_state=0)
    codes = estimator.fit(images).transform(images)
    assert np.isfinite(codes).all()
    estimator.save(tmp_path / "model.isthmus")
    again = load(tmp_path / "model.isthmus")
    assert again.get_params() == estimator.get_params()
    np.testing.assert_array_equal(again.transform(images), codes)


def test_corruption_is_no_part_of_what_a_fitted_model_does(digits):
    """The encoder sees the noise while it trains, and only then."""
    sparse = {"k": 4, "max_epochs": 2, "random_state": 0}
    plain, noisy = (
        SparseAutoencoder(20, corruption=corruption, **sparse).fit(digits)
        for corruption in (None, Masking(0.5))
    )
    assert not np.array_equal(plain.transform(digits), noisy.transform(digits))
    np.testing.assert_array_equal(noisy.transform(digits), noisy.transform(digits))
    assert noisy.corruption_in_training == Masking(0.5)


def test_parts_are_searched_over(digits):
    search = GridSearchCV(
        VariationalAutoencoder(2, hidden=[8], max_epochs=2, random_state=0),
        {"corruption": [None, "masking"], "penalty": [None, L1(0.01)]},
        cv=2,
    ).fit(digits[:200])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_partial_fit_warms_up_before_fit_and_never_again(digits, tmp_path, monkeypatch):
    settings = {"hidden": [8], "n_warmup_epochs": 5, "max_epochs": 1, "random_state": 0}
    fresh, fitted = (VariationalAutoencoder(2, **settings) for _ in "ab")
    fitted.fit(digits[:256]).save(tmp_path / "model.isthmus")
    loaded, seen = load(tmp_path / "model.isthmus"), []

    def look(plan, batches, **options):
        seen.append(plan.loss.n_warmup_updates)
        return train(plan, batches, **options)

    monkeypatch.setattr("isthmus.fitting.trained.train", look)
    for estimator in (fresh, fresh, fitted, fitted, loaded):
        estimator.partial_fit(digits[:256])
    first, second, *later = seen
    assert first > 0
    assert second == first
    assert later == [0, 0, 0]
