"""A map keeps neighbours together, places new rows, and decodes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from isthmus import LinearAutoencoder, Map, load
from isthmus.metrics import trustworthiness
from isthmus.report import compare

IMAGES, LABELS = load_digits(return_X_y=True)
IMAGES = IMAGES.reshape(-1, 8, 8)
SEEN, NEW = slice(0, 900), slice(900, 1200)


@pytest.fixture(scope="module")
def digits():
    return Map(random_state=0, max_epochs=80).fit(IMAGES[SEEN])


def test_it_keeps_neighbours_better_than_principal_components(digits):
    images = IMAGES[SEEN]
    ours = trustworthiness(images, digits.transform(images))
    pca = LinearAutoencoder(2).fit_transform(images)
    assert ours > 0.96 > 0.85 > trustworthiness(images, pca)


def test_new_rows_land_among_their_like(digits):
    known, new = (digits.transform(IMAGES[rows]) for rows in (SEEN, NEW))
    classifier = KNeighborsClassifier().fit(known, LABELS[SEEN])
    assert classifier.score(new, LABELS[NEW]) > 0.88


def test_any_spot_decodes_to_a_row(digits):
    images = IMAGES[NEW]
    back = digits.inverse_transform(digits.transform(images))
    pca = LinearAutoencoder(2).fit(IMAGES[SEEN])
    assert back.shape == images.shape
    assert np.mean((back - images) ** 2) < 0.8 * np.mean((pca.reconstruct(images) - images) ** 2)
    assert np.isfinite(digits.inverse_transform(np.array([[1e6, -1e6], [0.0, 0.0]]))).all()


def test_a_row_always_lands_on_the_same_spot(digits, tmp_path):
    places = digits.transform(IMAGES[NEW])
    alone = np.concatenate([digits.transform(image[None]) for image in IMAGES[NEW][:5]])
    np.testing.assert_allclose(alone, places[:5], atol=1e-3)
    digits.save(tmp_path / "map.isthmus")
    np.testing.assert_array_equal(load(tmp_path / "map.isthmus").transform(IMAGES[NEW]), places)


def test_the_seed_fixes_it():
    quick = {"max_epochs": 2, "random_state": 3}
    first, second = (Map(**quick).fit_transform(IMAGES[:200]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    other = Map(max_epochs=2, random_state=4).fit_transform(IMAGES[:200])
    assert not np.array_equal(first, other)


def test_tables_of_every_kind_go_in_and_come_back():
    generator = np.random.default_rng(0)
    kind = generator.choice(["oak", "elm", "ash"], 400)
    height = pd.Series(kind).map({"oak": 30.0, "elm": 20.0, "ash": 10.0}) + generator.normal(
        size=400
    )
    table = pd.DataFrame(
        {"kind": kind, "height": height, "sold": generator.integers(0, 2, 400) > 0}
    )
    table.loc[::7, "height"] = np.nan
    table.loc[::11, "kind"] = None
    fitted = Map(random_state=0, max_epochs=60).fit(table)
    back = fitted.reconstruct(table)
    assert list(back.columns) == list(table.columns)
    known = table["kind"].notna()
    assert (back["kind"][known] == table["kind"][known]).mean() > 0.9
    assert np.isfinite(fitted.transform(table)).all()


def test_few_rows_and_equal_rows_have_a_map_too():
    assert Map(max_epochs=1, random_state=0).fit_transform(np.eye(2, 3)).shape == (2, 2)
    rows = np.repeat(np.eye(3), 8, axis=0)
    assert np.isfinite(Map(max_epochs=2, random_state=0).fit_transform(rows)).all()
    same = Map(max_epochs=100, random_state=0).fit(np.ones((30, 3)))
    np.testing.assert_allclose(same.reconstruct(np.ones((2, 3))), np.ones((2, 3)), atol=0.1)


def test_of_many_rows_some_are_laid_out_and_all_placed(monkeypatch):
    monkeypatch.setattr("isthmus.maps.map._MOST_ROWS", 300)
    fitted = Map(max_epochs=5, random_state=0).fit(IMAGES)
    assert len(fitted.validation_rows_) == 30
    assert fitted.validation_rows_.max() > 300
    assert fitted.transform(IMAGES).shape == (len(IMAGES), 2)
    assert compare(fitted, IMAGES).n_training_rows == fitted.n_training_rows_ == 270


def test_landmarks_can_be_chosen_but_no_more_than_rows():
    assert Map(n_landmarks=20, max_epochs=1).fit(IMAGES[:100]).n_landmarks_ == 20
    assert Map(n_landmarks=500, max_epochs=1).fit(IMAGES[:100]).n_landmarks_ == 90
