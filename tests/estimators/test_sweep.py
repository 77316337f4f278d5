import numpy as np
import pytest

from isthmus import (
    Autoencoder,
    ComponentSweep,
    LinearAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
)
from isthmus.errors import IsthmusError
from isthmus.estimators.sweep import SweepResults

SMALL = {"hidden": [8], "max_epochs": 3, "early_stopping": False}


def results(errors, standard_errors=None, sizes=(1, 2, 4, 8, 16)):
    errors = np.array(errors, float)[:, None]
    if standard_errors is None:
        standard_errors = np.zeros(len(errors))
    return SweepResults(np.array(sizes), errors, np.array(standard_errors), errors[:, 0])


def test_each_size_learns_as_it_would_alone(table):
    sweep = ComponentSweep(Autoencoder(**SMALL), components=[3, 1], random_state=5).fit(table)
    assert sweep.results_.n_components.tolist() == [1, 3]
    for (together,), size in zip(sweep.estimators_, (1, 3), strict=True):
        alone = Autoencoder(size, random_state=5, **SMALL).fit(table)
        np.testing.assert_array_equal(together.validation_rows_, alone.validation_rows_)
        np.testing.assert_allclose(together.transform(table), alone.transform(table), rtol=1e-5)
        assert together.best_epoch_ == alone.best_epoch_


def test_errors_are_those_of_the_held_out_rows_beside_pca(table):
    sweep = ComponentSweep(Autoencoder(**SMALL), components=[1, 6], n_seeds=2, random_state=0)
    found = sweep.fit(table).results_
    assert found.errors.shape == (2, 2)
    held_out = table[sweep.validation_rows_]
    for of_size, errors in zip(sweep.estimators_, found.errors, strict=True):
        for estimator, error in zip(of_size, errors, strict=True):
            # What is kept of the start is found anew from all rows.
            kept = estimator.best_epoch_ > 0
            assert len(estimator.validation_rows_) == (len(held_out) if kept else 0)
            assert -estimator.score(held_out) == pytest.approx(error, rel=1e-5 if kept else 0.05)
    pca = LinearAutoencoder(1, scaling="standardize")
    kept = np.setdiff1d(np.arange(len(table)), sweep.validation_rows_)
    assert found.pca_errors[0] == pytest.approx(
        -pca.fit(table[kept]).score(table[sweep.validation_rows_]), rel=0.05
    )
    assert found.pca_errors[1] == pytest.approx(0, abs=1e-9)
    assert sweep.best_estimator_ in [e for of_size in sweep.estimators_ for e in of_size]


def test_any_kind_that_is_trained_by_steps_is_swept(table):
    for autoencoder in (
        VariationalAutoencoder(hidden=[8], max_epochs=1),
        SparseAutoencoder(k=1, max_epochs=1),
    ):
        sweep = ComponentSweep(autoencoder, components=[2, 3], random_state=0).fit(table)
        assert np.isfinite(sweep.results_.errors).all()
        assert type(sweep.best_estimator_) is type(autoencoder)


def test_smallest_code_within_one_standard_error_of_the_best():
    found = results([9, 5, 2.1, 2.0, 2.05], [1, 1, 0.1, 0.15, 0.1])
    assert found.within_one_standard_error == 4
    assert results([9, 5, 2.1, 2.0, 2.05]).within_one_standard_error == 8


def test_elbow_is_where_the_curve_bends():
    assert results([10, 9, 2, 1.8, 1.6]).elbow == 4
    assert results([10, 2, 1.9, 1.8, 1.7]).elbow == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"autoencoder": LinearAutoencoder()}, "not trained step by step"),
        ({"autoencoder": Autoencoder(pretrain="rbm")}, "cannot be swept"),
        ({"autoencoder": Autoencoder(validation_fraction=0)}, "holds out none"),
        ({"components": [2, 0]}, "positive whole numbers"),
        ({"components": []}, "positive whole numbers"),
    ],
)
def test_what_cannot_be_swept_has_its_sentence(table, parameters, message):
    with pytest.raises(IsthmusError, match=message):
        ComponentSweep(**parameters).fit(table)
